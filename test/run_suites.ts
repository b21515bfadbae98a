import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Priority, startProgram } from './programs.ts';
import { SpareTime } from './spare_time.ts';
import { ROOT } from './tidy/sources.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Counts of a run, and the files in it that failed. */
export interface SuiteCounts extends Counts {
  readonly failures: readonly FileCounts[];
}

interface FileCounts extends Counts {
  readonly file: string;
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

/** Files that failed and are run once more: so many at most. */
const MOST_AGAIN = 8;

/** Between two looks at what the machine has left, and the shares of its processors at which one file more, or less, runs. */
const LOOK_MS = 1_500;
const SPARE_SHARE = 0.3;
const SCARCE_SHARE = 0.1;

/** Files beside each other: so many always, and up to so many while the machine has time to spare. */
export interface Jobs {
  readonly least: number;
  readonly most: number;
}

export interface RunOptions extends Jobs {
  readonly priority?: Priority;
  /** This run decides: what fails in it is not run once more. */
  readonly isLast?: boolean;
}

/**
 * Runs test files, each by Node itself in a process of its own and without tap's runner: that one hooks into how
 * modules are loaded, in the file's process and in all that it starts, which costs each of them up to a second of the processor.
 * A line for each file, all of the output of those that fail, assertions counted.
 * @param files begun in this order
 */
export async function runSuites(
  files: readonly string[],
  { least, most, ...options }: RunOptions,
): Promise<SuiteCounts> {
  const ended: FileCounts[] = [];
  const waiting = [...files];
  const running = new Set<Promise<void>>();
  const begin = (file: string): void => {
    const run = runFile(file, options).then(counts => {
      ended.push(counts);
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
  return { ...total(ended), failures: ended.filter(({ failed }) => failed > 0) };
}

/**
 * Runs the files that failed once more, each alone: calls are held to what a person on the line would notice, and a
 * machine that others keep from its work for seconds makes each of them fail. What fails twice has failed; so has all
 * of a run in which more failed than such seconds explain.
 * @returns the counts of all, each file by its last run
 */
export async function againAlone(runs: readonly SuiteCounts[]): Promise<Counts> {
  const all = total(runs);
  const failures = runs.flatMap(run => run.failures);
  if (failures.length === 0) return all;
  if (failures.length > MOST_AGAIN) {
    for (const { file } of failures) console.log(`not ok - ${file}`);
    return all;
  }
  const files = failures.map(({ file }) => file);
  console.log(`once more, each alone: ${files.join(' ')}`);
  const before = total(failures);
  const again = await runSuites(files, { least: 1, most: 1, isLast: true });
  return {
    passed: all.passed - before.passed + again.passed,
    failed: all.failed - before.failed + again.failed,
  };
}

function total(counts: readonly Counts[]): Counts {
  return {
    passed: counts.reduce((sum, { passed }) => sum + passed, 0),
    failed: counts.reduce((sum, { failed }) => sum + failed, 0),
  };
}

async function runFile(
  file: string,
  { priority = 'normal', isLast = false }: Omit<RunOptions, keyof Jobs>,
): Promise<FileCounts> {
  const startedMs = performance.now();
  const { output, fault } = await runProgram(file, priority);
  const totals = output.findLast(line => line.startsWith('# { total: ')) ?? '';
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(totals)?.[1] ?? 0);
  const failed = Math.max(count('fail'), fault === undefined ? 0 : 1);
  if (failed > 0) console.log(output.map(line => (isLast ? line : `| ${line}`)).join('\n'));
  const tookS = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `${failed === 0 ? 'ok' : isLast ? 'not ok' : 'again'} - ${file} # ${tookS} s${fault === undefined ? '' : `: ${fault}`}`,
  );
  return { file, passed: count('pass'), failed };
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
