import type { Transaction } from './database.ts';
import type { EventType } from './events.ts';

/** SQL: a hold on the call of the table's row is in force. */
export function isHeld(table: 'calls' | 'kept_states'): string {
  return `EXISTS (
    SELECT FROM legal_holds AS hold
    WHERE hold.tenant_id = ${table}.tenant_id AND hold.call_id = ${table}.call_id AND hold.lifted_at IS NULL
  )`;
}

const LOCK = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';

/**
 * Until commit nobody else holds the call, lets go of it or deletes its recordings. It comes before the tenant's lock: a slow disk makes
 * nobody wait but who asks for the same call.
 */
export async function lockCall(tx: Transaction, tenantId: string, callId: string): Promise<void> {
  await tx.query(LOCK, [`${tenantId}/${callId}`]);
}

const IS_HELD = `
  SELECT FROM legal_holds WHERE tenant_id = $1 AND call_id = $2 AND lifted_at IS NULL LIMIT 1`;

export async function isCallHeld(tx: Transaction, tenantId: string, callId: string): Promise<boolean> {
  return (await tx.query(IS_HELD, [tenantId, callId])).length > 0;
}

const ADDED = 'FROM events WHERE tenant_id = $1 AND seq > $2::bigint';

const HOLD_SET = `
  INSERT INTO legal_holds (tenant_id, hold_id, call_id, set_at, set_by, why_sealed)
  SELECT tenant_id, detail ->> 'hold', call_id, at, detail ->> 'by', detail ->> 'why'
  ${ADDED} AND type = 'hold.set'
  ON CONFLICT DO NOTHING`;

const HOLD_LIFTED = `
  UPDATE legal_holds SET lifted_at = at, lifted_by = detail ->> 'by', lift_why_sealed = detail ->> 'why'
  FROM (SELECT detail ->> 'hold' AS hold, at, detail ${ADDED} AND type = 'hold.lifted') AS event
  WHERE tenant_id = $1 AND hold_id = hold AND lifted_at IS NULL`;

/** As those of projections.ts. */
export const HOLD_PROJECTIONS: readonly { readonly type: EventType; readonly sql: string }[] = [
  { type: 'hold.set', sql: HOLD_SET },
  { type: 'hold.lifted', sql: HOLD_LIFTED },
];
