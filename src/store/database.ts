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

/** How long Postgres is waited for; beyond any of these it counts as away. */
export interface Patience {
  /** Until there is a connection: a new one, or one that others have in use. */
  readonly connectMs: number;
  /** Until one query is answered. */
  readonly queryMs: number;
  /** For all of it, from the connection on. */
  readonly totalMs: number;
}

/** Who writes has no one waiting, and would have to begin again. */
const WRITER: Patience = {
  connectMs: LIMITS.storeConnectMs,
  queryMs: LIMITS.storeQueryMs,
  totalMs: Number.POSITIVE_INFINITY,
};

/** Who reads waits for the answer, and can ask again. */
export const READER: Patience = {
  connectMs: LIMITS.storeReadMs,
  queryMs: LIMITS.storeReadMs,
  totalMs: LIMITS.storeReadMs,
};

/** Who chats waits for the answer, too, but would have to say it again. */
export const CHATTER: Patience = {
  connectMs: LIMITS.storeChatMs,
  queryMs: LIMITS.storeChatMs,
  totalMs: LIMITS.storeChatMs,
};

/** Connects at the first transaction; what Postgres drops is connected again. */
export function openDatabase(url: string, connections: number, patience = WRITER): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: patience.connectMs,
    // So that Postgres gives up, too, on what nobody waits for any more.
    statement_timeout: patience.queryMs,
    // A process that is stopped within a transaction must not hold the tenant's lock for ever.
    idle_in_transaction_session_timeout: LIMITS.storeQueryMs,
    application_name: 'trunkline',
  });
  // A connection that dies while idle is replaced at its next use, which tells of it.
  pool.on('error', () => undefined);
  return {
    async transaction(tenantId, work) {
      if (!TENANT.test(tenantId)) throw new TrunklineError('BAD_REQUEST', 'not the name of a tenant');
      return withConnection(pool, patience, async query => {
        await query('BEGIN');
        await query("SELECT set_config('trunkline.tenant', $1, true)", [tenantId]);
        const result = await work({ query });
        await query('COMMIT');
        return result;
      });
    },
    check: () =>
      withConnection(pool, patience, async query => {
        const [role] = await query<{ free: boolean }>(
          'SELECT rolsuper OR rolbypassrls AS free FROM pg_roles WHERE rolname = current_user',
        );
        if (role?.free !== false) {
          throw new TrunklineError(
            'CONFIG_INVALID',
            'postgres.url names a role that row-level security does not bind',
          );
        }
      }),
    close: () => pool.end(),
  };
}

type Query = <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** pg takes the time for an answer with each query, too. */
interface TimedQuery extends pg.QueryConfig {
  readonly query_timeout: number;
}

async function withConnection<Result>(
  pool: pg.Pool,
  { queryMs, totalMs }: Patience,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const endsAtMs = performance.now() + totalMs;
  let client: pg.PoolClient | undefined;
  try {
    client = await pool.connect();
    // While it is checked out, the pool does not listen for its death; the query in hand tells of it.
    client.on('error', ignoreDeath);
    const result = await work(queryOf(client, () => Math.min(queryMs, endsAtMs - performance.now())));
    client.removeListener('error', ignoreDeath);
    client.release();
    return result;
  } catch (error) {
    // Closed rather than given back: whatever the failure was, its transaction ends with its connection.
    client?.release(true);
    throw asStoreError(error, 'INTERNAL', 'a query failed');
  }
}

function queryOf(client: pg.PoolClient, leftMs: () => number): Query {
  return async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) => {
    // pg takes none for as long as it likes.
    const query: TimedQuery = { text, values: [...values], query_timeout: Math.max(1, leftMs()) };
    return (await client.query<Row>(query)).rows;
  };
}

function ignoreDeath(): void {}
