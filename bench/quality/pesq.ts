import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCORES = fileURLToPath(new URL('pesq_scores.py', import.meta.url));
/** From PyPI; pesq is ITU-T's own C, compiled where it is installed. */
const PACKAGES = ['pesq==0.0.4', 'numpy==2.4.6'];

/** Two files of raw 16-bit samples at 8 or 16 kHz. */
export interface Trial {
  readonly rateHz: number;
  readonly reference: string;
  readonly heard: string;
}

/**
 * The Python that has PESQ, in an environment of its own in `folder`, which is made at first.
 * @throws Error when Debian's python3-venv, python3-dev or gcc, or the packages of PyPI, can't be had
 */
export async function providePesq(folder: string): Promise<string> {
  const python = join(folder, 'bin', 'python');
  const run = promisify(execFile);
  try {
    if (!existsSync(python)) await run('python3', ['-m', 'venv', folder]);
    if (!(await hasPesq(python))) await run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
  } catch (cause) {
    const needs = `${PACKAGES.join(' and ')} of PyPI, and Debian's python3-venv, python3-dev and gcc`;
    throw new Error(`PESQ can't be had: needs ${needs}`, { cause });
  }
  return python;
}

async function hasPesq(python: string): Promise<boolean> {
  try {
    await promisify(execFile)(python, ['-c', 'import pesq']);
    return true;
  } catch {
    return false;
  }
}

/**
 * MOS-LQO (1…4.6) of each trial.
 * @throws Error with what PESQ said when it can't judge one of them
 */
export async function scorePesq(python: string, trials: readonly Trial[]): Promise<number[]> {
  const child = spawn(python, [SCORES]);
  child.stdin.end(JSON.stringify(trials));
  const [scores, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  try {
    return JSON.parse(scores) as number[];
  } catch {
    throw new Error(`PESQ does not judge: ${complaint.trim().split('\n').at(-1)}`);
  }
}
