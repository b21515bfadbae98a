import { fileURLToPath } from 'node:url';
import { type PythonMeasure, providePython, scoreBy, type Trial } from './python_scores.ts';

const STOI: PythonMeasure = {
  name: 'STOI',
  module: 'pystoi',
  packages: ['pystoi==0.4.1', 'numpy==2.4.6', 'scipy==1.17.1'],
  script: fileURLToPath(new URL('stoi_scores.py', import.meta.url)),
};

/**
 * The Python that has STOI, in an environment of its own in `folder`, which is made at first.
 * @throws Error when Debian's python3-venv, or the packages of PyPI, can't be had
 */
export function provideStoi(folder: string): Promise<string> {
  return providePython(STOI, folder);
}

/**
 * Short-time objective intelligibility (Taal et al., 2011; 0…1) of each trial, whose files begin at the same instant.
 * @throws Error with what STOI said when it can't judge one of them
 */
export function scoreStoi(python: string, trials: readonly Trial[]): Promise<number[]> {
  return scoreBy(STOI, python, trials);
}
