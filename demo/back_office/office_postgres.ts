import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { writeSecretFile } from '../../src/compliance/secret_file.ts';
import {
  type EmbeddedPostgres,
  embeddedOwnerUrl,
  startEmbeddedPostgres,
} from '../../src/store/embedded_postgres.ts';
import { migrateOffice, openOfficeDatabase } from './database.ts';
import { seedOffice } from './seed/seed.ts';

const NAME = 'back_office';

export interface OfficePostgresOptions {
  /** Where the demo keeps what is its own. */
  readonly dir: string;
  readonly toolsDir: string;
  /** The node's embedded Postgres. */
  readonly node: { readonly keysDir: string; readonly host: string; readonly port: number };
  /** Listened on where that does not run. */
  readonly port: number;
}

export interface OfficePostgres {
  /** Of a role that owns this database and nothing else. */
  readonly url: string;
  readonly isNodes: boolean;
  stop(): Promise<void>;
}

/** A database of the demo's own in the Postgres of the node, if that runs, else in one that is started for it. */
export async function openOfficePostgres(options: OfficePostgresOptions): Promise<OfficePostgres> {
  const { dir, toolsDir, node, port } = options;
  const nodes = embeddedOwnerUrl(node);
  if (nodes !== undefined && (await answers(nodes)))
    return { url: await prepareOffice(nodes, dir), isNodes: true, stop: async () => undefined };
  const own: EmbeddedPostgres = await startEmbeddedPostgres({
    dataDir: join(dir, 'postgres'),
    keysDir: join(dir, 'keys'),
    toolsDir,
    host: '127.0.0.1',
    port,
    onLog: () => undefined,
  });
  try {
    return { url: await prepareOffice(own.ownerUrl, dir), isNodes: false, stop: () => own.stop() };
  } catch (error) {
    await own.stop();
    throw error;
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Role, database, schema and rows, as far as they are missing. @returns the URL of the role */
export async function prepareOffice(ownerUrl: string, dir: string): Promise<string> {
  const password = kept(join(dir, 'database.key'));
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const role = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [NAME]);
    await client.query(
      `${role.rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${NAME} LOGIN NOSUPERUSER PASSWORD ${pg.escapeLiteral(password)}`,
    );
    const database = await client.query('SELECT FROM pg_database WHERE datname = $1', [NAME]);
    if (database.rowCount === 0) await client.query(`CREATE DATABASE ${NAME} OWNER ${NAME}`);
  } finally {
    await client.end().catch(() => undefined);
  }
  const url = new URL(ownerUrl);
  url.username = NAME;
  url.password = password;
  url.pathname = `/${NAME}`;
  await migrateOffice(url.href);
  const office = openOfficeDatabase(url.href);
  try {
    await office.transaction(seedOffice);
  } finally {
    await office.close();
  }
  return url.href;
}

/** A secret of the demo, made when it is first asked for. */
export function kept(file: string): string {
  if (!existsSync(file)) writeSecretFile(file, `${randomBytes(24).toString('hex')}\n`);
  return readFileSync(file, 'utf8').trim();
}
