import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { OFFICE_LIMITS } from './limits.ts';

const SCHEMA = 'back_office';
const MIGRATIONS = fileURLToPath(new URL('migrations', import.meta.url));

export type Row = Readonly<Record<string, unknown>>;

/** What happens in one transaction. */
export interface Tx {
  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Adds a row of what is there of `row`, and gives it back as it is kept. Names of columns are the program's own. */
  insert(table: string, row: Row): Promise<Row>;
}

export interface OfficeDatabase {
  transaction<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

// Dates are days here, and no instants of anybody's time zone; others of the process read theirs as they like.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.DATE, text => text);
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, text => new Date(text).toISOString());

/** Brings the database of that URL to the schema of this code. */
export async function migrateOffice(url: string): Promise<void> {
  await runner({
    databaseUrl: url,
    dir: MIGRATIONS,
    direction: 'up',
    schema: SCHEMA,
    createSchema: true,
    migrationsSchema: SCHEMA,
    migrationsTable: 'migrations',
    singleTransaction: true,
    advisoryLockMode: 'wait',
    log: () => undefined,
  });
}

export function openOfficeDatabase(url: string): OfficeDatabase {
  const pool = new pg.Pool({
    connectionString: url,
    types,
    max: OFFICE_LIMITS.databaseConnections,
    connectionTimeoutMillis: OFFICE_LIMITS.connectMs,
    statement_timeout: OFFICE_LIMITS.statementMs,
    query_timeout: OFFICE_LIMITS.statementMs,
    options: `-c search_path=${SCHEMA}`,
    application_name: 'back_office',
  });
  // A connection that dies while idle is replaced at its next use, which tells of it.
  pool.on('error', () => undefined);
  return {
    async transaction(work) {
      const client = await pool.connect();
      client.on('error', ignoreDeath);
      let isWhole = false;
      try {
        await client.query('BEGIN');
        const result = await work(txOf(client));
        await client.query('COMMIT');
        isWhole = true;
        return result;
      } finally {
        client.removeListener('error', ignoreDeath);
        // Closed rather than given back: its transaction ends with it.
        client.release(!isWhole);
      }
    },
    close: () => pool.end(),
  };
}

/** The query in hand tells of it. */
function ignoreDeath(): void {}

function txOf(client: pg.PoolClient): Tx {
  const query = async (sql: string, values: readonly unknown[] = []) =>
    (await client.query<Row>(sql, [...values])).rows;
  return {
    query,
    async insert(table, row) {
      const given = Object.entries(row).filter(([, value]) => value !== undefined);
      const columns = given.map(([name]) => pg.escapeIdentifier(name));
      const places = given.map((_, at) => `$${at + 1}`);
      const values = given.map(([, value]) => asValue(value));
      const sql = `INSERT INTO ${pg.escapeIdentifier(table)} (${columns}) VALUES (${places}) RETURNING *`;
      return (await query(sql, values))[0]!;
    },
  };
}

/** pg makes an array of Postgres of an array, and JSON of an object. */
function asValue(value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? JSON.stringify(value) : value;
}
