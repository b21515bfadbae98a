import { SipFormatError } from './errors.ts';
import type { HeaderField } from './headers.ts';
import { isCallId, newTag } from './ids.ts';
import { reasonOf, type SipMessage, type SipRequest, type SipResponse } from './message.ts';
import { formatNameAddr, type NameAddr } from './name_addr.ts';
import type { Rejected } from './outcome.ts';
import { isFieldText, isToken, splitOutside } from './syntax.ts';
import { formatUri } from './uri.ts';
import { formatVia } from './via.ts';

function startLine(message: SipMessage): string {
  if (message.kind === 'response') return statusLine(message.status, message.reason);
  const { method, uri } = message;
  if (!isToken(method)) throw new SipFormatError('a method that is no token');
  if (uri.kind === 'sip' && uri.headers.length > 0)
    throw new SipFormatError('header fields in a Request-URI');
  return `${method} ${formatUri(uri)} SIP/2.0\r\n`;
}

function statusLine(status: number, reason: string): string {
  if (!Number.isInteger(status) || status < 100 || status > 699 || !isFieldText(reason))
    throw new SipFormatError('a status line that cannot be written');
  return `SIP/2.0 ${status} ${reason}\r\n`;
}

function routeLines(name: string, values: readonly NameAddr[]): string {
  return values.map(value => `${name}: ${formatNameAddr(value)}\r\n`).join('');
}

/** §7.3.1: what proxies look at comes first. */
function headLines(message: SipMessage): string {
  const { vias, routes, recordRoutes, from, to, callId, cseq, contacts } = message;
  if (!isCallId(callId) || !isToken(cseq.method) || !isUint32(cseq.number))
    throw new SipFormatError('a Call-ID or CSeq that cannot be written');
  const maxForwards = message.kind === 'request' ? message.maxForwards : undefined;
  const viaLines = vias.map(via => `Via: ${formatVia(via)}\r\n`).join('');
  return (
    viaLines +
    routeLines('Route', routes) +
    routeLines('Record-Route', recordRoutes) +
    (maxForwards === undefined ? '' : `Max-Forwards: ${maxForwards}\r\n`) +
    `From: ${formatNameAddr(from)}\r\nTo: ${formatNameAddr(to)}\r\n` +
    `Call-ID: ${callId}\r\nCSeq: ${cseq.number} ${cseq.method}\r\n` +
    (contacts === '*' ? 'Contact: *\r\n' : routeLines('Contact', contacts))
  );
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function fieldLine({ name, value }: HeaderField): string {
  if (!isToken(name) || !isFieldText(value))
    throw new SipFormatError('a header field that cannot be written');
  return `${name}: ${value}\r\n`;
}

/**
 * Writes a message (RFC 3261 §7), Content-Length always included. Throws SipFormatError when any part of it cannot be
 * written as it was meant; nothing of the message is in the error.
 */
export function serialize(message: SipRequest | SipResponse): Buffer {
  let head = startLine(message) + headLines(message);
  for (const field of message.headers) head += fieldLine(field);
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  return message.body.length === 0 ? Buffer.from(head) : Buffer.concat([Buffer.from(head), message.body]);
}

/**
 * The response to a request that could not be read (§8.2.6), from the fields as they came; `via` replaces the topmost
 * one, where it could be read, so that `received` and `rport` can be in it. `undefined` when no response may be sent.
 */
export function serializeRejection(rejected: Rejected, via = rejected.via): Buffer | undefined {
  if (!rejected.answerable) return undefined;
  const { status, detail, echo } = rejected;
  let head = statusLine(status, `${reasonOf(status)} (${detail})`);
  let topmost = via;
  for (const field of echo) {
    if (field.key === 'via' && topmost !== undefined) {
      head += `Via: ${formatVia(topmost)}\r\n${viasBehind(field.value)}`;
      topmost = undefined;
    } else if (field.key === 'to' && !/;\s*tag\s*=/i.test(field.value)) {
      head += fieldLine({ ...field, value: `${field.value};tag=${newTag()}` });
    } else {
      head += fieldLine(field);
    }
  }
  return Buffer.from(`${head}Content-Length: 0\r\n\r\n`);
}

/** What follows the topmost value on its line. */
function viasBehind(value: string): string {
  const [, ...rest] = splitOutside(value, ',') ?? [];
  return rest.length === 0 ? '' : `Via: ${rest.join(', ')}\r\n`;
}
