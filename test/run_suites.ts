import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Priority, startProgram } from './programs.ts';
import { SpareTime } from './spare_time.ts';
import { ROOT } from './tidy/sources.ts';

export interface Counts {
  passed: number;
  failed: number;
}

const ONE_FILE = join(ROOT, 'test', 'one_file.ts');
/** For a file that sets no other by `t.setTimeout`. */
const FILE_TIMEOUT_S = 600;
/** No file sets more: one that is still up by then does not even see its own limit. */
const LONGEST_FILE_MS = 1_300_000;
/** A file that has ended leaves nothing open: its process ends by itself. */
const EXIT_MS = 60_000;
/** Tests and the nodes that they start begin with the same code again and again. */
const NODE_COMPILE_CACHE = join(ROOT, 'var', 'compile-cache');
/** What a file prints that goes on: enough to find a fault by. */
const KEPT_LINES = 20_000;

/** Between two looks at what the machine has left, and the shares of its processors at which one file more, or less, runs. */
const LOOK_MS = 1_500;
const SPARE_SHARE = 0.3;
const SCARCE_SHARE = 0.1;

/** Files beside each other: so many always, and up to so many while the machine has time to spare. */
export interface Jobs {
  readonly least: number;
  readonly most: number;
}

/**
 * Runs test files, each by Node itself in a process of its own and without tap's runner: that one hooks into how
 * modules are loaded, in the file's process and in all that it starts, which costs each of them up to a second of the processor.
 * A line for each file, all of the output of those that fail, assertions counted.
 * @param files begun in this order
 */
export async function runSuites(
  files: readonly string[],
  { least, most }: Jobs,
  priority: Priority = 'normal',
): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  const waiting = [...files];
  const running = new Set<Promise<void>>();
  const begin = (file: string): void => {
    const run = runFile(file, priority).then(({ passed, failed }) => {
      counts.passed += passed;
      counts.failed += failed;
      running.delete(run);
    });
    running.add(run);
  };
  const spare = new SpareTime();
  let jobs = least;
  let lookAtMs = performance.now() + LOOK_MS;
  while (waiting.length > 0) {
    while (waiting.length > 0 && running.size < jobs) begin(waiting.shift()!);
    await Promise.race([...running, pause(Math.max(1, lookAtMs - performance.now()))]);
    if (performance.now() < lookAtMs) continue;
    lookAtMs = performance.now() + LOOK_MS;
    const share = spare.share();
    if (share >= SPARE_SHARE) jobs = Math.min(most, jobs + 1);
    else if (share < SCARCE_SHARE) jobs = Math.max(least, jobs - 1);
  }
  await Promise.all(running);
  return counts;
}

async function runFile(file: string, priority: Priority): Promise<Counts> {
  const startedMs = performance.now();
  const { output, fault } = await runProgram(file, priority);
  const totals = output.findLast(line => line.startsWith('# { total: ')) ?? '';
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(totals)?.[1] ?? 0);
  const failed = Math.max(count('fail'), fault === undefined ? 0 : 1);
  if (failed > 0) console.log(output.join('\n'));
  const tookS = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `${failed === 0 ? 'ok' : 'not ok'} - ${file} # ${tookS} s${fault === undefined ? '' : `: ${fault}`}`,
  );
  return { passed: count('pass'), failed };
}

/** Resolves with what the file printed, and with what went wrong besides assertions that failed. */
function runProgram(
  file: string,
  priority: Priority,
): Promise<{ output: string[]; fault: string | undefined }> {
  return new Promise(resolve => {
    const env = {
      NODE_COMPILE_CACHE,
      ...process.env,
      TAP: '1',
      TAP_TIMEOUT: String(FILE_TIMEOUT_S),
      FORCE_COLOR: '0',
    };
    const child = startProgram(process.execPath, [ONE_FILE, file], env, priority);
    const output: string[] = [];
    let rest = '';
    let fault: string | undefined;
    const end = (why: string): void => {
      fault = why;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(end, LONGEST_FILE_MS, 'it does not end');
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      output.push(...lines);
      if (output.length > KEPT_LINES) output.splice(0, output.length - KEPT_LINES);
      if (!lines.some(line => line.startsWith('# time='))) return;
      clearTimeout(timer);
      timer = setTimeout(end, EXIT_MS, 'it leaves something open');
    });
    child.on('error', error => end(error.message));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (rest !== '') output.push(rest);
      if (!output.some(line => line.startsWith('# { total: '))) fault ??= 'it has no end';
      if (code !== 0) fault ??= signal === null ? `exit code ${code}` : signal;
      resolve({ output, fault });
    });
  });
}
