import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import { providePrograms } from '../src/supervisor/programs.ts';
import { Terminal } from '../src/supervisor/terminal.ts';
import { type Priority, startProgram } from './programs.ts';
import { againAlone, type Counts, type Jobs, runSuites, type SuiteCounts } from './run_suites.ts';
import { ROOT } from './tidy/sources.ts';

/**
 * `npm test`: the static checks, then the suites; `npm test -- test/store` runs the named suites alone. Ends with the
 * counts, and with exit code 1 when anything failed.
 */
const BIN = join(ROOT, 'node_modules', '.bin');

const CHECKS: readonly (readonly [name: string, program: string, ...args: string[]])[] = [
  ['typecheck', 'tsc', '--noEmit'],
  ['typecheck of the page', 'tsc', '--noEmit', '-p', 'web/page'],
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['unused code', 'knip'],
];

/** Whole conversations, four at once, eleven at once, and one by way of a browser: no other node runs meanwhile. */
const FIRST: readonly string[] = [
  'test/e2e/first_call.test.ts',
  'test/e2e/agents.test.ts',
  'test/e2e/browser_call.test.ts',
];
/** Suites with whole nodes and calls, which take the time that talking takes. */
const NODES = 'test/e2e';
/** Others that run programs which a clock hurries. */
const HURRIED: readonly string[] = [
  'test/supervisor/node.test.ts',
  'test/supervisor/hung_roles.test.ts',
  'test/supervisor/supervisor_lost.test.ts',
  'test/bench/chaos.test.ts',
  'test/bench/conversation.test.ts',
  'test/bench/latency_livekit.test.ts',
  'test/bench/load.test.ts',
  'test/bench/sip_bench.test.ts',
  'test/web/page.test.ts',
];
/** Those that take longest, begun first: none of them is left alone at the end. */
const LONG: readonly string[] = [
  'test/e2e/underwriting.test.ts',
  'test/e2e/leftovers.test.ts',
  'test/e2e/postgres_away.test.ts',
  'test/bench/chaos.test.ts',
  'test/e2e/upgrade.test.ts',
  'test/e2e/interruptions.test.ts',
  'test/e2e/takeover.test.ts',
  'test/supervisor/node.test.ts',
  'test/supervisor/supervisor_lost.test.ts',
  'test/e2e/transfer.test.ts',
  'test/bench/conversation.test.ts',
  'test/bench/latency_livekit.test.ts',
  'test/simulate/callers.test.ts',
  'test/providers/livekit_llm.test.ts',
  'test/jobs/outbox.test.ts',
  'test/supervisor/upgrade.test.ts',
  'test/jobs/retention.test.ts',
  'test/providers/livekit_process.test.ts',
  'test/demo/back_office_tools.test.ts',
  'test/supervisor/packages.test.ts',
  'test/http/chats.test.ts',
  'test/calls/callback.test.ts',
  'test/providers/llm.test.ts',
  'test/store/exactly_once.test.ts',
  'test/simulate/acts.test.ts',
  'test/edge/worker_protocol.test.ts',
  'test/workflow/simulated_callers.test.ts',
  'test/supervisor/obstacles.test.ts',
];
/** Sound through WebRTC, which gives up what it can't do in time: one after the other. */
const ROOM_SOUND: readonly string[] = [
  'test/calls/bridge_room.test.ts',
  'test/calls/media_role.test.ts',
  'test/calls/room_call.test.ts',
  'test/lines/conformance.test.ts',
  'test/lines/room_line.test.ts',
];

function run(
  program: string,
  args: readonly string[],
  onLine: (line: string) => void,
  priority?: Priority,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: `${BIN}:${process.env.PATH ?? ''}`, FORCE_COLOR: '0' };
    const child = startProgram(join(BIN, program), args, env, priority);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (rest !== '') onLine(rest);
      resolve(code ?? (signal === null ? 1 : 128));
    });
  });
}

async function runCheck([name, program, ...args]: (typeof CHECKS)[number]): Promise<SuiteCounts> {
  const output: string[] = [];
  const code = await run(program, args, line => output.push(line), 'low');
  const ok = code === 0;
  if (!ok) console.log(output.join('\n'));
  console.log(`${ok ? 'ok' : 'not ok'} - ${name}`);
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, failures: [] };
}

function testFiles(target: string): string[] {
  if (target.endsWith('.test.ts')) return [target];
  return readdirSync(join(ROOT, target), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.test.ts'))
    .map(path => join(target, path))
    .toSorted();
}

/** The suites call the real programs: what is missing is installed and built as by `npm start`. */
async function prepare(): Promise<void> {
  const config = parseConfig('', 'defaults', {});
  const terminal = new Terminal(process.stdout);
  await providePrograms(
    { config, paths: nodePaths(ROOT, config), install: true },
    terminal,
    new AbortController().signal,
  );
}

/** Tap builds itself after its plugins, as .taprc names them; while it does, no other run finds it whole. */
async function provideTap(): Promise<void> {
  const mark = join(ROOT, 'node_modules/@tapjs/test/test-built/trunkline.taprc');
  const wanted = readFileSync(join(ROOT, '.taprc'), 'utf8');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  await run('tap', ['build'], () => {});
  writeFileSync(mark, wanted);
}

/**
 * Callers wait most of the time: what no clock hurries, the checks first, uses what nodes with calls leave of the machine, at
 * a lower priority.
 */
async function runEverything(): Promise<SuiteCounts[]> {
  const hurried = [...testFiles(NODES), ...HURRIED];
  const apart = new Set([...hurried, ...ROOM_SOUND]);
  const later = hurried.filter(file => !FIRST.includes(file));
  const others = testFiles('test').filter(file => !apart.has(file));
  const lanes = await Promise.all([
    runInTurn(
      () => runSuites(ROOM_SOUND, exactly(1)),
      () => runSuites(FIRST, exactly(1)),
      () => runSuites(longestFirst(later), exactly(2)),
    ),
    runInTurn(...CHECKS.map(check => () => runCheck(check)), () =>
      runSuites(longestFirst(others), { least: 2, most: 6, priority: 'low' }),
    ),
  ]);
  return lanes.flat();
}

function exactly(jobs: number): Jobs {
  return { least: jobs, most: jobs };
}

function longestFirst(files: readonly string[]): string[] {
  return [...LONG.filter(file => files.includes(file)), ...files.filter(file => !LONG.includes(file))];
}

async function runInTurn(...steps: (() => Promise<SuiteCounts>)[]): Promise<SuiteCounts[]> {
  const results: SuiteCounts[] = [];
  for (const step of steps) results.push(await step());
  return results;
}

async function wholeRun(): Promise<Counts> {
  await prepare();
  return againAlone(await runEverything());
}

async function main(targets: readonly string[]): Promise<void> {
  await provideTap();
  const { passed, failed } =
    targets.length > 0
      ? await runSuites(targets.flatMap(testFiles), { ...exactly(1), isLast: true })
      : await wholeRun();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
