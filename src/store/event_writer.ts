import type { Database, Transaction } from './database.ts';
import { PROJECTIONS } from './projections.ts';
import type { SealedEvent } from './sealing.ts';

/** An event with its place in the tenant's order. */
export type NumberedEvent = SealedEvent & { readonly seq: number };

const ADD_TENANT = 'INSERT INTO tenants (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING';

/** Held until commit: numbers of one tenant become visible in their order, and no other batch comes between. */
const LOCK_TENANT = 'SELECT last_seq FROM tenants WHERE tenant_id = $1 FOR UPDATE';

const ADD_EVENTS = `
  INSERT INTO events (tenant_id, seq, key, call_id, at, type, detail, indexes)
  SELECT $1, $2::bigint + number, event ->> 'key', event ->> 'callId', (event ->> 'at')::timestamptz,
         event ->> 'type', event -> 'detail', event -> 'indexes'
  FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS batch (event, number)
  ON CONFLICT (tenant_id, key) DO NOTHING
  RETURNING key, seq`;

const COUNT_EVENTS = 'UPDATE tenants SET last_seq = last_seq + $2 WHERE tenant_id = $1';

/**
 * Adds events of one tenant and what follows from them in one transaction. An event that is there already (by its
 * key) changes nothing, so that a batch may be written again until it is known to be committed.
 * @returns the events that were new, numbered, in their order
 * @throws TrunklineError BAD_REQUEST when an event can't be stored; STORE_UNAVAILABLE or INTERNAL
 */
export function writeEvents(
  database: Database,
  tenantId: string,
  events: readonly SealedEvent[],
): Promise<NumberedEvent[]> {
  return database.transaction(tenantId, tx => addEvents(tx, tenantId, events));
}

/** The same as a part of a transaction, which has the tenant to itself from here on. */
export async function addEvents(
  tx: Transaction,
  tenantId: string,
  events: readonly SealedEvent[],
): Promise<NumberedEvent[]> {
  const lastSeq = await lockTenant(tx, tenantId);
  const added = await tx.query<{ key: string; seq: string }>(ADD_EVENTS, [
    tenantId,
    lastSeq,
    JSON.stringify(events),
  ]);
  if (added.length === 0) return [];
  await tx.query(COUNT_EVENTS, [tenantId, events.length]);
  const types = new Set(events.map(({ type }) => type));
  for (const { type, sql } of PROJECTIONS)
    if (type === undefined || types.has(type)) await tx.query(sql, [tenantId, lastSeq]);
  const seqs = new Map(added.map(row => [row.key, Number(row.seq)]));
  return events.flatMap(event => {
    const seq = seqs.get(event.key);
    seqs.delete(event.key);
    return seq === undefined ? [] : [{ ...withoutState(event), seq }];
  });
}

/** Until commit nobody else writes for this tenant. Returns the number of its latest event. */
export async function lockTenant(tx: Transaction, tenantId: string): Promise<string> {
  await tx.query(ADD_TENANT, [tenantId]);
  const [tenant] = await tx.query<{ last_seq: string }>(LOCK_TENANT, [tenantId]);
  return tenant?.last_seq ?? '0';
}

/** Nobody but a call that takes this one up is told where it stood. */
function withoutState(event: SealedEvent): SealedEvent {
  if (event.type !== 'state.kept') return event;
  const { state: _, ...detail } = event.detail;
  return { ...event, detail };
}
