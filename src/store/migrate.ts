import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { SealPlace, Vault } from '../compliance/vault.ts';
import { TrunklineError } from '../config/errors.ts';
import { APP_ROLE } from './app_role.ts';
import { asStoreError } from './store_errors.ts';

const MIGRATIONS = fileURLToPath(new URL('migrations', import.meta.url));
/** What belongs to the node, not to a tenant: which migrations ran, which keys seal. */
const NODE_SCHEMA = 'node';
/** Migrations of which a database may have run the same text by an older name. */
const OLDER_NAMES = [{ older: '0007_durable', name: '0008_durable' }] as const;

/**
 * Brings a database to the schema of this code; two nodes at once wait for each other, and a second run does nothing. What has run
 * is known by its whole name: two that were written at the same time may share a number, and a database that has run only one of
 * them, or what came after it, is given the other.
 * @param ownerUrl connects as the owner of the schema
 * @throws TrunklineError SCHEMA_NEWER when the database has seen a later version, KEY_INVALID when the vault's key
 * file is not the one that sealed it, STORE_UNAVAILABLE or STEP_FAILED
 */
export async function migrate(options: {
  readonly ownerUrl: string;
  readonly vault: Vault;
  readonly onLog: (line: string) => void;
}): Promise<void> {
  const client = new pg.Client({ connectionString: options.ownerUrl });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const names = migrationNames();
    const before = await namesRun(client);
    assertNotNewer(names, before);
    for (const late of runLate(names, before)) options.onLog(`${late} runs after later ones`);
    await runMigrations(client, options.onLog);
    await grantToApp(client);
    await proveKeys(client, options.vault);
  } catch (error) {
    throw asStoreError(error, 'STEP_FAILED', 'the database could not be migrated');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Of this code, in the order in which a new database runs them. */
export function migrationNames(): string[] {
  const files = readdirSync(MIGRATIONS).filter(file => file.endsWith('.sql'));
  return files.map(file => file.slice(0, -'.sql'.length)).toSorted();
}

/** By the names that they have now. */
async function namesRun(client: pg.Client): Promise<string[]> {
  const table = await client.query("SELECT to_regclass('node.migrations') AS name");
  if (table.rows[0].name === null) return [];
  for (const { older, name } of OLDER_NAMES)
    await client.query('UPDATE node.migrations SET name = $2 WHERE name = $1', [older, name]);
  const { rows } = await client.query<{ name: string }>('SELECT name FROM node.migrations ORDER BY id');
  return rows.map(row => row.name);
}

function assertNotNewer(names: readonly string[], run: readonly string[]): void {
  const unknown = run.filter(name => !names.includes(name));
  if (unknown.length === 0) return;
  throw new TrunklineError(
    'SCHEMA_NEWER',
    `the database has ${unknown.join(', ')}, which this version lacks`,
  );
}

/** Those still to run that a new database runs before others that this one has run. */
function runLate(names: readonly string[], run: readonly string[]): string[] {
  const last = names.findLastIndex(name => run.includes(name));
  return names.slice(0, last + 1).filter(name => !run.includes(name));
}

async function runMigrations(client: pg.Client, onLog: (line: string) => void): Promise<void> {
  await runner({
    dbClient: client,
    dir: MIGRATIONS,
    direction: 'up',
    schema: 'public',
    migrationsSchema: NODE_SCHEMA,
    createMigrationsSchema: true,
    migrationsTable: 'migrations',
    // It compares two lists place by place, and refuses a database that has run what shares a number in another order.
    checkOrder: false,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    log: onLog,
  });
}

/** No DELETE: what the store forgets is decided by the owner of the schema, in functions that do no more than that. */
async function grantToApp(client: pg.Client): Promise<void> {
  const role = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [APP_ROLE]);
  if (role.rowCount === 0) return;
  await client.query(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${APP_ROLE}`);
  await client.query(
    `GRANT EXECUTE ON FUNCTION forget_of_calls(text, text[]), forget_states(text[]) TO ${APP_ROLE}`,
  );
}

/** A wrong key file is found at start, not when the first record does not open. */
async function proveKeys(client: pg.Client, vault: Vault): Promise<void> {
  const { rows } = await client.query<{ key_id: string; seal_proof: string; index_proof: string }>(
    'SELECT key_id, seal_proof, index_proof FROM node.sealing_keys',
  );
  const indexProof = vault.blindIndex('proof', { tenantId: '', kind: 'name' });
  for (const row of rows) {
    try {
      vault.open(row.seal_proof, proofPlace(row.key_id));
    } catch (cause) {
      throw new TrunklineError('KEY_INVALID', `the database was sealed with another key ${row.key_id}`, {
        cause,
      });
    }
    if (row.index_proof !== indexProof) {
      throw new TrunklineError('KEY_INVALID', 'the database was indexed with another index key');
    }
  }
  await client.query('INSERT INTO node.sealing_keys VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    vault.keyId,
    vault.seal('proof', proofPlace(vault.keyId)),
    indexProof,
  ]);
}

function proofPlace(keyId: string): SealPlace {
  return { tenantId: '', record: keyId, field: 'proof' };
}
