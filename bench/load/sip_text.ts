import { hostInUri } from '../wire/sip_uri.ts';
import type { SipReading } from './sip_reading.ts';

/** What all calls of a generator have in common. */
interface SipOrigin {
  /** Address and port of the socket that all of them share. */
  readonly host: string;
  readonly port: number;
}

/** What stands in every request of one call. */
export interface SipIdentity extends SipOrigin {
  readonly callId: string;
  readonly fromUser: string;
  readonly fromTag: string;
}

export interface RequestParts {
  readonly method: string;
  readonly uri: string;
  /** With its tag once that is known. */
  readonly to: string;
  readonly sequence: number;
  readonly branch: string;
  readonly routes: readonly string[];
  /** Whole lines, each with its line end. */
  readonly extra: string;
  readonly contentType: string;
  readonly body: string;
}

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY';
export const SDP = 'application/sdp';

/** A request (RFC 3261 §8.1.1) from prebuilt text: nothing of it is parsed or checked again. */
export function requestText(
  { callId, fromUser, fromTag, host, port }: SipIdentity,
  { method, uri, to, sequence, branch, routes, extra, contentType, body }: RequestParts,
): string {
  const own = `${hostInUri(host)}:${port}`;
  const route = routes.map(value => `Route: ${value}\r\n`).join('');
  const type = body === '' ? '' : `Content-Type: ${contentType}\r\n`;
  return (
    `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${own};rport;branch=${branch}\r\n${route}Max-Forwards: 70\r\n` +
    `From: <sip:${fromUser}@${own}>;tag=${fromTag}\r\nTo: ${to}\r\nCall-ID: ${callId}\r\nCSeq: ${sequence} ${method}\r\n` +
    `Contact: <sip:${fromUser}@${own}>\r\nAllow: ${ALLOW}\r\n${extra}${type}` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

/** A response with the fields that it takes over from the request (§8.2.6.2). */
export function responseText(
  { vias, from, to, callId, sequence, method, recordRoutes }: SipReading,
  { host, port, fromUser }: Pick<SipIdentity, 'host' | 'port' | 'fromUser'>,
  status: string,
  body = '',
): string {
  const lines = (name: string, values: readonly string[]): string =>
    values.map(value => `${name}: ${value}\r\n`).join('');
  const type = body === '' ? '' : `Content-Type: ${SDP}\r\n`;
  return (
    `SIP/2.0 ${status}\r\n${lines('Via', vias)}${lines('Record-Route', recordRoutes)}From: ${from}\r\nTo: ${to}\r\n` +
    `Call-ID: ${callId}\r\nCSeq: ${sequence} ${method}\r\nContact: <sip:${fromUser}@${hostInUri(host)}:${port}>\r\n` +
    `Allow: ${ALLOW}\r\n${type}Content-Length: ${body.length}\r\n\r\n${body}`
  );
}
