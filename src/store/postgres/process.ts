import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { TrunklineError } from '../../config/errors.ts';

/** The system account under which Postgres runs when the node itself runs as root, which Postgres refuses. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * A Postgres program with `cwd` as its working folder.
 * @param account whose process it is; undefined: this process's user
 */
export function spawnPostgres(
  program: string,
  words: readonly string[],
  cwd: string,
  account: Account | undefined,
): ChildProcess {
  return spawn(program, words, {
    cwd,
    ...(account && { uid: account.uid, gid: account.gid }),
    // Away from the terminal's process group: ^C must reach the database last.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  });
}

/**
 * How a program whose working folder is the cluster names it. Under another account the folders above may be closed
 * to it, such as a home of mode 0700; the kernel's link to the working folder does not walk through them.
 */
export function dataArgument(clusterDir: string, account: Account | undefined): string {
  return account !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : clusterDir;
}

/** Passes on what a program prints and keeps the last lines for its obituary. */
export function readOutput(child: ChildProcess, onLine: (line: string) => void): () => string {
  const kept: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', line => {
      kept.push(line);
      if (kept.length > 8) kept.shift();
      onLine(line);
    });
  }
  return () => kept.join(' | ');
}

/** Runs a program to its end. @throws TrunklineError DISK_FULL or STEP_FAILED with its last words */
export async function runToEnd(child: ChildProcess, onLine: (line: string) => void): Promise<void> {
  const lastWords = readOutput(child, onLine);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw failure(lastWords());
}

/** What Postgres's last words mean in the table of errors. */
export function failure(lastWords: string): TrunklineError {
  if (/No space left on device|Disk quota exceeded/.test(lastWords)) {
    return new TrunklineError('DISK_FULL', 'Postgres could not write');
  }
  if (/Address already in use/.test(lastWords)) return new TrunklineError('PORT_BUSY', 'Postgres');
  return new TrunklineError('STEP_FAILED', `Postgres ended: ${lastWords || 'without a word'}`);
}
