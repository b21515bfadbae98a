import { fileURLToPath } from 'node:url';
import { type PythonMeasure, providePython, scoreBy, type Trial } from './python_scores.ts';

export type { Trial };

/** Of ITU-T's own C, compiled where it is installed. */
const PESQ: PythonMeasure = {
  name: 'PESQ',
  module: 'pesq',
  packages: ['pesq==0.0.4', 'numpy==2.4.6'],
  script: fileURLToPath(new URL('pesq_scores.py', import.meta.url)),
};

/**
 * The Python that has PESQ, in an environment of its own in `folder`, which is made at first.
 * @throws Error when Debian's python3-venv, python3-dev or gcc, or the packages of PyPI, can't be had
 */
export function providePesq(folder: string): Promise<string> {
  return providePython(PESQ, folder);
}

/**
 * MOS-LQO (1…4.6) of each trial.
 * @throws Error with what PESQ said when it can't judge one of them
 */
export function scorePesq(python: string, trials: readonly Trial[]): Promise<number[]> {
  return scoreBy(PESQ, python, trials);
}
