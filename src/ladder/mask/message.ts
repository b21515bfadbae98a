import { isUtf8 } from 'node:buffer';
import { headerKey } from '../../../sip/message/headers.ts';
import { isFieldText, isToken, trimBlanks } from '../../../sip/message/syntax.ts';
import { maskUri } from './address.ts';
import { maskBody } from './body.ts';
import { maskField, maskText } from './header_fields.ts';
import { MASKED, Pseudonyms } from './pseudonyms.ts';

const CRLF = '\r\n';
const REQUEST_LINE = /^(\S+) (\S+) (SIP\/\d{1,3}\.\d{1,3})$/i;
const STATUS_LINE = /^(SIP\/2\.0 \d{3})(?: (.*))?$/i;

/** A line of a head. */
interface Field {
  readonly key: string;
  /** As written; undefined for a line that is no header field. */
  readonly name: string | undefined;
  readonly value: string;
  readonly masked: string;
}

/**
 * Masks the SIP messages of one ladder, as text that tells no secret, number or name: line for line what was sent,
 * folded lines joined, the values that tell something replaced, and Content-Length true to the new body where it was
 * true to the old. Takes any bytes and never throws; what is not understood is masked.
 */
export class MessageMasker {
  readonly #names = new Pseudonyms();
  /** Most lines of a dialog's messages are those of the messages before. */
  readonly #fields = new Map<string, Field>();

  /** @param isCut whether bytes are missing at the end: of a head only whole lines are taken then */
  mask(bytes: Buffer, isCut: boolean): string {
    const headEnd = bytes.indexOf('\r\n\r\n');
    const knownEnd = isCut ? Math.max(bytes.lastIndexOf(CRLF), 0) : bytes.length;
    const head = bytes.subarray(0, headEnd < 0 ? knownEnd : headEnd);
    const body = bytes.subarray(headEnd < 0 ? bytes.length : headEnd + 4);
    const [start = '', ...lines] = head
      .toString(isUtf8(head) ? 'utf8' : 'latin1')
      .replace(/\r\n[ \t]+/g, ' ')
      .split(CRLF);
    const fields = lines.map(line => this.#field(line));
    const maskedBody = this.#maskBody(fields, body);
    const isTrueLength = ({ key, value }: Field) =>
      key === 'content-length' && (isCut || Number(value) === body.length);
    const masked = fields.map(field =>
      isTrueLength(field) ? `${field.name}: ${Buffer.byteLength(maskedBody)}` : field.masked,
    );
    return [maskStart(start, this.#names), ...masked, '', maskedBody].join(CRLF);
  }

  #field(line: string): Field {
    const known = this.#fields.get(line);
    if (known !== undefined) return known;
    const field = readField(line, this.#names);
    this.#fields.set(line, field);
    return field;
  }

  #maskBody(fields: readonly Field[], body: Buffer): string {
    if (body.length === 0) return '';
    const saidIn = (key: string) => fields.find(field => field.key === key)?.value ?? '';
    const isPlain = /^(?:|identity)$/i.test(saidIn('content-encoding'));
    return maskBody(isPlain ? saidIn('content-type') : '', body, this.#names);
  }
}

function readField(line: string, names: Pseudonyms): Field {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).trimEnd();
  if (!isToken(name)) return { key: '', name: undefined, value: '', masked: MASKED };
  const key = headerKey(name);
  const value = trimBlanks(line.slice(colon + 1));
  return { key, name, value, masked: `${name}: ${maskField(key, value, names)}` };
}

function maskStart(line: string, names: Pseudonyms): string {
  const [, method, uri, version] = REQUEST_LINE.exec(line) ?? [];
  if (method !== undefined && uri !== undefined && isToken(method))
    return `${method} ${maskUri(uri, names)} ${version}`;
  const [, status, reason] = STATUS_LINE.exec(line) ?? [];
  if (status === undefined) return MASKED;
  return reason === undefined ? status : `${status} ${isFieldText(reason) ? maskText(reason) : MASKED}`;
}
