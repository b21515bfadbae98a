import { type AuditEntry, type ChainedEntry, chainedHash, NO_ENTRY } from '../compliance/audit_chain.ts';
import { openDatabase, READER } from './database.ts';

/** Who looked at what. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface AuditLog {
  append(tenantId: string, entry: Omit<AuditEntry, 'seq' | 'at'>): Promise<void>;
  /** Oldest first, behind a number; of all calls or of one. */
  list(
    tenantId: string,
    page: { readonly after: number; readonly limit: number },
    callId?: string,
  ): Promise<ChainedEntry[]>;
  close(): Promise<void>;
}

/** One after another: each goes on from the one before. */
const LOCK = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';
const LAST = `
  SELECT seq::float8 AS seq, sha256 FROM audit_entries WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1`;
const ADD = `
  INSERT INTO audit_entries (tenant_id, seq, at, who, action, call_id, fields, request_id, sha256)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
const LIST = `
  SELECT seq::float8 AS seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, who, action,
         call_id AS "callId", fields, request_id AS "requestId", sha256
  FROM audit_entries WHERE tenant_id = $1 AND seq > $2 AND ($3::text IS NULL OR call_id = $3)
  ORDER BY seq LIMIT $4`;

/** Connects at the first use. */
export function openAuditLog(databaseUrl: string): AuditLog {
  const database = openDatabase(databaseUrl, 2, READER);
  return {
    append: (tenantId, { who, action, callId, fields, requestId }) =>
      database.transaction(tenantId, async tx => {
        await tx.query(LOCK, [`audit of ${tenantId}`]);
        const [last] = await tx.query<{ seq: number; sha256: string }>(LAST, [tenantId]);
        const at = new Date().toISOString();
        const entry = { seq: (last?.seq ?? 0) + 1, at, who, action, callId, fields, requestId };
        const sha256 = chainedHash(last?.sha256 ?? NO_ENTRY, tenantId, entry);
        const values = [tenantId, entry.seq, at, who, action, callId, fields, requestId, sha256];
        await tx.query(ADD, values);
      }),
    list: (tenantId, { after, limit }, callId) =>
      database.transaction(tenantId, tx =>
        tx.query<ChainedEntry>(LIST, [tenantId, after, callId ?? null, limit]),
      ),
    close: () => database.close(),
  };
}
