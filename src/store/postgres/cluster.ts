import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { readlink, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeSecretFile } from '../../compliance/secret_file.ts';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import { type Account, dataArgument, runToEnd, spawnPostgres } from './process.ts';

const MAJOR_VERSION = '16';

/** Accounts that may run Postgres for root, the first that exists. */
const ACCOUNT_NAMES = ['trunkline', 'postgres', 'nobody'];

/**
 * Whose process Postgres will be: undefined for this process's own user.
 * @throws TrunklineError STEP_FAILED when the cluster is another user's, or root finds no account
 */
export function accountFor(clusterDir: string): Account | undefined {
  const owner = existsSync(clusterDir) ? statSync(clusterDir) : undefined;
  const ownUid = process.getuid?.();
  if (ownUid === 0) {
    return owner === undefined || owner.uid === 0 ? systemAccount() : { uid: owner.uid, gid: owner.gid };
  }
  if (owner !== undefined && ownUid !== undefined && owner.uid !== ownUid) {
    throw new TrunklineError(
      'STEP_FAILED',
      `${clusterDir} belongs to user ${owner.uid}: start as that user or as root`,
    );
  }
  return undefined;
}

/** Gives a cluster that root put there, such as a copy that it restored, to the account that will run on it. */
export function handOver(clusterDir: string, account: Account | undefined): void {
  if (account === undefined || !existsSync(clusterDir) || statSync(clusterDir).uid === account.uid) return;
  // As Postgres wants it; copies are often open to all.
  chmodSync(clusterDir, 0o700);
  const entries = readdirSync(clusterDir, { recursive: true, encoding: 'utf8' });
  // The folder itself last: until then its owner tells that this is not done.
  for (const entry of [...entries, '.']) lchownSync(join(clusterDir, entry), account.uid, account.gid);
}

function systemAccount(): Account {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const wanted of ACCOUNT_NAMES) {
    for (const line of lines) {
      const [name, , uid, gid] = line.split(':');
      if (name === wanted && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new TrunklineError('STEP_FAILED', 'Postgres refuses to run as root: useradd --system trunkline');
}

/**
 * Makes an empty cluster whose superuser is `ownerRole`. It is made beside its final place and then renamed: a
 * cluster that is there is whole, and the rest of an earlier attempt is thrown away.
 */
export async function createCluster(options: {
  readonly clusterDir: string;
  readonly initdb: string;
  readonly account: Account | undefined;
  readonly ownerRole: string;
  readonly password: string;
  readonly onLog: (line: string) => void;
}): Promise<void> {
  const { clusterDir, account } = options;
  const parent = join(clusterDir, '..');
  const unfinished = `${clusterDir}.new`;
  const passwordFile = join(parent, 'initdb.password');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  mkdirSync(unfinished, { mode: 0o700 });
  try {
    writeSecretFile(passwordFile, `${options.password}\n`);
    if (account !== undefined) {
      for (const path of [parent, unfinished, passwordFile]) chownSync(path, account.uid, account.gid);
    }
    const words = [
      '--auth=scram-sha-256',
      `--username=${options.ownerRole}`,
      '--pwfile=../initdb.password',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      `--pgdata=${dataArgument(unfinished, account)}`,
    ];
    await runToEnd(spawnPostgres(options.initdb, words, unfinished, account), options.onLog);
    renameSync(unfinished, clusterDir);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** @throws TrunklineError STEP_FAILED when the cluster was made by another major version, or is none */
export function assertVersion(clusterDir: string): void {
  const file = join(clusterDir, 'PG_VERSION');
  if (!existsSync(file)) {
    throw new TrunklineError('STEP_FAILED', `${clusterDir} is no database: restore its copy or move it away`);
  }
  const version = readFileSync(file, 'utf8').trim();
  if (version === MAJOR_VERSION) return;
  throw new TrunklineError(
    'STEP_FAILED',
    `${clusterDir} was made by Postgres ${version}, this is ${MAJOR_VERSION}: run pg_upgrade`,
  );
}

/**
 * Ends what an earlier node that was killed has left on the cluster: its server, if it still runs, or else its lock,
 * whose number another process may bear by now.
 */
export async function endLeftoverServer(clusterDir: string): Promise<void> {
  const lock = join(clusterDir, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10);
  for (let waitedMs = 0; await isServerOf(pid, clusterDir); waitedMs += 100) {
    if (waitedMs === 0) process.kill(pid, 'SIGINT');
    if (waitedMs >= LIMITS.postgresStopMs) process.kill(pid, 'SIGKILL');
    await sleep(100);
  }
  rmSync(lock, { force: true });
}

async function isServerOf(pid: number, clusterDir: string): Promise<boolean> {
  if (!(pid > 1)) return false;
  try {
    const program = await readlink(`/proc/${pid}/exe`);
    const folder = await readlink(`/proc/${pid}/cwd`);
    return basename(program).startsWith('postgres') && folder === (await realpath(clusterDir));
  } catch {
    return false;
  }
}
