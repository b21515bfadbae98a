import pg from 'pg';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { asStoreError } from './store_errors.ts';

const TENANT = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** What a transaction does; `query` takes SQL with $1, $2 … for its values. */
export interface Transaction {
  query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<Row[]>;
}

/** Connections of one process to Postgres. Every transaction belongs to one tenant. */
export interface Database {
  /**
   * Runs `work` in a transaction that sees the rows of one tenant only.
   * @throws TrunklineError STORE_UNAVAILABLE or INTERNAL; BAD_REQUEST for a value that no row can hold
   */
  transaction<Result>(tenantId: string, work: (tx: Transaction) => Promise<Result>): Promise<Result>;
  /** @throws TrunklineError STORE_UNAVAILABLE; CONFIG_INVALID when the role would see every tenant */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Connects at the first transaction; what Postgres drops is connected again. */
export function openDatabase(url: string, connections: number): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: LIMITS.storeConnectMs,
    query_timeout: LIMITS.storeQueryMs,
    // A process that is stopped within a transaction must not hold the tenant's lock for ever.
    idle_in_transaction_session_timeout: LIMITS.storeQueryMs,
    application_name: 'trunkline',
  });
  // A connection that dies while idle is replaced at its next use, which tells of it.
  pool.on('error', () => undefined);
  return {
    async transaction(tenantId, work) {
      if (!TENANT.test(tenantId)) throw new TrunklineError('BAD_REQUEST', 'not the name of a tenant');
      return withClient(pool, async client => {
        await client.query('BEGIN');
        await client.query("SELECT set_config('trunkline.tenant', $1, true)", [tenantId]);
        const result = await work({
          query: async (sql, values) => (await client.query(sql, [...values])).rows,
        });
        await client.query('COMMIT');
        return result;
      });
    },
    check: () =>
      withClient(pool, async client => {
        const { rows } = await client.query<{ free: boolean }>(
          'SELECT rolsuper OR rolbypassrls AS free FROM pg_roles WHERE rolname = current_user',
        );
        if (rows[0]?.free !== false) {
          throw new TrunklineError(
            'CONFIG_INVALID',
            'postgres.url names a role that row-level security does not bind',
          );
        }
      }),
    close: () => pool.end(),
  };
}

async function withClient<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  let client: pg.PoolClient | undefined;
  try {
    client = await pool.connect();
    // While it is checked out, the pool does not listen for its death; the query in hand tells of it.
    client.on('error', ignoreDeath);
    const result = await work(client);
    client.removeListener('error', ignoreDeath);
    client.release();
    return result;
  } catch (error) {
    // Closed rather than given back: whatever the failure was, its transaction ends with its connection.
    client?.release(true);
    throw asStoreError(error, 'INTERNAL', 'a query failed');
  }
}

function ignoreDeath(): void {}
