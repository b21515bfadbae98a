import { openDatabase, type Transaction } from './database.ts';
import { addEvents, lockTenant } from './event_writer.ts';
import { isHeld } from './holding.ts';

/** What is kept for a while only: what was said, what led to each step, and where calls stood that broke off. */
type ForgottenData = 'transcript' | 'history' | 'state';

/** What is to be forgotten. */
export interface Forgetting {
  readonly data: ForgottenData;
  /** Of text chats, or of all others; of states both. */
  readonly ofChats: boolean;
  /** ISO 8601: of calls that were over before; of states, whose time was. */
  readonly before: string;
  /** Of so many calls at once, oldest first. */
  readonly calls: number;
}

/** Calls that were looked through, and how much of them is gone. */
export interface Forgotten {
  readonly calls: number;
  readonly rows: number;
}

/** Forgets what is too old and not held. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface Retention {
  /** One batch in one transaction, with the events that tell of it: again and again it comes to nothing. */
  forget(tenantId: string, forgetting: Forgetting): Promise<Forgotten>;
  close(): Promise<void>;
}

const TOO_OLD_CALLS = (column: string) => `
  SELECT call_id AS name FROM calls
  WHERE tenant_id = $1 AND ${column} IS NULL AND coalesce(ended_at, started_at) < $2
    AND (line_kind IS NOT DISTINCT FROM 'chat') = $3 AND NOT ${isHeld('calls')}
  ORDER BY coalesce(ended_at, started_at), call_id LIMIT $4`;

/** Its third value is for calls only. */
const TOO_OLD_STATES = `
  SELECT call_id AS name FROM kept_states
  WHERE tenant_id = $1 AND keep_until < $2 AND $3::boolean IS NOT NULL AND NOT ${isHeld('kept_states')}
  ORDER BY keep_until, call_id LIMIT $4`;

const TOO_OLD: Readonly<Record<ForgottenData, string>> = {
  transcript: TOO_OLD_CALLS('transcript_forgotten_at'),
  history: TOO_OLD_CALLS('history_forgotten_at'),
  state: TOO_OLD_STATES,
};

/** Connects at the first use. */
export function openRetention(databaseUrl: string): Retention {
  const database = openDatabase(databaseUrl, 1);
  return {
    forget: (tenantId, forgetting) =>
      database.transaction(tenantId, async tx => {
        // Locked first, as by all who write: else two could wait for one another.
        await lockTenant(tx, tenantId);
        const { data, ofChats, before, calls } = forgetting;
        const found = await tx.query<{ name: string }>(TOO_OLD[data], [tenantId, before, ofChats, calls]);
        if (found.length === 0) return { calls: 0, rows: 0 };
        const gone = await forgetOf(
          tx,
          data,
          found.map(({ name }) => name),
        );
        const events = gone.filter(({ rows }) => rows > 0).map(one => forgottenEvent(tenantId, data, one));
        if (events.length > 0) await addEvents(tx, tenantId, events);
        return { calls: found.length, rows: gone.reduce((sum, { rows }) => sum + rows, 0) };
      }),
    close: () => database.close(),
  };
}

interface Gone {
  readonly callId: string;
  readonly rows: number;
}

async function forgetOf(tx: Transaction, data: ForgottenData, names: readonly string[]): Promise<Gone[]> {
  const columns = 'SELECT call AS "callId", gone::integer AS rows';
  return data === 'state'
    ? tx.query<Gone>(`${columns} FROM forget_states($1)`, [names])
    : tx.query<Gone>(`${columns} FROM forget_of_calls($1, $2)`, [data, names]);
}

/** Nothing in it is personal, so that there is nothing to seal. */
function forgottenEvent(tenantId: string, data: ForgottenData, { callId, rows }: Gone) {
  return {
    key: `${callId}:forgotten:${data}`,
    tenantId,
    callId,
    at: new Date().toISOString(),
    type: 'data.forgotten',
    detail: { data, rows },
    indexes: {},
  } as const;
}
