import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../bench/sip/free_ports.ts';
import { ensureKeyFile } from '../../src/compliance/key_file.ts';
import { openVault, type Vault } from '../../src/compliance/vault.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded_postgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { putMigratedCluster } from './migrated_cluster.ts';

/** A folder of the test's own. */
export interface Scratch {
  readonly dir: string;
  remove(): void;
}

export function scratchFolder(): Scratch {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-test-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export function scratchVault(dir: string): Vault {
  const file = join(dir, 'keys', 'seal.key');
  ensureKeyFile(file);
  return openVault(file);
}

/** A migrated database of the test's own, on a port of its own. */
export interface TestStore extends Scratch {
  readonly vault: Vault;
  readonly keyFile: string;
  readonly port: number;
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly logged: readonly string[];
  /** The server now running. */
  server(): EmbeddedPostgres;
  start(): Promise<void>;
  /** Stops the server and deletes everything. */
  end(): Promise<void>;
}

export async function startTestStore(): Promise<TestStore> {
  const { dir, remove } = scratchFolder();
  const port = await freePort();
  const logged: string[] = [];
  const dirs = { dataDir: join(dir, 'postgres'), keysDir: join(dir, 'keys') };
  await putMigratedCluster(dirs);
  const start = () =>
    startEmbeddedPostgres({
      ...dirs,
      toolsDir: join(dir, 'tools'),
      host: '127.0.0.1',
      port,
      onLog: line => logged.push(line),
    });
  let server = await start();
  const { ownerUrl, appUrl } = server;
  const vault = scratchVault(dir);
  await migrate({ ownerUrl, vault, onLog: () => undefined });
  return {
    dir,
    remove,
    vault,
    port,
    ownerUrl,
    appUrl,
    logged,
    keyFile: join(dir, 'keys', 'seal.key'),
    server: () => server,
    start: async () => {
      server = await start();
    },
    end: async () => {
      await server.stop();
      remove();
    },
  };
}

/** Runs SQL as the owner of the schema, whom row-level security of a superuser does not bind. */
export async function asOwner<Row extends pg.QueryResultRow>(
  store: { readonly ownerUrl: string },
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return withClient(store.ownerUrl, async client => (await client.query<Row>(sql, [...values])).rows);
}

export async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
