import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { encodeEnvelope } from '../../src/ipc/framing.ts';
import { createHub } from '../../src/ipc/hub.ts';
import { connectLink, type Link } from '../../src/ipc/link.ts';
import type { Address, Message } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';

const log = createLogger('test', 'silent');

function socketPathFor(test: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'hub-'));
  test.teardown(() => rmSync(dir, { recursive: true }));
  return join(dir, 'hub.sock');
}

const hangUp = (callId: string): Message => ({ type: 'hangUp', callId });

/** What `link` hears of calls and of others, in order. */
function noted(link: Link): string[] {
  const heard: string[] = [];
  link.on('hangUp', ({ callId }) => heard.push(callId));
  link.on('peerGone', ({ peer }) => heard.push(`gone ${peer}`));
  return heard;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

async function pair(test: Test, socketPath: string): Promise<{ edge: Link; media: Link }> {
  const [edge, media] = await Promise.all(
    (['edge', 'media-0'] as const).map(address =>
      connectLink({ address, socketPath, log, reconnectMs: 30_000 }),
    ),
  );
  test.teardown(() => Promise.all([edge!.close(), media!.close()]));
  return { edge: edge!, media: media! };
}

t.test('what is said while there is no hub is heard once there is one, once and in order', async t => {
  const socketPath = socketPathFor(t);
  const first = await createHub({ socketPath, log });
  const { edge, media } = await pair(t, socketPath);
  const heard = noted(media);
  await until(() => first.peers().length === 2);
  edge.send('media-0', hangUp('a'));
  await until(() => heard.includes('a'));
  const closed = first.close();
  await closed;
  // Links learn of it a moment later.
  await sleep(50);
  for (const callId of ['b', 'c']) edge.send('media-0', hangUp(callId));
  const second = await createHub({ socketPath, log });
  t.teardown(() => second.close());
  await until(() => second.peers().length === 2);
  edge.send('media-0', hangUp('d'));
  await until(() => heard.includes('d'));
  t.same(heard, ['a', 'b', 'c', 'd'], 'and nobody was taken for dead');
});

t.test('what a hub took and never passed on comes by the next one', async t => {
  const socketPath = socketPathFor(t);
  const sockets: Socket[] = [];
  const here = (to: Address, peer: Address): Buffer =>
    encodeEnvelope({ from: 'supervisor', to, message: { type: 'peerHere', peer, pid: process.pid } });
  // It greets, reads, and does nothing else: it hangs.
  const hung = createServer(socket => {
    sockets.push(socket);
    socket.resume();
    socket.on('error', () => undefined);
    socket.write(here('edge', 'media-0'));
  });
  await new Promise<void>(resolve => hung.listen(socketPath, resolve));
  const { edge, media } = await pair(t, socketPath);
  const heard = noted(media);
  const greeted = new Promise<void>(resolve => edge.on('peerHere', () => resolve()));
  await greeted;
  edge.send('media-0', hangUp('a'));
  for (const socket of sockets) socket.destroy();
  await new Promise(resolve => hung.close(resolve));
  const hub = await createHub({ socketPath, log });
  t.teardown(() => hub.close());
  await until(() => heard.length > 0);
  t.same(heard, ['a']);
});

t.test('what was passed on is not kept for ever, and is not said twice', async t => {
  const socketPath = socketPathFor(t);
  const first = await createHub({ socketPath, log });
  const { edge, media } = await pair(t, socketPath);
  const heard = noted(media);
  await until(() => first.peers().length === 2);
  edge.send('media-0', hangUp('a'));
  const passed = new Promise<number>(resolve => edge.on('passed', ({ frames }) => resolve(frames)));
  await until(() => heard.length === 1);
  t.equal(await passed, 1);
  await first.close();
  const second = await createHub({ socketPath, log });
  t.teardown(() => second.close());
  await until(() => second.peers().length === 2);
  edge.send('media-0', hangUp('b'));
  await until(() => heard.includes('b'));
  t.same(heard, ['a', 'b']);
});

t.test('one that died while there was no hub is known to be gone when its next process comes', async t => {
  const socketPath = socketPathFor(t);
  const first = await createHub({ socketPath, log });
  const edge = await connectLink({ address: 'edge', socketPath, log, reconnectMs: 30_000 });
  t.teardown(() => edge.close());
  const heard = noted(edge);
  const here: number[] = [];
  edge.on('peerHere', ({ pid }) => here.push(pid));
  const media = await connectLink({ address: 'media-0', socketPath, log });
  await until(() => here.length === 1);
  await media.close();
  await until(() => heard.length === 1);
  t.same(heard.splice(0), ['gone media-0'], 'a hub that is there tells of it');
  const again = await connectLink({ address: 'media-0', socketPath, log });
  await until(() => here.length === 2);
  await first.close();
  await again.close();
  const second = await createHub({ socketPath, log });
  t.teardown(() => second.close());
  const other = { type: 'hello', from: 'media-0', pid: process.pid + 1 } as const;
  const socket = connect(socketPath);
  t.teardown(() => socket.destroy());
  socket.write(encodeEnvelope({ from: 'media-0', to: 'supervisor', message: other }));
  await until(() => here.length === 3);
  t.same(heard, ['gone media-0']);
});
