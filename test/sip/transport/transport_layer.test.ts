import t from 'tap';
import { SIP_LIMITS } from '../../../sip/limits.ts';
import { newResponse } from '../../../sip/message/build.ts';
import { paramValue } from '../../../sip/message/params.ts';
import { serialize } from '../../../sip/message/serialize.ts';
import { HandClock } from './hand_clock.ts';
import { requestOf } from './requests.ts';
import { bareTcp, bareUdp, portForBoth, Rig } from './transport_rig.ts';

const LOOPBACK = '127.0.0.1';

t.test('a request and its response over UDP', async t => {
  const [caller, callee] = [new Rig(t), new Rig(t)];
  const [from, to] = [await caller.listen('UDP'), await callee.listen('UDP')];
  const sending = caller.transport.sendRequest(
    requestOf('OPTIONS'),
    { protocol: 'UDP', address: LOOPBACK, port: to },
    caller.watcher,
  );
  t.equal(sending.reliable, false);
  const { request, flow } = await callee.requests.next();
  t.match(flow, { protocol: 'UDP', remote: { address: LOOPBACK, port: from }, local: { port: to } });
  t.match(request.vias[0], { transport: 'UDP', host: LOOPBACK, port: from });
  t.equal(paramValue(request.vias[0]?.params ?? [], 'rport'), String(from));
  t.equal(paramValue(request.vias[0]?.params ?? [], 'received'), LOOPBACK);
  callee.transport.sendResponse(newResponse(request, 200, { toTag: 'b' }), flow, callee.watcher);
  t.match((await caller.responses.next()).response, { status: 200, callId: request.callId });
  sending.resend();
  t.same((await callee.requests.next()).request, request, 'the same once more');
  t.match(callee.transport.sources.of(LOOPBACK), { messages: 2, rejected: 0, noise: 0 });
});

t.test('over IPv6, in brackets where they belong', async t => {
  const [caller, callee] = [new Rig(t), new Rig(t)];
  await caller.listen('UDP', '::1');
  const port = await callee.listen('UDP', '::1');
  caller.transport.sendRequest(
    requestOf('OPTIONS'),
    { protocol: 'UDP', address: '::1', port },
    caller.watcher,
  );
  const { request, flow } = await callee.requests.next();
  t.equal(request.vias[0]?.host, '[::1]');
  t.equal(flow.remote.address, '::1');
  callee.transport.sendResponse(newResponse(request, 200), flow, callee.watcher);
  t.equal((await caller.responses.next()).response.status, 200);
});

t.test('over TCP, both ways on one connection', async t => {
  const [caller, callee] = [new Rig(t), new Rig(t)];
  await caller.listen('TCP');
  const hop = { protocol: 'TCP', address: LOOPBACK, port: await callee.listen('TCP') } as const;
  const sending = caller.transport.sendRequest(requestOf('OPTIONS'), hop, caller.watcher);
  t.equal(sending.reliable, true);
  const first = await callee.requests.next();
  t.equal(first.request.vias[0]?.transport, 'TCP');
  caller.transport.sendRequest(requestOf('INFO'), hop, caller.watcher);
  const second = await callee.requests.next();
  t.same(second.flow, first.flow, 'the connection is used again');
  callee.transport.sendResponse(newResponse(first.request, 200), first.flow, callee.watcher);
  const { response, flow } = await caller.responses.next();
  t.equal(response.status, 200);
  callee.transport.sendRequest(requestOf('BYE'), { ...first.flow.remote, protocol: 'TCP' }, callee.watcher);
  t.same((await caller.requests.next()).flow, flow, 'and by the other end too');
});

t.test('a response whose connection is gone goes to where its Via says', async t => {
  const callee = new Rig(t);
  const caller = new Rig(t);
  const port = await callee.listen('TCP');
  const back = await caller.listen('TCP');
  const { socket } = await bareTcp(t, port);
  socket.write(serialize(requestOf('OPTIONS', { via: `SIP/2.0/TCP ${LOOPBACK}:${back};branch=z9hG4bK1` })));
  const { request, flow } = await callee.requests.next();
  const gone = new Promise(resolve => socket.once('close', resolve));
  socket.destroy();
  await gone;
  for (let tries = 0; caller.responses.length === 0 && tries < 200; tries++) {
    callee.transport.sendResponse(newResponse(request, 200), flow, callee.watcher);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  t.equal((await caller.responses.next()).response.status, 200);
});

t.test('a request too long for a datagram goes over TCP', async t => {
  const [caller, callee] = [new Rig(t), new Rig(t)];
  await caller.listen('UDP');
  await caller.listen('TCP');
  const port = await portForBoth();
  await callee.listen('UDP', LOOPBACK, port);
  await callee.listen('TCP', LOOPBACK, port);
  const long = requestOf('MESSAGE', { body: Buffer.alloc(SIP_LIMITS.datagramRequestBytes, 'x') });
  const sending = caller.transport.sendRequest(
    long,
    { protocol: 'UDP', address: LOOPBACK, port },
    caller.watcher,
  );
  t.match(sending, { reliable: true, hop: { protocol: 'TCP' } });
  const { request, flow } = await callee.requests.next();
  t.equal(flow.protocol, 'TCP');
  t.equal(request.vias[0]?.transport, 'TCP', 'the Via says so');
  t.equal(request.body.length, SIP_LIMITS.datagramRequestBytes);
});

t.test('and falls back to UDP where nobody takes TCP', async t => {
  const [caller, callee] = [new Rig(t), new Rig(t)];
  await caller.listen('UDP');
  await caller.listen('TCP');
  const port = await portForBoth();
  await callee.listen('UDP', LOOPBACK, port);
  const long = requestOf('MESSAGE', { body: Buffer.alloc(2_000, 'x') });
  const sending = caller.transport.sendRequest(
    long,
    { protocol: 'UDP', address: LOOPBACK, port },
    caller.watcher,
  );
  const { request } = await callee.requests.next();
  t.equal(request.vias[0]?.transport, 'UDP');
  t.equal(caller.fallbacks, 1);
  t.equal(sending.reliable, false);
  t.equal(caller.failures.length, 0);
});

t.test('what cannot leave is told, and nothing throws', async t => {
  const rig = new Rig(t);
  await rig.listen('UDP');
  const send = (
    hop: { protocol: 'UDP' | 'TCP' | 'TLS'; address: string; port: number },
    method = 'OPTIONS',
  ) => {
    rig.transport.sendRequest(requestOf(method), hop, rig.watcher);
    t.equal(rig.failures.length, 0, 'not before the call returns');
    return rig.failures.next();
  };
  t.match(await send({ protocol: 'UDP', address: 'example.com', port: 5060 }), { cause: 'unreachable' });
  t.match(await send({ protocol: 'UDP', address: '[::1]', port: 5060 }), { cause: 'unreachable' });
  t.match(await send({ protocol: 'UDP', address: '::1', port: 5060 }), { cause: 'no listener' });
  t.match(await send({ protocol: 'TCP', address: LOOPBACK, port: 5060 }), { cause: 'no listener' });
  t.match(await send({ protocol: 'TLS', address: LOOPBACK, port: 5061 }), { cause: 'no listener' });
  t.match(await send({ protocol: 'UDP', address: LOOPBACK, port: 5060 }, 'EVIL\r\nX: y'), {
    cause: 'format',
  });
  t.match(await send({ protocol: 'UDP', address: LOOPBACK, port: 0 }), { cause: /unreachable|closed/ });
  await rig.listen('TCP');
  const other = new Rig(t);
  const port = await other.listen('TCP');
  await other.transport.close();
  t.match(await send({ protocol: 'TCP', address: LOOPBACK, port }), {
    cause: 'unreachable',
    detail: 'ECONNREFUSED',
  });
});

t.test('a response by a foreign Via is dropped and counted as noise', async t => {
  const rig = new Rig(t);
  const port = await rig.listen('UDP');
  const { send } = await bareUdp(t);
  const foreign = requestOf('OPTIONS', { via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1' });
  send(serialize(newResponse(foreign, 200)), port);
  send('hello', port);
  send('\r\n\r\n', port);
  send(serialize(requestOf('OPTIONS')), port);
  await rig.requests.next();
  t.equal(rig.responses.length, 0);
  t.match(rig.transport.sources.of(LOOPBACK), { messages: 1, noise: 2 });
});

t.test('a bad request is reported with its flow, and can be answered by it', async t => {
  const rig = new Rig(t);
  const [udpPort, tcpPort] = [await rig.listen('UDP'), await rig.listen('TCP')];
  const bad = serialize(requestOf('OPTIONS', { via: 'SIP/2.0/UDP 192.0.2.7:9;rport;branch=z9hG4bK1' }))
    .toString()
    .replace('CSeq: 1', 'CSeq: x');
  const udp = await bareUdp(t);
  udp.send(bad, udpPort);
  const first = await rig.rejected.next();
  rig.transport.sendRejection(first.rejected, first.flow);
  t.match(
    await udp.inbox.next(),
    new RegExp(`^SIP/2.0 400 .*;received=${LOOPBACK}`.replaceAll('.', '\\.').replace('\\.*', '[^]*')),
  );
  udp.send(bad.replace(/Via: .*/, 'Via: nonsense'), udpPort);
  const second = await rig.rejected.next();
  rig.transport.sendRejection(second.rejected, second.flow);
  t.match(
    await udp.inbox.next(),
    /^SIP\/2\.0 400 .*\r\nVia: nonsense/,
    'a broken Via is answered to its source',
  );
  const { socket, inbox, closed } = await bareTcp(t, tcpPort);
  socket.write(bad.replace('Content-Length: 0', 'Content-Length: -1'));
  const third = await rig.rejected.next();
  t.match(third.flow, { protocol: 'TCP' });
  await closed;
  t.equal(inbox.length, 0, 'unanswered and unframed, it is closed');
  t.match(rig.transport.sources.of(LOOPBACK), { rejected: 3 });
});

t.test('who is not accepted costs nothing and hears nothing', async t => {
  const rig = new Rig(t, { accepts: () => false });
  const [udpPort, tcpPort] = [await rig.listen('UDP'), await rig.listen('TCP')];
  const { send } = await bareUdp(t);
  send(serialize(requestOf('OPTIONS')), udpPort);
  const { closed } = await bareTcp(t, tcpPort);
  await closed;
  t.equal(rig.requests.length, 0);
  t.equal(rig.transport.sources.size, 0);
});

t.test('a message that drips too slowly ends its connection', async t => {
  const clock = new HandClock();
  const rig = new Rig(t, { clock });
  const { socket, closed } = await bareTcp(t, await rig.listen('TCP'));
  socket.write(serialize(requestOf('OPTIONS')));
  await rig.requests.next();
  const dripping = clock.waiting;
  socket.write('OPTIONS sip:b');
  while (clock.waiting === dripping) await new Promise(setImmediate);
  clock.turn(SIP_LIMITS.messageArrivalMs - 1);
  socket.write('ob');
  await new Promise(setImmediate);
  t.notOk(socket.closed);
  clock.turn(1);
  await closed;
  t.equal(clock.waiting, 0, 'no alarm is left behind');
});

t.test('who connects and says nothing is not kept', async t => {
  const clock = new HandClock();
  const rig = new Rig(t, { clock });
  const { closed } = await bareTcp(t, await rig.listen('TCP'));
  while (clock.waiting === 0) await new Promise(setImmediate);
  clock.turn(SIP_LIMITS.messageArrivalMs);
  await closed;
  t.equal(clock.waiting, 0);
});

t.test('an idle connection is closed, a used one is not', async t => {
  const clock = new HandClock();
  const rig = new Rig(t, { clock });
  const { socket, inbox, closed } = await bareTcp(t, await rig.listen('TCP'));
  socket.write(serialize(requestOf('OPTIONS')));
  await rig.requests.next();
  clock.turn(SIP_LIMITS.connectionIdleMs / 2);
  socket.write('\r\n\r\n');
  t.equal(await inbox.next(), '\r\n', 'a keep-alive is answered');
  clock.turn(SIP_LIMITS.connectionIdleMs - 1);
  t.notOk(socket.closed);
  clock.turn(1);
  await closed;
});

t.test('one address gets so many connections and no more', async t => {
  const rig = new Rig(t);
  const port = await rig.listen('TCP');
  const open = await Promise.all(
    Array.from({ length: SIP_LIMITS.connectionsPerAddress }, () => bareTcp(t, port)),
  );
  for (const { socket } of open) socket.write(serialize(requestOf('OPTIONS')));
  for (let at = 0; at < open.length; at++) await rig.requests.next();
  await (await bareTcp(t, port)).closed;
  open[0]?.socket.destroy();
  const heard = rig.requests.next();
  for (let tries = 0; tries < 1_000; tries++) {
    const { socket, closed } = await bareTcp(t, port);
    socket.write(serialize(requestOf('INFO')));
    if (await Promise.race([heard.then(() => true), closed.then(() => false)])) break;
  }
  t.equal((await heard).request.method, 'INFO', 'and another one when one has gone');
});

t.test('a peer that does not read is cut off', async t => {
  const rig = new Rig(t);
  const { socket, closed } = await bareTcp(t, await rig.listen('TCP'));
  socket.write(serialize(requestOf('OPTIONS')));
  const { request, flow } = await rig.requests.next();
  socket.pause();
  const long = newResponse(request, 200, { body: Buffer.alloc(SIP_LIMITS.bodyBytes) });
  for (let sent = 0; sent < 400 && rig.failures.length === 0; sent++) {
    rig.transport.sendResponse(long, flow, rig.watcher);
    await new Promise(setImmediate);
  }
  t.ok(rig.failures.length > 0);
  socket.resume();
  await closed;
});

t.test('noise in quantity leaves the transport as it was', async t => {
  const rig = new Rig(t);
  const port = await rig.listen('UDP');
  const { send } = await bareUdp(t);
  for (let round = 0; round < 300; round++) {
    send(Buffer.alloc(1 + round * 4, round), port);
    if (round % 50 === 0) await new Promise(resolve => setTimeout(resolve, 2));
  }
  // The system may have no room for it beside so much noise.
  const again = setInterval(() => send(serialize(requestOf('OPTIONS')), port), 20);
  t.teardown(() => clearInterval(again));
  t.equal((await rig.requests.next()).request.method, 'OPTIONS');
});
