import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** A PATH with the system's folders behind its own: that of a user, of cron or of a service often lacks some. */
export function fullSearchPath(searchPath: string): string {
  const own = searchPath.split(delimiter).filter(isAbsolute);
  return [...new Set([...own, ...SYSTEM_FOLDERS])].join(delimiter);
}

/** Absolute path of a program: a path is taken as it is, a name is looked for on PATH, then in `moreFolders`. */
export function findProgram(name: string, moreFolders: readonly string[] = []): string | undefined {
  if (name.includes('/')) {
    const file = isAbsolute(name) ? name : resolve(name);
    return isExecutable(file) ? file : undefined;
  }
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(isAbsolute), ...moreFolders];
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
