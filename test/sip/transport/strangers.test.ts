import t from 'tap';
import { SIP_LIMITS } from '../../../sip/limits.ts';
import { newResponse } from '../../../sip/message/build.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import { HandClock } from './hand_clock.ts';
import { requestOf } from './requests.ts';
import { bareTcp, bareUdp, Rig } from './transport_rig.ts';

const LOOPBACK = '127.0.0.1';
const KEEP_ALIVE = '\r\n\r\n';

t.test('each message of a connection is asked about, and one too many ends it', async t => {
  let asked = 0;
  const rig = new Rig(t, { accepts: () => ++asked <= 4 });
  const { socket, closed } = await bareTcp(t, await rig.listen('TCP'));
  socket.write(Buffer.concat(Array.from({ length: 50 }, () => serialize(requestOf('OPTIONS')))));
  await closed;
  t.equal(rig.requests.length, 3, 'the connection itself was the first');
  t.equal(asked, 5, 'nothing is read behind it');
});

t.test('strangers have few connections, whatever their addresses', async t => {
  let isKnown = false;
  const rig = new Rig(t, { isKnown: () => isKnown });
  const port = await rig.listen('TCP');
  const strangers = await Promise.all(
    Array.from({ length: SIP_LIMITS.strangerConnections }, () => bareTcp(t, port)),
  );
  for (const { socket } of strangers) socket.write(serialize(requestOf('OPTIONS')));
  for (let at = 0; at < strangers.length; at++) await rig.requests.next();
  await (await bareTcp(t, port)).closed;
  isKnown = true;
  const peer = await bareTcp(t, port);
  peer.socket.write(serialize(requestOf('INFO')));
  t.equal((await rig.requests.next()).request.method, 'INFO', 'who is known has room');
  isKnown = false;
  strangers[0]?.socket.destroy();
  const heard = rig.requests.next();
  for (let tries = 0; tries < 1_000; tries++) {
    const { socket, closed } = await bareTcp(t, port);
    socket.write(serialize(requestOf('BYE')));
    if (await Promise.race([heard.then(() => true), closed.then(() => false)])) break;
  }
  t.equal((await heard).request.method, 'BYE', 'and a stranger when one has gone');
});

t.test('keep-alives of a stranger are not answered', async t => {
  const rig = new Rig(t, { isKnown: () => false });
  const { socket, inbox } = await bareTcp(t, await rig.listen('TCP'));
  socket.write(Buffer.concat([serialize(requestOf('OPTIONS')), Buffer.from(KEEP_ALIVE)]));
  const { request, flow } = await rig.requests.next();
  socket.write(Buffer.concat([Buffer.from(KEEP_ALIVE), serialize(requestOf('INFO'))]));
  await rig.requests.next();
  rig.transport.sendResponse(newResponse(request, 200), flow, rig.watcher);
  t.match(await inbox.next(), /^SIP\/2\.0 200/, 'what comes first is what was said to it');
});

t.test('before its first message a connection is not held by keep-alives, nor are they answered', async t => {
  const clock = new HandClock();
  const rig = new Rig(t, { clock });
  const { socket, inbox, closed } = await bareTcp(t, await rig.listen('TCP'));
  while (clock.waiting === 0) await new Promise(setImmediate);
  const waiting = clock.waiting;
  socket.write(`${KEEP_ALIVE}\r\n`);
  await new Promise(resolve => setTimeout(resolve, 20));
  t.equal(clock.waiting, waiting, 'it still has to say something');
  clock.turn(SIP_LIMITS.messageArrivalMs);
  await closed;
  t.equal(inbox.length, 0);
  t.equal(clock.waiting, 0);
});

t.test('a request too long for a datagram goes by UDP when there are too many connections', async t => {
  const rig = new Rig(t);
  await rig.listen('UDP');
  await rig.listen('TCP');
  const { port, inbox } = await bareUdp(t);
  const ignored = { failed: () => undefined };
  const request = requestOf('OPTIONS');
  for (let at = 0; at < SIP_LIMITS.connections; at++) {
    const address = `127.1.${at >> 8}.${at & 255}`;
    rig.transport.sendRequest(request, { protocol: 'TCP', address, port: 9 }, ignored);
  }
  const long = requestOf('MESSAGE', { body: Buffer.alloc(2_000, 'x') });
  rig.transport.sendRequest(long, { protocol: 'UDP', address: LOOPBACK, port }, rig.watcher);
  t.match(await inbox.next(), /^MESSAGE/);
  t.equal(rig.fallbacks, 1);
});
