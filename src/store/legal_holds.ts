import { randomUUID } from 'node:crypto';
import type { Vault } from '../compliance/vault.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { type Cursor, decodeCursor, isoTime, type Page, pageOf } from './cursor.ts';
import { openDatabase, READER, type Transaction } from './database.ts';
import { addEvents } from './event_writer.ts';
import type { CallEvent } from './events.ts';
import { lockCall } from './holding.ts';
import { openField, sealEvent } from './sealing.ts';

/** Nothing of a call is forgotten while a hold on it is in force. */
interface HoldView {
  readonly hold: string;
  readonly callId: string;
  readonly setAt: string;
  readonly setBy: string;
  readonly why: string;
  /** Null while it is in force. */
  readonly liftedAt: string | null;
  readonly liftedBy: string | null;
  readonly liftWhy: string | null;
}

/** Who wants it, and why. */
interface HoldOrder {
  readonly by: string;
  readonly why: string;
}

/** Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface LegalHolds {
  /**
   * From its return on nothing of the call is forgotten. Further holds on one call stand beside the first: it is held until all are
   * lifted. @throws TrunklineError NOT_FOUND for a call that is not on the record, HOLD_STATE when it has as many as it may
   */
  set(tenantId: string, callId: string, order: HoldOrder): Promise<HoldView>;
  /** @throws TrunklineError NOT_FOUND, HOLD_STATE when it is lifted already */
  lift(tenantId: string, callId: string, hold: string, order: HoldOrder): Promise<HoldView>;
  /** Newest first. @throws TrunklineError BAD_REQUEST for a cursor that no page gave, SEAL_BROKEN */
  list(
    tenantId: string,
    page: { readonly limit: number; readonly cursor?: string | undefined },
    filter: { readonly callId?: string | undefined; readonly inForce?: boolean | undefined },
  ): Promise<Page<HoldView>>;
  close(): Promise<void>;
}

const HOLDS = `
  SELECT hold_id AS hold, call_id AS "callId", ${isoTime('set_at')} AS "setAt", set_by AS "setBy", why_sealed AS why,
         ${isoTime('lifted_at')} AS "liftedAt", lifted_by AS "liftedBy", lift_why_sealed AS "liftWhy"
  FROM legal_holds WHERE tenant_id = $1`;
const FIND = `${HOLDS} AND call_id = $2 AND hold_id = $3`;
const LIST = `${HOLDS}
    AND ($2::text IS NULL OR call_id = $2) AND ($3::boolean IS NULL OR (lifted_at IS NULL) = $3)
    AND ($4::timestamptz IS NULL OR (set_at, hold_id) < ($4, $5::text))
  ORDER BY set_at DESC, hold_id DESC LIMIT $6`;

const STANDING = `
  SELECT (
    SELECT count(*)::integer FROM legal_holds AS hold
    WHERE hold.tenant_id = $1 AND hold.call_id = $2 AND hold.lifted_at IS NULL
  ) AS holds
  FROM calls WHERE tenant_id = $1 AND call_id = $2`;

/** Connects at the first use. */
export function openLegalHolds(databaseUrl: string, vault: Vault): LegalHolds {
  const database = openDatabase(databaseUrl, 2, READER);
  const find = async (tx: Transaction, key: readonly [string, string, string]) => {
    const [row] = await tx.query<HoldView>(FIND, key);
    if (row === undefined) throw new TrunklineError('NOT_FOUND', 'the call has no such hold');
    return openHold(row, key[0], vault);
  };
  return {
    set: (tenantId, callId, order) =>
      database.transaction(tenantId, async tx => {
        await lockCall(tx, tenantId, callId);
        await assertRoom(tx, tenantId, callId);
        const hold = randomUUID();
        await tell(tx, vault, { type: 'hold.set', tenantId, callId, hold, order });
        return find(tx, [tenantId, callId, hold]);
      }),
    lift: (tenantId, callId, hold, order) =>
      database.transaction(tenantId, async tx => {
        await lockCall(tx, tenantId, callId);
        const { liftedAt } = await find(tx, [tenantId, callId, hold]);
        if (liftedAt !== null) throw new TrunklineError('HOLD_STATE', 'it is lifted already');
        await tell(tx, vault, { type: 'hold.lifted', tenantId, callId, hold, order });
        return find(tx, [tenantId, callId, hold]);
      }),
    async list(tenantId, { limit, cursor }, { callId, inForce }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const values = [
        tenantId,
        callId ?? null,
        inForce ?? null,
        after?.at ?? null,
        after?.id ?? null,
        limit + 1,
      ];
      const rows = await database.transaction(tenantId, tx => tx.query<HoldView>(LIST, values));
      const views = rows.map(row => openHold(row, tenantId, vault));
      return pageOf(views, limit, ({ setAt, hold }): Cursor => ({ at: setAt, id: hold }));
    },
    close: () => database.close(),
  };
}

async function assertRoom(tx: Transaction, tenantId: string, callId: string): Promise<void> {
  const [standing] = await tx.query<{ holds: number }>(STANDING, [tenantId, callId]);
  if (standing === undefined) throw new TrunklineError('NOT_FOUND', 'no call has this id');
  if (standing.holds >= LIMITS.holdsOfCall)
    throw new TrunklineError('HOLD_STATE', `the call has ${LIMITS.holdsOfCall} holds`);
}

/** What is done about holds is a part of the call's record, and stays. */
async function tell(
  tx: Transaction,
  vault: Vault,
  told: {
    readonly type: 'hold.set' | 'hold.lifted';
    readonly tenantId: string;
    readonly callId: string;
    readonly hold: string;
    readonly order: HoldOrder;
  },
): Promise<void> {
  const { type, tenantId, callId, hold, order } = told;
  const event: CallEvent = {
    key: `${callId}:${type}:${hold}`,
    tenantId,
    callId,
    at: new Date().toISOString(),
    type,
    detail: { hold, ...order },
  };
  await addEvents(tx, tenantId, [sealEvent(event, vault)]);
}

function openHold(row: HoldView, tenantId: string, vault: Vault): HoldView {
  const open = (type: 'hold.set' | 'hold.lifted', sealed: string) =>
    String(openField({ tenantId, callId: row.callId, type }, 'why', sealed, vault));
  return {
    ...row,
    why: open('hold.set', row.why),
    liftWhy: row.liftWhy === null ? null : open('hold.lifted', row.liftWhy),
  };
}
