import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import t from 'tap';

const MODULE = new URL('../../src/calls/audio_thread.ts', import.meta.url).href;
const SESSION_PRIORITY = '/proc/self/autogroup';
/** Tells what its main thread and another one have before and after. */
const PROGRAM = `
  const { getPriority } = require('node:os');
  const { Worker } = require('node:worker_threads');
  const { readFileSync, existsSync } = require('node:fs');
  const worker = new Worker(
    'const { parentPort } = require("node:worker_threads"); const { getPriority } = require("node:os");' +
    'parentPort.on("message", () => { parentPort.postMessage(getPriority(0)); parentPort.close(); });',
    { eval: true });
  worker.once('online', async () => {
    const { goBeforeOthers } = await import('${MODULE}');
    const turnNs = () => Number(/se\\.slice\\s*:\\s*(\\d+)/.exec(readFileSync('/proc/thread-self/sched', 'utf8'))?.[1]);
    const before = getPriority(0);
    const longNs = existsSync('/proc/thread-self/sched') ? turnNs() : NaN;
    const { isFirst, hasShortTurns } = goBeforeOthers();
    const shortNs = existsSync('/proc/thread-self/sched') ? turnNs() : NaN;
    worker.once('message', other => {
      const session = existsSync('${SESSION_PRIORITY}') ? readFileSync('${SESSION_PRIORITY}', 'utf8') : '';
      process.stdout.write(JSON.stringify({ before, isFirst, after: getPriority(0), other, session, hasShortTurns, longNs, shortNs }));
    });
    worker.postMessage('look');
  });`;

function kernelHasTurns(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 12);
}

t.test('one thread and its session go before others, or all stays as it was', async t => {
  const mine = existsSync(SESSION_PRIORITY) ? readFileSync(SESSION_PRIORITY, 'utf8') : '';
  // In a session of its own, as each role has one.
  const child = spawn(process.execPath, ['-e', PROGRAM], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  const { before, isFirst, after, other, session, hasShortTurns, longNs, shortNs } = JSON.parse(output);
  t.equal(other, before, 'a thread that was there already did not ask');
  if (isFirst) t.ok(after < before, `${before} → ${after}`);
  else t.equal(after, before);
  if (isFirst && session !== '') t.match(session, new RegExp(`nice ${after}$`, 'm'));
  // Where Linux tells how long a thread's turns are: from 6.12 on as it was asked.
  if (hasShortTurns && longNs > 0 && kernelHasTurns()) t.equal(shortNs, 500_000, `${longNs} → ${shortNs} ns`);
  const still = execFileSync('cat', existsSync(SESSION_PRIORITY) ? [SESSION_PRIORITY] : ['/dev/null'], {
    encoding: 'utf8',
  });
  t.equal(still, mine, 'nobody else was touched');
});
