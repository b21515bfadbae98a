import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { encodeEnvelope, FrameDecoder, readEnvelope } from '../../src/ipc/framing.ts';
import { createHub, type Hub } from '../../src/ipc/hub.ts';
import { connectLink, type Link } from '../../src/ipc/link.ts';
import type { Address, Message, MessageOf } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';

const log = createLogger('test', 'silent');
const LOAD: Message = {
  type: 'load',
  calls: 1,
  unanswered: 0,
  maxCalls: 8,
  tickLatenessP99Ms: 0.5,
  draining: false,
  spoolFull: false,
  busyShare: 0,
  shed: [],
};

function socketPathFor(test: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'hub-'));
  test.teardown(() => rmSync(dir, { recursive: true }));
  return join(dir, 'hub.sock');
}

async function hubFor(test: Test): Promise<Hub> {
  const hub = await createHub({ socketPath: socketPathFor(test), log });
  test.teardown(() => hub.close());
  return hub;
}

async function linkFor(test: Test, hub: Hub, address: Address): Promise<Link> {
  const link = await connectLink({ address, socketPath: hub.socketPath, log, reconnectMs: 400 });
  test.teardown(() => link.close());
  return link;
}

function frame(way: string, body: string): Buffer {
  const rest = Buffer.concat([Buffer.of(way.length), Buffer.from(way), Buffer.from(body)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(rest.length);
  return Buffer.concat([length, rest]);
}

function next<T extends Message['type']>(link: Link | Hub, type: T): Promise<[MessageOf<T>, Address]> {
  return new Promise(resolve => link.on(type, (message, from) => resolve([message, from])));
}

t.test('routes between roles and tells who is ready and who is gone', async t => {
  const hub = await hubFor(t);
  t.equal(statSync(hub.socketPath).mode & 0o777, 0o600, 'only this user can open the socket');
  const edge = await linkFor(t, hub, 'edge');
  const seen = next(edge, 'peerReady');
  const media = await linkFor(t, hub, 'media-0');
  media.send('supervisor', { type: 'ready', detail: 'x' });
  t.same(await seen, [{ type: 'peerReady', peer: 'media-0' }, 'supervisor']);

  const load = next(edge, 'load');
  media.send('edge', LOAD);
  t.same(await load, [LOAD, 'media-0']);

  const late = await linkFor(t, hub, 'api');
  t.same((await next(late, 'peerReady'))[0].peer, 'media-0', 'a late comer learns who is ready');

  const gone = next(edge, 'peerGone');
  await media.close();
  t.equal((await gone)[0].peer, 'media-0');
});

t.test('a role gives a sign of life when asked, and names its threads that hang', async t => {
  const hub = await hubFor(t);
  const hello = next(hub, 'hello');
  const media = await linkFor(t, hub, 'media-0');
  await hello;
  const first = next(hub, 'pong');
  hub.send('media-0', { type: 'ping' });
  t.same(await first, [{ type: 'pong', hung: [] }, 'media-0']);
  media.reportHung(() => ['vad']);
  const second = next(hub, 'pong');
  hub.send('media-0', { type: 'ping' });
  t.same((await second)[0].hung, ['vad']);
});

t.test('a role finds its way back to a new hub, and gives up when there is none', async t => {
  const socketPath = socketPathFor(t);
  const first = await createHub({ socketPath, log });
  const link = await connectLink({ address: 'edge', socketPath, log, reconnectMs: 3000 });
  link.send('supervisor', { type: 'ready', detail: 'first' });
  await first.close();
  const second = await createHub({ socketPath, log });
  t.equal((await next(second, 'ready'))[0].detail, 'first', 'readiness is told again');
  const lost = new Promise<void>(resolve => link.onLost(resolve));
  await second.close();
  await lost;
  await link.close();
});

t.test(
  'garbage, truncation, foreign senders and floods cost the sender its link and nobody else',
  async t => {
    const hub = await hubFor(t);
    const edge = await linkFor(t, hub, 'edge');
    const hostile = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      frame('edge>supervisor', '{"type":"hello"'),
      frame('edge>edge', '{"type":"reboot"}'),
      frame('supervisor>edge', '{"type":"stop"}'),
      frame('edge>media-0', JSON.stringify(LOAD)),
      frame('nobody', '{"type":"stop"}'),
      Buffer.from([0, 0, 0, 1, 200]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
    ];
    for (const bytes of hostile) {
      const socket = connect(hub.socketPath);
      const closed = new Promise<void>(resolve => socket.on('close', () => resolve()));
      socket.on('error', () => {});
      socket.write(bytes);
      await closed;
    }
    const half = connect(hub.socketPath);
    half.end(Buffer.from([0, 0, 1]));
    await new Promise(resolve => half.on('close', resolve));

    t.same(hub.peers(), ['edge'], 'the role is still there');
    const stop = next(edge, 'stop');
    hub.broadcast({ type: 'stop' });
    await stop;
  },
);

t.test('what a process says in error, or in the name of another, costs nobody else a link', async t => {
  const hub = await hubFor(t);
  const edge = await linkFor(t, hub, 'edge');
  const socket = connect(hub.socketPath);
  t.teardown(() => socket.destroy());
  const hello = next(hub, 'hello');
  socket.write(frame('media-0>supervisor', JSON.stringify({ type: 'hello', from: 'media-0', pid: 1 })));
  await hello;
  const heard: unknown[] = [];
  edge.on('load', (_, from) => heard.push(from));
  edge.on('stop', (_, from) => heard.push(from));
  socket.write(frame('media-0>edge', '{"type":"reboot"}'));
  socket.write(frame('media-0>edge', 'not JSON'));
  socket.write(frame('supervisor>edge', '{"type":"stop"}'));
  const load = next(edge, 'load');
  socket.write(frame('media-0>edge', JSON.stringify(LOAD)));
  await load;
  t.same(heard, ['media-0']);
  t.same(hub.peers(), ['edge', 'media-0']);
});

t.test('a handler that throws costs no link, and no other handler its message', async t => {
  const hub = await hubFor(t);
  const edge = await linkFor(t, hub, 'edge');
  const media = await linkFor(t, hub, 'media-0');
  while (hub.peers().length < 2) await new Promise(setImmediate);
  const fail = (): never => {
    throw new TypeError('of a handler');
  };
  edge.on('load', fail);
  hub.on('pong', fail);
  const gone: Address[] = [];
  hub.onPeerGone(peer => gone.push(peer));
  const pong = next(hub, 'pong');
  hub.send('media-0', { type: 'ping' });
  await pong;
  const load = next(edge, 'load');
  media.send('edge', LOAD);
  await load;
  const stop = next(edge, 'stop');
  hub.broadcast({ type: 'stop' });
  await stop;
  t.same(gone, []);
});

t.test('a message over the limit is refused where it is sent', async t => {
  const hub = await hubFor(t);
  const edge = await linkFor(t, hub, 'edge');
  const detail = 'x'.repeat(LIMITS.ipcMessageBytes + 1);
  t.throws(() => edge.send('supervisor', { type: 'ready', detail }), { code: 'IPC_PROTOCOL' });
});

t.test('frames arrive whole however they are cut', async t => {
  const envelope = { from: 'edge', to: 'api', message: LOAD } as const;
  const bytes = Buffer.concat([encodeEnvelope(envelope), encodeEnvelope(envelope)]);
  const decoder = new FrameDecoder();
  const out = [...bytes].flatMap(byte => decoder.push(Buffer.from([byte])).map(readEnvelope));
  t.same(out, [envelope, envelope]);
});
