import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../bench/sip/free_ports.ts';
import { ensureKeyFile } from '../../src/compliance/key_file.ts';
import { openVault } from '../../src/compliance/vault.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded_postgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { ROOT } from '../tidy/sources.ts';

const MODELS = join(ROOT, 'var/test-postgres');
/** What a migrated cluster comes of. */
const MADE_OF = ['package.json', 'src/store'];
/** Nothing here outlives its test, and a process that is killed has handed its writes to the kernel. */
const SETTINGS = '\nfsync = off\nfull_page_writes = off\n';

/**
 * Puts the copy of a migrated cluster, of which no key has sealed anything yet, where an embedded Postgres would make
 * its own: making and migrating one takes seconds of disk, and most tests are not about that.
 */
export async function putMigratedCluster(dirs: {
  readonly dataDir: string;
  readonly keysDir: string;
}): Promise<void> {
  const model = join(MODELS, madeOf());
  if (!existsSync(model)) await makeModel(model);
  mkdirSync(dirs.keysDir, { recursive: true, mode: 0o700 });
  copyFileSync(join(model, 'keys/postgres.json'), join(dirs.keysDir, 'postgres.json'));
  cpSync(join(model, 'postgres'), dirs.dataDir, { recursive: true });
}

function madeOf(): string {
  const hash = createHash('sha256');
  for (const source of MADE_OF.map(path => join(ROOT, path))) {
    const files = statSync(source).isFile()
      ? [source]
      : readdirSync(source, { recursive: true, encoding: 'utf8' }).map(name => join(source, name));
    for (const file of files.toSorted()) if (statSync(file).isFile()) hash.update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Two tests may make it at once: the one that is ready first stays. */
async function makeModel(model: string): Promise<void> {
  const unfinished = `${model}.${process.pid}`;
  const [dataDir, keysDir] = [join(unfinished, 'postgres'), join(unfinished, 'keys')];
  const server = await startEmbeddedPostgres({
    dataDir,
    keysDir,
    toolsDir: join(unfinished, 'tools'),
    host: '127.0.0.1',
    port: await freePort(),
    onLog: () => undefined,
  });
  try {
    const sealKey = join(unfinished, 'seal.key');
    ensureKeyFile(sealKey);
    await migrate({ ownerUrl: server.ownerUrl, vault: openVault(sealKey), onLog: () => undefined });
    const client = new pg.Client({ connectionString: server.ownerUrl });
    await client.connect();
    await client.query('DELETE FROM node.sealing_keys');
    await client.end();
  } finally {
    await server.stop();
  }
  appendFileSync(join(dataDir, 'cluster/postgresql.conf'), SETTINGS);
  try {
    renameSync(unfinished, model);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(model)) throw error;
  }
  for (const name of readdirSync(MODELS))
    if (!join(MODELS, name).startsWith(model)) rmSync(join(MODELS, name), { recursive: true, force: true });
}
