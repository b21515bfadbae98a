/** What a flood is made of. */
export const FLOOD_KINDS = ['strangers', 'peers', 'mutated', 'streams', 'rtp'] as const;
export type FloodKind = (typeof FLOOD_KINDS)[number];

/** What `flooder.ts` is told, as JSON. */
export interface FloodOrder {
  readonly kind: FloodKind;
  /** Of the edge, on the loopback. */
  readonly port: number;
  readonly rtpPorts: readonly [number, number];
  readonly seconds: number;
  readonly perSecond: number;
}

/** What it tells in the end. */
export interface FloodReport {
  readonly sent: number;
  /** Datagrams and stream data that came back. */
  readonly answers: number;
  /** Connections that the other side ended. */
  readonly cutOff: number;
}

export const KNOWN_NUMBER = '+15550100';
const UNKNOWN_NUMBER = '+15559999';

/** Requests as scanners send them, each with its own Call-ID and branch. */
export function scan(count: number, host: string, port: number): string {
  const method = ['INVITE', 'OPTIONS', 'REGISTER', 'INVITE'][count % 4]!;
  const number = count % 8 === 0 ? KNOWN_NUMBER : UNKNOWN_NUMBER;
  return request(method, number, `${host}:${port}`, String(count), method === 'INVITE' ? OFFER : '');
}

export function request(
  method: string,
  number: string,
  from: string,
  id: string,
  body: string,
  headers: readonly string[] = [],
): string {
  const lines = [
    `${method} sip:${number}@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP ${from};branch=z9hG4bK${id};rport`,
    'Max-Forwards: 70',
    `From: <sip:100@${from}>;tag=${id}`,
    `To: <sip:${number}@127.0.0.1>`,
    `Call-ID: ${id}@${from}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:100@${from}>`,
    ...headers,
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export const OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 9 RTP/AVP 0 101',
  'a=rtpmap:101 telephone-event/8000',
  '',
].join('\r\n');
