import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { MediaThreads } from '../../src/calls/media_threads.ts';
import { createSlotMemory } from '../../src/calls/slot_buffers.ts';
import type { ListeningTimes } from '../../src/ipc/silence.ts';

/** A thread's program, given as text. */
function program(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

function start(talk: URL, watchTimes?: ListeningTimes) {
  const died: string[] = [];
  const { promise: death, resolve } = Promise.withResolvers<void>();
  const threads = new MediaThreads({
    talk,
    memory: createSlotMemory(1),
    runtimeFile: 'none',
    address: 'media-0',
    onMessage: () => {},
    onDied: (thread, error) => {
      died.push(`${thread}: ${error instanceof Error ? error.message : ''}`);
      resolve();
    },
    ...(watchTimes !== undefined && { watchTimes }),
  });
  return { threads, died, death };
}

const TALKS = `
  import { workerData } from 'node:worker_threads';
  const { port } = workerData;
  port.on('message', ({ type }) => { if (type === 'stop') port.close(); });
  port.postMessage({ type: 'ready' });
`;

t.test('the thread starts, and ends when told to', async t => {
  const { threads, died } = start(program(TALKS));
  await threads.ready();
  await threads.stop();
  t.strictSame(died, []);
});

t.test('a talk thread that dies is told of, by name and cause', async t => {
  const { threads, died, death } = start(
    program(`${TALKS} setTimeout(() => { throw new Error('bug'); }, 50);`),
  );
  await threads.ready();
  await death;
  t.equal(died[0], 'talk: bug');
  await threads.stop();
});

t.test('a thread that ends by itself is told of, too', async t => {
  const { threads, died, death } = start(program(`${TALKS} process.exit(0);`));
  await death;
  t.equal(died[0], 'talk: ended with code 0');
  await threads.stop();
});

const BEATS = `
  import { workerData as data } from 'node:worker_threads';
  const pulse = new Int32Array(data.pulse);
  const beat = setInterval(() => Atomics.add(pulse, 0, 1), 10);
  data.port.on('message', () => clearInterval(beat));
`;
const SOON: ListeningTimes = { tickMs: 50, limitTicks: 40 };

async function untilHung(threads: MediaThreads): Promise<readonly string[]> {
  while (threads.hung.length === 0) await sleep(20);
  return threads.hung;
}

t.test('a talk thread in an endless loop is found out', async t => {
  const { threads, died } = start(program(`${TALKS} ${BEATS} setTimeout(() => { for (;;); }, 200);`), SOON);
  t.strictSame(threads.hung, [], 'who is not up yet does not hang');
  await threads.ready();
  t.strictSame(await untilHung(threads), ['talk']);
  t.strictSame(died, []);
  await threads.stop();
});

t.test('a thread that does not end is ended', async t => {
  const { threads, died } = start(program(`${TALKS} port.removeAllListeners(); for (;;) {}`));
  await threads.stop();
  t.strictSame(died, []);
});
