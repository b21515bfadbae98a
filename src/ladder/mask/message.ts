import { isUtf8 } from 'node:buffer';
import { headerKey } from '../../../sip/message/headers.ts';
import { isFieldText, isToken, trimBlanks } from '../../../sip/message/syntax.ts';
import { maskUri } from './address.ts';
import { maskBody } from './body.ts';
import { maskField, maskText } from './header_fields.ts';
import { MASKED, type Pseudonyms } from './pseudonyms.ts';

const CRLF = '\r\n';
const REQUEST_LINE = /^(\S+) (\S+) (SIP\/\d{1,3}\.\d{1,3})$/i;
const STATUS_LINE = /^(SIP\/2\.0 \d{3})(?: (.*))?$/i;

interface Field {
  /** As written; undefined for a line that is no header field. */
  readonly name: string | undefined;
  readonly key: string;
  readonly value: string;
}

/**
 * A SIP message as text that tells no secret, number or name: line for line what was sent, folded lines joined, the
 * values that tell something replaced, and Content-Length true to the new body where it was true to the old. Takes any
 * bytes and never throws; what is not understood is masked.
 * @param isCut whether bytes are missing at the end
 */
export function maskMessage(bytes: Buffer, isCut: boolean, names: Pseudonyms): string {
  const headEnd = bytes.indexOf('\r\n\r\n');
  const head =
    headEnd < 0 ? bytes.subarray(0, isCut ? lastLineEnd(bytes) : bytes.length) : bytes.subarray(0, headEnd);
  const body = headEnd < 0 ? bytes.subarray(bytes.length) : bytes.subarray(headEnd + 4);
  const [start = '', ...lines] = head
    .toString(isUtf8(head) ? 'utf8' : 'latin1')
    .replace(/\r\n[ \t]+/g, ' ')
    .split(CRLF);
  const fields = lines.map(readField);
  const maskedBody = maskBodyOf(fields, body, names);
  const lengths = { said: body.length, isCut, now: Buffer.byteLength(maskedBody) };
  const masked = fields.map(field => maskLine(field, lengths, names));
  return [maskStart(start, names), ...masked, '', maskedBody].join(CRLF);
}

/** What is left of a head that is cut: its whole lines. */
function lastLineEnd(bytes: Buffer): number {
  return Math.max(bytes.lastIndexOf(CRLF), 0);
}

function readField(line: string): Field {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).trimEnd();
  if (!isToken(name)) return { name: undefined, key: '', value: '' };
  return { name, key: headerKey(name), value: trimBlanks(line.slice(colon + 1)) };
}

function maskBodyOf(fields: readonly Field[], body: Buffer, names: Pseudonyms): string {
  const saidIn = (key: string) => fields.find(field => field.key === key)?.value ?? '';
  const isPlain = /^(?:|identity)$/i.test(saidIn('content-encoding'));
  return maskBody(isPlain ? saidIn('content-type') : '', body, names);
}

function maskStart(line: string, names: Pseudonyms): string {
  const [, method, uri, version] = REQUEST_LINE.exec(line) ?? [];
  if (method !== undefined && uri !== undefined && isToken(method))
    return `${method} ${maskUri(uri, names)} ${version}`;
  const [, status, reason] = STATUS_LINE.exec(line) ?? [];
  if (status === undefined) return MASKED;
  return reason === undefined ? status : `${status} ${isFieldText(reason) ? maskText(reason) : MASKED}`;
}

function maskLine(
  { name, key, value }: Field,
  body: { readonly said: number; readonly isCut: boolean; readonly now: number },
  names: Pseudonyms,
): string {
  if (name === undefined) return MASKED;
  const isTrueLength = key === 'content-length' && (body.isCut || Number(value) === body.said);
  return `${name}: ${isTrueLength ? body.now : maskField(key, value, names)}`;
}
