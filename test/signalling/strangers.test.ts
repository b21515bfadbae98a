import { createSocket } from 'node:dgram';
import t, { type Test } from 'tap';
import { SourceGuard } from '../../src/signalling/source_guard.ts';
import { Inbox } from '../sip/transport/transport_rig.ts';
import { PhoneRig } from './judges/phone_rig.ts';

const PROVIDER = '127.0.0.2';
const SBC = '127.0.0.9';

/** A far end at an address of the loopback. */
async function farEnd(t: Test, address: string) {
  const socket = createSocket('udp4');
  const inbox = new Inbox<string>();
  socket.on('message', bytes => inbox.put(bytes.toString()));
  await new Promise<void>(resolve => socket.bind(0, address, resolve));
  t.teardown(() => new Promise<void>(resolve => socket.close(() => resolve())));
  const { port } = socket.address();
  /** What it sends comes from there, and answers go there. */
  const send = (to: number, lines: readonly string[], body = ''): void => {
    const via = `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${Math.random()}`;
    const [first = '', ...others] = lines;
    const whole = [first, via, 'Max-Forwards: 70', ...others, `Content-Length: ${body.length}`, '', body];
    socket.send(whole.join('\r\n'), to, '127.0.0.1');
  };
  return { port, inbox, send };
}

const OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.2',
  's=-',
  'c=IN IP4 127.0.0.2',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  '',
].join('\r\n');

t.test('who the dialog of a call leads to is no stranger, though no trunk names it', async t => {
  const phone = await PhoneRig.open(t, {
    trunks: `trunks: [{name: one, allowedAddresses: [${PROVIDER}], numbers: ["*"]}]`,
  });
  const [provider, sbc] = [await farEnd(t, PROVIDER), await farEnd(t, SBC)];
  const own = `sip:+15550100@127.0.0.1:${phone.port}`;
  const dialog = ['From: <sip:a@x>;tag=1', 'Call-ID: through-an-sbc'];
  const described = 'Content-Type: application/sdp';
  const contact = [
    `Record-Route: <sip:${SBC}:${sbc.port};lr>`,
    `Contact: <sip:a@${PROVIDER}:${provider.port}>`,
  ];
  provider.send(
    phone.port,
    [`INVITE ${own} SIP/2.0`, ...dialog, `To: <${own}>`, 'CSeq: 1 INVITE', ...contact, described],
    OFFER,
  );
  let answer = '';
  while (!answer.startsWith('SIP/2.0 200')) answer = await provider.inbox.next();
  const to = /^To: .*$/im.exec(answer)?.[0] ?? '';
  sbc.send(phone.port, [`ACK ${own} SIP/2.0`, ...dialog, to, 'CSeq: 1 ACK']);
  for (let cseq = 2; cseq < 42; cseq += 1) {
    const type = 'Content-Type: application/dtmf-relay';
    sbc.send(phone.port, [`INFO ${own} SIP/2.0`, ...dialog, to, `CSeq: ${cseq} INFO`, type], 'Signal=5\r\n');
    t.match(await sbc.inbox.next(), /^SIP\/2.0 200/, `INFO ${cseq}`);
  }
});

t.test('a stranger who is awaited is one no more, however much was refused before', async t => {
  const awaited = new Set<string>();
  const guard = new SourceGuard({
    isKnown: () => false,
    isAwaited: address => awaited.has(address),
    nowMs: () => 0,
  });
  const read = (count: number): number =>
    Array.from({ length: count }, () => guard.accepts(SBC)).filter(Boolean).length;
  t.equal(read(1000), 10);
  awaited.add(SBC);
  t.equal(read(1000), 1000);
});
