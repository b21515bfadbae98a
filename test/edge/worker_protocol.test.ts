import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '@livekit/protocol';
import { AgentDispatchClient } from 'livekit-server-sdk';
import t, { type Test } from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';
import { LiveKitWorker, type WorkerHandlers } from '../../src/calls/worker_protocol.ts';
import { createLogger } from '../../src/observe/log.ts';
import { findLiveKitServer, startLiveKitServer } from './livekit_server.ts';

const log = createLogger('test', 'silent');
/** Ample for what takes the server milliseconds. */
const SETTLING_MS = 500;
const READY = { load: 0, jobs: 0, available: true };

interface Seen {
  readonly registered: string[];
  readonly disconnected: number[];
  readonly asked: Job[];
  readonly assigned: { job: Job; token: string }[];
  readonly terminated: string[];
}

function watcher(answer: (job: Job) => string | undefined): { seen: Seen; handlers: WorkerHandlers } {
  const seen: Seen = { registered: [], disconnected: [], asked: [], assigned: [], terminated: [] };
  const handlers: WorkerHandlers = {
    registered: id => seen.registered.push(id),
    disconnected: () => seen.disconnected.push(1),
    available: job => {
      seen.asked.push(job);
      return answer(job);
    },
    assigned: (job, token) => seen.assigned.push({ job, token }),
    terminated: jobId => seen.terminated.push(jobId),
  };
  return { seen, handlers };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 20));
}

function workerFor(
  t: Test,
  url: string,
  keys: { apiKey: string; apiSecret: string },
  handlers: WorkerHandlers,
) {
  const worker = new LiveKitWorker({ url, ...keys, agentName: 'trunkline', log, handlers });
  worker.start();
  t.teardown(() => worker.close());
  return worker;
}

const binary = findLiveKitServer();

t.test(
  'with a real livekit-server',
  { skip: binary === undefined ? 'livekit-server is not built yet' : false },
  async t => {
    let livekit = await startLiveKitServer(binary!);
    t.teardown(() => livekit.stop());
    const { seen, handlers } = watcher(job => (job.metadata === 'refuse' ? undefined : `agent-${job.id}`));
    const worker = workerFor(t, livekit.url, livekit, handlers);
    await until(() => seen.registered.length === 1);
    worker.tellLoad(READY);

    const dispatches = () => new AgentDispatchClient(livekit.httpUrl, livekit.apiKey, livekit.apiSecret);
    const dispatch = (room: string, metadata: string) =>
      dispatches().createDispatch(room, 'trunkline', { metadata });

    /** Nothing tells when the server has read that we have room. */
    async function dispatchUntilAssigned(room: string): Promise<void> {
      for (let call = 0; !seen.assigned.some(({ job }) => job.room?.name.startsWith(room)); call += 1) {
        await dispatch(`${room}-${call}`, 'take');
        await sleep(SETTLING_MS);
      }
    }

    t.test('answers, is assigned, and hears of the end', async t => {
      const { id } = await dispatch('one', 'take');
      await until(() => seen.assigned.length === 1);
      const { job, token } = seen.assigned[0]!;
      t.equal(job.room?.name, 'one');
      const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string };
      t.equal(claims.sub, `agent-${job.id}`, 'the token is for the identity we named');
      worker.tellJob(job.id, 'running');
      await dispatches().deleteDispatch(id, 'one');
      await until(() => seen.terminated.includes(job.id));
      t.pass('the deleted dispatch ended the job');
    });

    t.test('refuses, and is not asked when full', async t => {
      const askedFor = (room: string) => seen.asked.some(job => job.room?.name === room);
      await dispatch('two', 'refuse');
      await until(() => askedFor('two'));
      worker.tellLoad({ load: 1, jobs: 32, available: false });
      await sleep(SETTLING_MS);
      await dispatch('three', 'take');
      await sleep(SETTLING_MS);
      t.notOk(askedFor('three'), 'full');
      worker.tellLoad(READY);
      await dispatchUntilAssigned('four');
      t.notOk(
        seen.assigned.some(({ job }) => job.metadata === 'refuse'),
        'what is refused is not assigned',
      );
    });

    t.test('comes back by itself when the server was away', async t => {
      await livekit.stop();
      await until(() => seen.disconnected.length >= 1);
      livekit = await startLiveKitServer(binary!, Number(new URL(livekit.url).port));
      await until(() => seen.registered.length >= 2);
      await dispatchUntilAssigned('five');
      t.pass('and takes calls again');
    });

    t.test('its own end is nothing to complain of', async t => {
      const lost = seen.disconnected.length;
      worker.close();
      await sleep(300);
      t.equal(seen.disconnected.length, lost);
    });
  },
);

t.test('a server that talks garbage, drops, or refuses the key harms nothing', async t => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const behaviours: ((socket: WebSocket) => void)[] = [
    socket => socket.send('text is not protobuf'),
    socket => socket.send(Buffer.from([0xff, 0xff, 0xff, 0x7f])),
    socket => socket.send(Buffer.alloc(2 << 20)),
    socket => socket.terminate(),
  ];
  let connections = 0;
  server.on('connection', socket => {
    behaviours[connections % behaviours.length]?.(socket);
    connections += 1;
    setTimeout(() => socket.close(), 5);
  });
  const { seen, handlers } = watcher(() => undefined);
  workerFor(t, `ws://127.0.0.1:${port}`, { apiKey: 'k', apiSecret: 's'.repeat(32) }, handlers);
  await until(() => connections >= behaviours.length);
  t.same(seen, { registered: [], disconnected: [], asked: [], assigned: [], terminated: [] });
});
