import { isUtf8 } from 'node:buffer';
import { SIP_LIMITS } from '../limits.ts';
import { type HeaderField, Headers } from './headers.ts';
import { NO_BODY, type SipHead, type SipRequest, type SipResponse } from './message.ts';
import type { HeadOutcome, ParseOutcome, Rejected } from './outcome.ts';
import {
  Faults,
  type FieldTable,
  readCallId,
  readContacts,
  readContentLength,
  readCSeq,
  readFields,
  readMaxForwards,
  readParty,
  readRoutes,
  readVias,
  tableOf,
} from './parse_fields.ts';
import { isFieldText, isToken, splitOutside } from './syntax.ts';
import { parseUri, type Uri } from './uri.ts';
import { parseVia } from './via.ts';

const REQUEST_LINE = /^(\S+) (\S+) SIP\/(\d+\.\d+)$/i;
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/is;

/** Methods of the RFCs: with a wrong CSeq they are a 400; unknown ones a 501 (RFC 4475 §3.1.2.18). */
const METHODS = new Set(
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK UPDATE INFO REFER SUBSCRIBE NOTIFY MESSAGE PUBLISH'.split(
    ' ',
  ),
);

/** Fields with a place of their own in a message. */
const PLACED = new Set(
  'via from to call-id cseq max-forwards contact route record-route content-length'.split(' '),
);
const ECHOED = new Set(['via', 'from', 'to', 'call-id', 'cseq']);

/** The method of the RFCs by this name; SIP methods are case-sensitive (RFC 3261 §7.1). */
export function isKnownMethod(method: string): boolean {
  return METHODS.has(method);
}

function readHead(table: FieldTable, fields: readonly HeaderField[], faults: Faults): SipHead | undefined {
  const vias = readVias(table, faults);
  const from = readParty(table, 'from', faults);
  const to = readParty(table, 'to', faults);
  const callId = readCallId(table, faults);
  const cseq = readCSeq(table, faults);
  const contacts = readContacts(table, faults);
  const routes = readRoutes(table, 'route', faults);
  const recordRoutes = readRoutes(table, 'record-route', faults);
  if (from === undefined || to === undefined || callId === undefined || cseq === undefined) return undefined;
  const headers = new Headers(fields.filter(({ key }) => !PLACED.has(key)));
  return { vias, from, to, callId, cseq, contacts, routes, recordRoutes, headers };
}

function readRequestLine(line: string, faults: Faults): { method: string; uri: Uri | undefined } {
  const [, method, uriText, version] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined || uriText === undefined) {
    faults.mark(400, 'a bad request line');
    return { method: line.slice(0, Math.max(line.indexOf(' '), 0)), uri: undefined };
  }
  if (version !== '2.0') faults.mark(505, 'another version');
  if (!isToken(method) || method.length > SIP_LIMITS.identifierBytes) faults.mark(400, 'a bad method');
  if (uriText.length > SIP_LIMITS.uriBytes) faults.mark(414, 'a request-uri too long');
  const uri = parseUri(uriText);
  // §19.1.1: header fields have no place in a Request-URI.
  if (uri === undefined || (uri.kind === 'sip' && uri.headers.length > 0))
    faults.mark(400, 'a bad request-uri');
  return { method, uri };
}

function rejection(
  method: string,
  fields: readonly HeaderField[],
  table: FieldTable,
  faults: Faults,
): Rejected {
  const { status, detail } = faults.first ?? { status: 400, detail: 'a bad request' };
  const topmost = table.get('via')?.[0]?.value;
  return {
    outcome: 'rejected',
    status,
    detail,
    method,
    answerable: topmost !== undefined && method !== 'ACK',
    via: topmost === undefined ? undefined : parseVia(splitOutside(topmost, ',')?.[0] ?? ''),
    echo: fields.filter(({ key }) => ECHOED.has(key)),
  };
}

function parseRequest(lines: readonly string[], faults: Faults): HeadOutcome {
  const { method, uri } = readRequestLine(lines[0] ?? '', faults);
  const fields = readFields(lines.slice(1), faults);
  const table = tableOf(fields, faults);
  const head = readHead(table, fields, faults);
  const maxForwards = readMaxForwards(table, faults);
  const contentLength = readContentLength(table, faults);
  if (head !== undefined && head.cseq.method !== method)
    faults.mark(isKnownMethod(method) ? 400 : 501, 'another method in cseq');
  if (faults.first !== undefined || head === undefined || uri === undefined)
    return { result: rejection(method, fields, table, faults), contentLength };
  const message: SipRequest = { kind: 'request', method, uri, maxForwards, ...head, body: NO_BODY };
  return { result: { outcome: 'message', message }, contentLength };
}

function parseResponse(lines: readonly string[], faults: Faults): HeadOutcome {
  const [, status, reason = ''] = STATUS_LINE.exec(lines[0] ?? '') ?? [];
  if (status === undefined || !isFieldText(reason)) faults.mark(400, 'a bad status line');
  const fields = readFields(lines.slice(1), faults);
  const table = tableOf(fields, faults);
  const head = readHead(table, fields, faults);
  const contentLength = readContentLength(table, faults);
  if (faults.first !== undefined || head === undefined) {
    const detail = faults.first?.detail ?? '';
    return { result: { outcome: 'discarded', cause: 'bad response', detail }, contentLength };
  }
  const message: SipResponse = { kind: 'response', status: Number(status), reason, ...head, body: NO_BODY };
  return { result: { outcome: 'message', message }, contentLength };
}

/**
 * Reads start line and header fields, without the empty line that ends them (RFC 3261 §7). Never throws, whatever the
 * bytes. Text that is not UTF-8 is read as Latin-1, which peers send in display names. `fault`, when given, is the
 * answer whatever the head says.
 */
export function parseHead(head: Buffer, fault?: { status: number; detail: string }): HeadOutcome {
  const faults = new Faults();
  if (fault !== undefined) faults.mark(fault.status, fault.detail);
  // Noise is told by its first line alone, so that it costs little.
  const lineEnd = head.indexOf('\r\n');
  const start = head.toString('latin1', 0, lineEnd < 0 ? head.length : lineEnd);
  if (!/(?:^| )SIP\//i.test(start)) {
    const detail = 'no start line';
    return { result: { outcome: 'discarded', cause: 'not SIP', detail }, contentLength: undefined };
  }
  const lines = head.toString(isUtf8(head) ? 'utf8' : 'latin1').split('\r\n');
  return /^SIP\//i.test(start) ? parseResponse(lines, faults) : parseRequest(lines, faults);
}

/** Where the head ends, and where the body begins. */
function findBody(bytes: Buffer): { headEnd: number; bodyStart: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  return headEnd < 0 ? undefined : { headEnd, bodyStart: headEnd + 4 };
}

function skipEmptyLines(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) at += 2;
  return at === 0 ? bytes : bytes.subarray(at);
}

/**
 * The message with its body, once the head was read: cut to Content-Length, which may not say more than there is
 * (§18.3). `body` is what follows the head; `undefined` length means all of it.
 */
export function withBody({ result, contentLength }: HeadOutcome, head: Buffer, body: Buffer): ParseOutcome {
  if (result.outcome !== 'message') return result;
  const bodyBytes = contentLength ?? body.length;
  if (bodyBytes > SIP_LIMITS.bodyBytes)
    return parseHead(head, { status: 413, detail: 'a body too large' }).result;
  if (bodyBytes > body.length)
    return parseHead(head, { status: 400, detail: 'a body shorter than content-length' }).result;
  return { outcome: 'message', message: { ...result.message, body: body.subarray(0, bodyBytes) } };
}

/**
 * Reads one datagram (RFC 3261 §7, §18.3). Never throws. Bytes behind the body are ignored, a second message among them
 * (RFC 4475 §3.1.1.10). The body is a view of `bytes`, which must not change afterwards.
 */
export function parseDatagram(bytes: Buffer): ParseOutcome {
  const message = skipEmptyLines(bytes);
  if (message.every(byte => byte === 0))
    return { outcome: 'discarded', cause: 'keep-alive', detail: 'nothing in it' };
  const found = findBody(message);
  const headEnd = found?.headEnd ?? message.length;
  const head = message.subarray(0, Math.min(headEnd, SIP_LIMITS.headBytes));
  if (headEnd > SIP_LIMITS.headBytes)
    return parseHead(head, { status: 513, detail: 'a head too large' }).result;
  if (found === undefined)
    return parseHead(head, { status: 400, detail: 'no end of the header fields' }).result;
  return withBody(parseHead(head), head, message.subarray(found.bodyStart));
}
