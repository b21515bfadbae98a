import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { loopWatch } from '../../bench/wire/loop_watch.ts';

const BUSY_MS = 200;
const IDLE_MS = 400;
/** Sends what it is told to where it is told to, after a while. */
const SENDER = `
  const { createSocket } = require('node:dgram');
  const { parentPort } = require('node:worker_threads');
  const socket = createSocket('udp4');
  parentPort.on('message', ({ port, afterMs }) =>
    setTimeout(() => socket.send('x', port, '127.0.0.1'), afterMs));`;

function keepBusy(): void {
  const until = performance.now() + BUSY_MS;
  while (performance.now() < until);
}

t.test('what waited for this process is told from what came late', async t => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const sender = new Worker(SENDER, { eval: true });
  t.teardown(async () => {
    socket.close();
    await sender.terminate();
  });
  await once(sender, 'online');
  const { port } = socket.address();
  const read = async (): Promise<number> => {
    await once(socket, 'message');
    return loopWatch.unreadMs();
  };

  sender.postMessage({ port, afterMs: 0 });
  loopWatch.unreadMs();
  keepBusy();
  t.ok((await read()) >= BUSY_MS * 0.9, 'it may have lain there all the time that the process was busy');

  sender.postMessage({ port, afterMs: IDLE_MS });
  loopWatch.unreadMs();
  t.ok((await read()) < IDLE_MS / 2, 'nothing had come while the process was idle');
});
