import { parseDatagram } from '../../sip/message/parse.ts';
import type { RtcpPacket } from '../../sip/rtp/rtcp_packet.ts';
import { formatRtcp } from '../../sip/rtp/rtcp_packet.ts';
import type { Flow } from '../../sip/transport/transport.ts';
import type { LadderEntry } from '../../src/ladder/entries.ts';
import { LadderRecorder } from '../../src/ladder/recorder.ts';

/** What a masked ladder must not hold, in any of its forms. */
export const SECRETS = {
  caller: '15550100123',
  called: '15550100999',
  name: 'Wilhelmina Quackenbush',
  user: 'wquackenbush',
  password: 'hunter2-in-the-uri',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  response: '6629fae49393a05397450978507c4ef1',
  cnonce: '0a4f113b-client',
  srtpKey: 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz',
  icePassword: 'asd88fgpdd777uzjYhagZg0123',
  subject: 'About the piano in Thistlewick Crescent',
  instance: '00000000-0000-1000-8000-000a95a0e128',
  mac: '00:15:65:aa:bb:cc',
  identity: 'eyJhbGciOiJFUzI1NiJ9.eyJvcmlnIjp7InRuIjoiMTU1NTAxMDAxMjMifX0',
} as const;

export const CALL_ID = 'f81d4fae-7dec@203.0.113.7';

const UDP: Flow = {
  protocol: 'UDP',
  local: { address: '192.0.2.10', port: 5060 },
  remote: { address: '203.0.113.7', port: 5066 },
};

const FROM = `"${SECRETS.name}" <sip:+${SECRETS.caller}@pbx.example.net;user=phone>;tag=9fxced76sl`;
const TO = `<sip:+${SECRETS.called}@192.0.2.10>`;

/** A message of these lines, its Content-Length right. */
export function wire(lines: readonly string[], body = ''): Buffer {
  return Buffer.from([...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
}

function request(method: string, cseq: string, more: readonly string[], body = ''): Buffer {
  return wire(
    [
      `${method} sip:+${SECRETS.called}@192.0.2.10:5060 SIP/2.0`,
      `Via: SIP/2.0/UDP 203.0.113.7:5066;branch=z9hG4bK${cseq}${method};rport`,
      'Max-Forwards: 70',
      `From: ${FROM}`,
      `To: ${method === 'INVITE' ? TO : `${TO};tag=314159`}`,
      `Call-ID: ${CALL_ID}`,
      `CSeq: ${cseq} ${method}`,
      ...more,
    ],
    body,
  );
}

function response(status: string, cseq: string, more: readonly string[] = [], body = ''): Buffer {
  const [number, method = ''] = cseq.split(' ');
  return wire(
    [
      `SIP/2.0 ${status}`,
      `Via: SIP/2.0/UDP 203.0.113.7:5066;branch=z9hG4bK${number}${method};rport=5066;received=203.0.113.7`,
      `From: ${FROM}`,
      `To: ${TO};tag=314159`,
      `Call-ID: ${CALL_ID}`,
      `CSeq: ${cseq}`,
      ...more,
    ],
    body,
  );
}

const OFFER = `${[
  'v=0',
  `o=${SECRETS.user} 2890844526 2890844526 IN IP4 203.0.113.8`,
  `s=${SECRETS.subject}`,
  `e=${SECRETS.user}@example.net`,
  `p=+${SECRETS.caller}`,
  'c=IN IP4 203.0.113.8',
  't=0 0',
  'm=audio 40000 RTP/SAVP 0 8 9 101',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=ptime:20',
  `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${SECRETS.srtpKey}|2^20|1:4`,
  'a=ice-ufrag:8hhY',
  `a=ice-pwd:${SECRETS.icePassword}`,
  `a=ssrc:314159 cname:${SECRETS.user}@example.net`,
  'a=sendrecv',
].join('\r\n')}\r\n`;

const ANSWER = `${[
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.10',
  's=-',
  'c=IN IP4 192.0.2.10',
  't=0 0',
  'm=audio 10000 RTP/AVP 0 101',
  'a=rtpmap:101 telephone-event/8000',
  'a=sendrecv',
].join('\r\n')}\r\n`;

const CREDENTIALS =
  `Digest username="${SECRETS.user}", realm="trunkline", nonce="${SECRETS.nonce}", ` +
  `uri="sip:+${SECRETS.called}@192.0.2.10:5060", response="${SECRETS.response}", algorithm=MD5, qop=auth, ` +
  `nc=00000001, cnonce="${SECRETS.cnonce}"`;

const INVITE_MORE = [
  `Contact: <sip:${SECRETS.user}:${SECRETS.password}@203.0.113.7:5066;transport=udp>;+sip.instance="<urn:uuid:${SECRETS.instance}>"`,
  `P-Asserted-Identity: "${SECRETS.name}" <tel:+1-555-010-0123>`,
  `Remote-Party-ID: <sip:${SECRETS.caller}@pbx.example.net>;party=calling;screen=yes;privacy=off`,
  `Subject: ${SECRETS.subject}`,
  `Identity: ${SECRETS.identity}`,
  `User-Agent: Yealink SIP-T46G 28.83.0.50 ${SECRETS.mac}`,
  'Supported: timer, 100rel',
  'Session-Expires: 1800;refresher=uac',
  'Content-Type: application/sdp',
];

const [OURS, THEIRS] = [0xa1b2c3d4, 0x01020304];

function senderReport(
  ssrc: number,
  of: number,
  ntp: number,
  more: Partial<{ lsr: number; lost: number }>,
): Uint8Array {
  const block = {
    ssrc: of,
    fractionLost: more.lost ?? 0,
    packetsLost: more.lost ?? 0,
    highestSequence: 1_000,
    jitterTicks: 26,
    lastReport: more.lsr ?? 0,
    delaySinceLastReport: more.lsr === undefined ? 0 : 65_536 / 4,
  };
  const report: RtcpPacket = {
    type: 'senderReport',
    ssrc,
    ntpSeconds: ntp,
    ntpFraction: 0,
    rtpTimestamp: 160,
    packets: 250,
    octets: 40_000,
    blocks: [block],
  };
  return formatRtcp([report, { type: 'cname', ssrc, cname: `${SECRETS.user}@example.net` }]);
}

/** One step of the call: when, which way, what. */
type Step = readonly [sinceMs: number, direction: 'in' | 'out', wire: Buffer | Uint8Array];

const RETRIED = request('INVITE', '2', [`Authorization: ${CREDENTIALS}`, ...INVITE_MORE], OFFER);
const CHALLENGE = `WWW-Authenticate: Digest realm="trunkline", nonce="${SECRETS.nonce}", algorithm=MD5, qop="auth"`;

/** A call with a challenge, a retransmission, a key, a hold and reports, over UDP. */
export const STEPS: readonly Step[] = [
  [0, 'in', request('INVITE', '1', INVITE_MORE, OFFER)],
  [1, 'out', response('401 Unauthorized', '1 INVITE', [CHALLENGE])],
  [20, 'in', request('ACK', '1', [])],
  [31, 'in', RETRIED],
  [32, 'out', response('100 Trying', '2 INVITE')],
  [531, 'in', RETRIED],
  [532, 'out', response('100 Trying', '2 INVITE')],
  [
    640,
    'out',
    response(
      '200 OK',
      '2 INVITE',
      ['Contact: <sip:192.0.2.10:5060>', 'Content-Type: application/sdp'],
      ANSWER,
    ),
  ],
  [661, 'in', request('ACK', '2', [])],
  [5_661, 'out', senderReport(OURS, THEIRS, 0x1234, {})],
  [5_951, 'in', senderReport(THEIRS, OURS, 0x9876, { lsr: 0x12340000, lost: 13 })],
  [
    8_000,
    'in',
    request('INFO', '3', ['Content-Type: application/dtmf-relay'], 'Signal=7\r\nDuration=160\r\n'),
  ],
  [8_001, 'out', response('200 OK', '3 INFO')],
  [
    12_000,
    'in',
    request('INVITE', '4', ['Content-Type: application/sdp'], OFFER.replace('sendrecv', 'sendonly')),
  ],
  [
    12_002,
    'out',
    response('488 Not Acceptable Here', '4 INVITE', [`Reason: SIP;cause=488;text="ask ${SECRETS.caller}"`]),
  ],
  [15_000, 'in', request('BYE', '5', ['Reason: Q.850;cause=16;text="Normal call clearing"'])],
  [15_001, 'out', response('200 OK', '5 BYE')],
];

export const START_MS = Date.UTC(2026, 0, 5, 12);

/** The ladder that a recorder makes of the call. */
export function wireCall(steps: readonly Step[] = STEPS): LadderEntry[] {
  let nowMs = START_MS;
  const recorder = new LadderRecorder(() => nowMs);
  for (const [sinceMs, direction, bytes] of steps) {
    nowMs = START_MS + sinceMs;
    if (bytes instanceof Buffer) {
      see(recorder, direction, bytes);
      recorder.hold(CALL_ID);
    } else {
      const local = { address: '192.0.2.10', port: 10_001 };
      const remote = { address: '203.0.113.8', port: 40_001 };
      recorder.rtcp(CALL_ID, { direction, bytes, local, remote, clockHz: 8000 });
    }
  }
  return recorder.take(CALL_ID);
}

/** Has a recorder see a message as the transport would show it. */
export function see(
  recorder: LadderRecorder,
  direction: 'in' | 'out',
  bytes: Buffer,
  flow: Flow = UDP,
): void {
  const outcome = parseDatagram(bytes);
  if (outcome.outcome === 'discarded') return;
  recorder.sip(direction, bytes, flow, outcome.outcome === 'message' ? outcome.message : outcome);
}
