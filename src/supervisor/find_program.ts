import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Where administrators' programs lie, which an ordinary user's PATH often lacks. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Absolute path of a program: a path is taken as it is, a name is looked for on PATH and in the system's folders. */
export function findProgram(
  name: string,
  searchPath: string = process.env.PATH ?? '',
  moreFolders: readonly string[] = MORE_FOLDERS,
): string | undefined {
  if (name.includes('/')) {
    const file = isAbsolute(name) ? name : resolve(name);
    return isExecutable(file) ? file : undefined;
  }
  const folders = [...searchPath.split(delimiter).filter(isAbsolute), ...moreFolders];
  return folders.map(folder => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
