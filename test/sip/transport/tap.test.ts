import t from 'tap';
import { newResponse } from '../../../sip/message/build.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import type { WireTap } from '../../../sip/transport/transport.ts';
import { requestOf } from './requests.ts';
import { bareTcp, bareUdp, Rig } from './transport_rig.ts';

const LOOPBACK = '127.0.0.1';

interface Seen {
  readonly direction: string;
  readonly text: string;
  readonly flow: Parameters<WireTap>[2];
  readonly message: Parameters<WireTap>[3];
}

function tapInto(seen: Seen[]): WireTap {
  return (direction, bytes, flow, message) => seen.push({ direction, text: bytes.toString(), flow, message });
}

for (const protocol of ['UDP', 'TCP'] as const)
  t.test(`what crosses the wire is seen as it is, each time that it does: ${protocol}`, async t => {
    const [mine, theirs]: [Seen[], Seen[]] = [[], []];
    const [caller, callee] = [new Rig(t, { tap: tapInto(mine) }), new Rig(t, { tap: tapInto(theirs) })];
    const from = await caller.listen(protocol);
    const port = await callee.listen(protocol);
    const hop = { protocol, address: LOOPBACK, port };
    const sending = caller.transport.sendRequest(
      requestOf('MESSAGE', { body: Buffer.from('hello\r\n\r\nthere') }),
      hop,
      caller.watcher,
    );
    await callee.requests.next();
    sending.resend();
    const { request, flow } = await callee.requests.next();
    const answer = newResponse(request, 200, { toTag: 'b' });
    callee.transport.sendResponse(answer, flow, callee.watcher);
    await caller.responses.next();

    t.same(
      mine.map(({ direction, message }) => `${direction} ${'kind' in message ? message.kind : ''}`),
      ['out request', 'out request', 'in response'],
    );
    t.same(
      theirs.map(({ direction }) => direction),
      ['in', 'in', 'out'],
    );
    t.same(
      mine.map(({ text }) => text),
      theirs.map(({ text }) => text),
      'the same bytes at both ends',
    );
    t.equal(theirs[2]?.text, serialize(answer).toString());
    t.match(mine[0]?.text, /\r\n\r\nhello\r\n\r\nthere$/);
    t.match(mine[0]?.flow, { protocol, local: { port: from }, remote: { address: LOOPBACK, port } });
    t.match(theirs[0]?.flow, { protocol, local: { port } });
  });

t.test('a request that cannot be read is seen with its rejection; noise is not', async t => {
  const seen: Seen[] = [];
  const callee = new Rig(t, { tap: tapInto(seen) });
  const peer = await bareUdp(t);
  const port = await callee.listen('UDP');
  peer.send('\r\n\r\n', port);
  peer.send('GET / HTTP/1.1\r\n\r\n', port);
  const via = 'SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK1';
  const bad = serialize(requestOf('INVITE', { via })).toString().replace('CSeq: 1 INVITE', 'CSeq: x');
  peer.send(bad, port);
  const { rejected, flow } = await callee.rejected.next();
  callee.transport.sendRejection(rejected, flow);
  const answer = await peer.inbox.next();
  t.same(
    seen.map(({ direction, text, message }) => ({ direction, text, rejected: message })),
    [
      { direction: 'in', text: bad, rejected },
      { direction: 'out', text: answer, rejected },
    ],
  );
});

t.test('a head that breaks its stream is seen as far as it was read', async t => {
  const seen: Seen[] = [];
  const callee = new Rig(t, { tap: tapInto(seen) });
  const { socket } = await bareTcp(t, await callee.listen('TCP'));
  const whole = serialize(requestOf('OPTIONS', { via: 'SIP/2.0/TCP h;branch=z9hG4bK1' })).toString();
  socket.write(whole.replace('Content-Length: 0', 'Content-Length: five'));
  await callee.rejected.next();
  t.match(seen, [{ direction: 'in', text: /^OPTIONS .*\r\nContent-Length: five$/s }]);
});
