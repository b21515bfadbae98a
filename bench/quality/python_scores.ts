import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

/** A measure of sound that is had as a package of PyPI. */
export interface PythonMeasure {
  readonly name: string;
  /** What the scores are made with. */
  readonly module: string;
  /** Pinned. */
  readonly packages: readonly string[];
  /** Reads a JSON list of trials from stdin and prints one of numbers. */
  readonly script: string;
}

/** Two files of raw 16-bit samples at 8 or 16 kHz. */
export interface Trial {
  readonly rateHz: number;
  readonly reference: string;
  readonly heard: string;
}

/**
 * The Python that has the measure, in an environment of its own in `folder`, which is made at first.
 * @throws Error when Debian's python3-venv, python3-dev or gcc, or the packages of PyPI, can't be had
 */
export async function providePython(
  { name, module, packages }: PythonMeasure,
  folder: string,
): Promise<string> {
  const python = join(folder, 'bin', 'python');
  const run = promisify(execFile);
  try {
    if (!existsSync(python)) await run('python3', ['-m', 'venv', folder]);
    if (!(await hasModule(python, module))) {
      await run(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
    }
  } catch (cause) {
    const needs = `${packages.join(' and ')} of PyPI, and Debian's python3-venv, python3-dev and gcc`;
    throw new Error(`${name} can't be had: needs ${needs}`, { cause });
  }
  return python;
}

async function hasModule(python: string, module: string): Promise<boolean> {
  try {
    await promisify(execFile)(python, ['-c', `import ${module}`]);
    return true;
  } catch {
    return false;
  }
}

/**
 * The score of each trial.
 * @throws Error with what the measure said when it can't judge one of them
 */
export async function scoreBy(
  { name, script }: PythonMeasure,
  python: string,
  trials: readonly Trial[],
): Promise<number[]> {
  const child = spawn(python, [script]);
  child.stdin.end(JSON.stringify(trials));
  const [scores, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    return JSON.parse(scores) as number[];
  } catch {
    throw new Error(`${name} does not judge: ${complaint.trim().split('\n').at(-1)}`);
  }
}
