import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { prepareOffice } from '../../demo/back_office/office_postgres.ts';
import { startOffice } from '../../demo/back_office/server.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded_postgres.ts';

/** Where the tools of the shipped workflows look for the demo back office, and for its key. */
export const OFFICE_URL = 'http://127.0.0.1:8090';
const KEY_FILE = 'var/demo/back_office.key';
const TOOLS = fileURLToPath(new URL('../../var/tools', import.meta.url));
const KEY = 'key-of-simulated-calls';
/** What calls may change, in an order in which rows can be added. */
const TABLES = (
  'clients policies claims changes certificates calendar_events appointments tasks notes messages opt_outs leads applications ' +
  'quotes bookings hook_messages idempotency'
).split(' ');

/** A back office of the simulation's own; every call finds it as it is after its seed. */
export interface SimulatedOffice extends AsyncDisposable {
  readonly url: string;
  /** Whoever asks it for something has to show it. */
  readonly key: string;
  /** Secrets of tools are relative to it. */
  readonly folder: string;
  /** How many rows have these values, by column. */
  count(table: string, match: Readonly<Record<string, string>>): Promise<number>;
  reset(): Promise<void>;
}

/** @throws whatever keeps Postgres or the office from starting */
export async function openSimulatedOffice(todayIso: string): Promise<SimulatedOffice> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-simulate-'));
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    keysDir: join(folder, 'keys'),
    toolsDir: TOOLS,
    host: '127.0.0.1',
    port: await freePort(),
    onLog: () => undefined,
  });
  const databaseUrl = await prepareOffice(postgres.ownerUrl, folder);
  const keyFile = join(folder, KEY_FILE);
  mkdirSync(dirname(keyFile), { recursive: true });
  writeFileSync(keyFile, `${KEY}\n`);
  const office = await startOffice({
    databaseUrl,
    key: KEY,
    hookSecret: KEY,
    host: '127.0.0.1',
    port: 0,
    faults: false,
    today: () => todayIso,
  });
  const client = new pg.Client({ connectionString: databaseUrl, options: '-c synchronous_commit=off' });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(
    ['CREATE SCHEMA kept', ...TABLES.map(one => `CREATE TABLE kept.${one} AS TABLE back_office.${one}`)].join(
      ';',
    ),
  );
  const reset = [
    ...TABLES.toReversed().map(one => `DELETE FROM back_office.${one}`),
    ...TABLES.map(one => `INSERT INTO back_office.${one} SELECT * FROM kept.${one}`),
    'ALTER SEQUENCE back_office.ids RESTART WITH 200001',
  ].join(';');
  return {
    url: office.url,
    key: KEY,
    folder,
    async count(table, match) {
      const columns = Object.keys(match).map((name, at) => `${pg.escapeIdentifier(name)}::text = $${at + 1}`);
      const sql = `SELECT count(*)::int AS rows FROM back_office.${pg.escapeIdentifier(table)} WHERE ${['true', ...columns].join(' AND ')}`;
      const { rows } = await client.query<{ rows: number }>(sql, Object.values(match));
      return rows[0]?.rows ?? 0;
    },
    async reset() {
      await client.query(reset);
    },
    async [Symbol.asyncDispose]() {
      await office.close();
      await client.end();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
