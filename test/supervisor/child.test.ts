import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type ChildOptions, ChildStarter } from '../../src/supervisor/child.ts';
import { ChildrenFile } from '../../src/supervisor/children_file.ts';
import { LogFiles } from '../../src/supervisor/log_files.ts';
import { identify } from '../../src/supervisor/process_identity.ts';
import { untilGone } from './processes.ts';

const IDLE = 'setInterval(() => {}, 1000); console.log("up")';

function rig(t: Test) {
  const folder = t.testdir();
  const logs = new LogFiles(folder);
  t.teardown(() => logs.close());
  const logText = () => readFileSync(join(folder, 'child.log'), 'utf8');
  const options = (code: string, more: Partial<ChildOptions> = {}): ChildOptions => ({
    name: 'child',
    program: process.execPath,
    args: ['-e', code],
    cwd: folder,
    env: {},
    endWith: [{ signal: 'SIGTERM', waitMs: 300 }],
    ready: async signal => {
      while (!logText().includes('up')) await sleep(10, undefined, { signal });
    },
    readyLimitMs: 20_000,
    ...more,
  });
  const children = new ChildrenFile(folder);
  return { folder, logText, options, starter: new ChildStarter(logs, children), children };
}

const never = new AbortController().signal;

t.test('a child is on record while it runs, and its output in its log', async t => {
  const { folder, options, starter, logText } = rig(t);
  const running = await starter.start(options(IDLE), never);
  t.same(
    new ChildrenFile(folder).leftovers().map(entry => [entry.name, entry.pid]),
    [['child', running.pid]],
  );
  await running.stop();
  t.match(await running.exited, /child ended with SIGTERM/);
  t.same(new ChildrenFile(folder).leftovers(), []);
  t.equal(logText(), 'up\n');
});

t.test('one that dies at its start tells why', async t => {
  const { options, starter } = rig(t);
  const code = 'console.error("the cellar is flooded"); process.exit(3)';
  await t.rejects(starter.start(options(code), never), {
    code: 'STEP_FAILED',
    detail: /child ended with exit code 3 \(log: .*child\.log\)\nthe cellar is flooded/,
  });
  const stack = 'throw new Error("no way")';
  const failure = await starter.start(options(stack), never).catch((error: Error) => error.message);
  t.match(failure, /Error: no way$/, 'the last line is the error, its stack left out');
});

t.test('a port or disk that is full is named as such', async t => {
  const { options, starter } = rig(t);
  const dying = (words: string) => options(`console.error(${JSON.stringify(words)}); process.exit(1)`);
  await t.rejects(starter.start(dying('bind: Address already in use'), never), { code: 'PORT_BUSY' });
  await t.rejects(starter.start(dying('write: no space left on device'), never), { code: 'DISK_FULL' });
});

t.test('one that never becomes ready is stopped', async t => {
  const { options, starter, folder } = rig(t);
  const mute = options('setInterval(() => {}, 1000)', { readyLimitMs: 200 });
  await t.rejects(starter.start(mute, never), { code: 'STEP_FAILED', detail: /not ready within 0\.2 s/ });
  t.same(new ChildrenFile(folder).leftovers(), []);
});

t.test('an interrupted start leaves nothing', async t => {
  const { options, starter, folder } = rig(t);
  const interrupt = new AbortController();
  const starting = starter.start(options('setInterval(() => {}, 1000)'), interrupt.signal);
  interrupt.abort(new Error('enough'));
  await t.rejects(starting, { message: 'enough' });
  t.same(new ChildrenFile(folder).leftovers(), []);
});

t.test('one that ignores its signal is killed, and what it started too', async t => {
  const { options, starter, logText } = rig(t);
  const code = `
    process.on('SIGTERM', () => console.log('no'));
    const { spawn } = require('node:child_process');
    console.log('up', spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid);
    setInterval(() => {}, 1000);`;
  const running = await starter.start(options(code), never);
  const grandchild = Number(/up (\d+)/.exec(logText())?.[1]);
  t.ok(identify(grandchild));
  await running.stop();
  t.match(await running.exited, /SIGKILL/);
  t.match(logText(), /^no$/m, 'it was asked first');
  await untilGone(grandchild);
});

t.test('a program that is not there', async t => {
  const { options, starter } = rig(t);
  await t.rejects(starter.start(options('', { program: '/nowhere/redis-server' }), never), {
    code: 'TOOL_MISSING',
    detail: /\/nowhere\/redis-server/,
  });
});

t.test('what a filter takes out never reaches the log', async t => {
  const { options, starter, logText } = rig(t);
  const code =
    'console.log("number 123"); console.error("number 456"); console.log("up"); setInterval(() => {}, 1000)';
  const filter = (line: string) => line.replace(/\d+/, '[x]');
  const running = await starter.start(options(code, { filter }), never);
  await running.stop();
  t.same(logText().split('\n').toSorted(), ['', 'number [x]', 'number [x]', 'up']);
});

t.test('a log beyond its limit is copied aside and begun anew', async t => {
  const folder = t.testdir();
  const file = join(folder, 'child.log');
  writeFileSync(file, 'x'.repeat(21 << 20));
  const logs = new LogFiles(folder);
  t.teardown(() => logs.close());
  logs.lineWriter('child')('first line');
  t.equal(readFileSync(file, 'utf8'), 'first line\n');
  t.equal(readFileSync(`${file}.1`).length, 21 << 20);
});
