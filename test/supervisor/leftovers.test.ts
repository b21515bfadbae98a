import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createHub } from '../../src/ipc/hub.ts';
import { connectLink } from '../../src/ipc/link.ts';
import { createLogger } from '../../src/observe/log.ts';
import { standIn } from '../../src/supervisor/after_supervisor.ts';
import { ChildrenFile } from '../../src/supervisor/children_file.ts';
import { identify, isRunning } from '../../src/supervisor/process_identity.ts';
import { startSnippet, untilGone } from './processes.ts';

const IDLE = 'setInterval(() => {}, 1000); console.log("up")';
const STUBBORN = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")';

t.test('what an earlier start left is ended, however it resists', async t => {
  const folder = t.testdir();
  const polite = await startSnippet(t, IDLE);
  const stubborn = await startSnippet(t, STUBBORN);
  const earlier = new ChildrenFile(folder);
  earlier.add('redis', polite.pid, 'SIGTERM');
  earlier.add('media-0', stubborn.pid, 'SIGTERM');
  const now = new ChildrenFile(folder);
  t.same(await now.endLeftovers(300), [`redis (process ${polite.pid})`, `media-0 (process ${stubborn.pid})`]);
  await Promise.all([untilGone(polite.pid), untilGone(stubborn.pid)]);
  t.same(await now.endLeftovers(300), [], 'and then there is nothing left');
});

t.test('what a leftover itself has started ends with it', async t => {
  const folder = t.testdir();
  const code = `
    const { spawn } = require('node:child_process');
    console.log(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid);
    setInterval(() => {}, 1000);`;
  const parent = await startSnippet(t, code);
  new ChildrenFile(folder).add('media-0', parent.pid, 'SIGTERM');
  await new ChildrenFile(folder).endLeftovers(2000);
  await untilGone(Number(parent.line));
  t.notOk(identify(Number(parent.line)));
});

t.test('a process that only has the same number is left alone', async t => {
  const folder = t.testdir();
  const stranger = await startSnippet(t, IDLE);
  const file = join(folder, 'children.json');
  new ChildrenFile(folder).add('redis', stranger.pid, 'SIGTERM');
  const [entry] = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify([{ ...entry, startedAtTicks: entry.startedAtTicks - 1 }]));
  t.same(await new ChildrenFile(folder).endLeftovers(300), []);
  t.ok(isRunning(identify(stranger.pid)!));
});

t.test('a record that is damaged or not there counts as empty', async t => {
  for (const content of [
    '',
    '{',
    '[{"pid":1}]',
    '[{"pid":-1,"startedAtTicks":1,"name":"x","endSignal":"SIGTERM"}]',
    'null',
  ]) {
    const folder = t.testdir({ 'children.json': content });
    t.same(await new ChildrenFile(folder).endLeftovers(100), [], content);
  }
  t.same(await new ChildrenFile(t.testdir()).endLeftovers(100), []);
});

t.test('where no supervisor follows, its processes are ended, not those of the next one', async t => {
  const folder = t.testdir();
  const left = await startSnippet(t, IDLE);
  const next = await startSnippet(t, IDLE);
  new ChildrenFile(folder).add('redis', left.pid, 'SIGTERM');
  const ending = standIn(folder, { backMs: 50, awayMs: 50 });
  new ChildrenFile(folder).add('redis', next.pid, 'SIGTERM');
  await ending;
  await untilGone(left.pid);
  t.ok(identify(next.pid));
});

t.test('until then roles hear one another, and calls may end', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'run-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const socketPath = join(folder, 'hub.sock');
  const log = createLogger('test', 'silent');
  const first = await createHub({ socketPath, log });
  const [edge, media] = await Promise.all(
    (['edge', 'media-0'] as const).map(address => connectLink({ address, socketPath, log })),
  );
  t.teardown(() => Promise.all([edge!.close(), media!.close()]));
  let calls = 1;
  const tellLoad = (): void =>
    media!.send('supervisor', {
      type: 'load',
      calls,
      unanswered: 0,
      maxCalls: 2,
      tickLatenessP99Ms: 0,
      draining: false,
      spoolFull: false,
      busyShare: 0,
      shed: [],
    });
  const timer = setInterval(tellLoad, 20);
  t.teardown(() => clearInterval(timer));
  const told: string[] = [];
  media!.on('hangUp', () => told.push('hangUp'));
  media!.on('drain', () => told.push('drain'));
  media!.on('stop', () => void media!.close());
  edge!.on('stop', () => void edge!.close());
  while (first.peers().length < 2) await sleep(5);
  await first.close();
  const over = standIn(folder, { backMs: 50, awayMs: 300 }).then(() => told.push('over'));
  await sleep(100);
  edge!.send('media-0', { type: 'hangUp', callId: 'a' });
  while (!told.includes('drain')) await sleep(5);
  await sleep(300);
  t.same(told, ['hangUp', 'drain'], 'it waits for the call');
  calls = 0;
  await over;
  t.same(told, ['hangUp', 'drain', 'over']);
});

t.test('those that ended in order are off the record', async t => {
  const folder = t.testdir();
  const first = await startSnippet(t, IDLE);
  const second = await startSnippet(t, IDLE);
  const children = new ChildrenFile(folder);
  children.add('redis', first.pid, 'SIGTERM');
  children.add('edge', second.pid, 'SIGTERM');
  children.remove(first.pid);
  t.same(
    new ChildrenFile(folder).leftovers().map(entry => entry.name),
    ['edge'],
  );
});
