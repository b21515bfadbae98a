import { readFileSync } from 'node:fs';
import { writeSecretFile } from '../compliance/secret_file.ts';

/** Writes the file unless it holds just that: a service can then be started again on a disk that is full. */
export function keepSecretFile(file: string, text: string): void {
  if (textOf(file) !== text) writeSecretFile(file, text);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
