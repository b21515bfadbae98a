import { createHash } from 'node:crypto';
import type { Vault } from '../compliance/vault.ts';
import { type Cursor, decodeCursor, isoTime, type Page, pageOf } from './cursor.ts';
import { openDatabase, READER } from './database.ts';
import { openField } from './sealing.ts';

/** What is to be told to others. */
interface WantedEffect {
  readonly effectId: string;
  readonly callId: string;
  readonly workflow: string;
  readonly tool: string;
  /** By parameter of the tool. */
  readonly argumentsJson: string;
  /** By which the receiver knows it again: 128 bits in hexadecimal digits. */
  readonly key: string;
}

export const EFFECT_STATES = ['waiting', 'delivered', 'givenUp', 'unknown'] as const;
type EffectState = (typeof EFFECT_STATES)[number];

/** How an effect came out: unknown where its delivery broke, so that it may be there or not. */
export interface SettledEffect {
  readonly state: Exclude<EffectState, 'waiting'>;
  readonly attempts: number;
  readonly why?: string | undefined;
  readonly httpStatus?: number | undefined;
}

/** An effect without what is told by it. */
interface EffectView {
  readonly effect: string;
  readonly callId: string;
  readonly workflow: string;
  readonly tool: string;
  /** Idempotency-Key that its receiver is given. */
  readonly key: string;
  readonly state: EffectState;
  readonly attempts: number;
  readonly why: string | null;
  readonly httpStatus: number | null;
  readonly wantedAt: string;
  readonly settledAt: string | null;
}

/** What is shown of effects. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface Effects {
  /** Newest first. @throws TrunklineError BAD_REQUEST for a cursor that no page gave */
  list(
    tenantId: string,
    page: { readonly limit: number; readonly cursor?: string | undefined },
    state?: EffectState,
  ): Promise<Page<EffectView>>;
  close(): Promise<void>;
}

/** Effects on their way. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface Outbox {
  /** Those that wait, longest first; without those that are under way. */
  waiting(tenantId: string, underWay: readonly string[], limit: number): Promise<string[]>;
  /** Those of them that wait. */
  stillWaiting(tenantId: string, effectIds: readonly string[]): Promise<string[]>;
  /** Undefined when it waits no more. @throws TrunklineError SEAL_BROKEN */
  find(tenantId: string, effectId: string): Promise<WantedEffect | undefined>;
  /** Settled once: what was delivered stays so. */
  settle(tenantId: string, effectId: string, settled: SettledEffect): Promise<void>;
  close(): Promise<void>;
}

const WAITING = `
  SELECT effect_id AS "effectId" FROM outbox
  WHERE tenant_id = $1 AND state = 'waiting' AND effect_id <> ALL ($2::text[]) ORDER BY wanted_at, effect_id LIMIT $3`;

const STILL_WAITING = `
  SELECT effect_id AS "effectId" FROM outbox WHERE tenant_id = $1 AND state = 'waiting' AND effect_id = ANY ($2)`;

const FIND = `
  SELECT effect_id AS "effectId", call_id AS "callId", workflow, tool, arguments_sealed AS "argumentsJson"
  FROM outbox WHERE tenant_id = $1 AND effect_id = $2 AND state = 'waiting'`;

const SETTLE = `
  UPDATE outbox SET state = $3, attempts = $4, why = $5, http_status = $6, settled_at = now()
  WHERE tenant_id = $1 AND effect_id = $2 AND state = 'waiting'`;

const LIST = `
  SELECT effect_id AS effect, call_id AS "callId", workflow, tool, state, attempts, why, http_status AS "httpStatus",
         ${isoTime('wanted_at')} AS "wantedAt", ${isoTime('settled_at')} AS "settledAt"
  FROM outbox
  WHERE tenant_id = $1 AND ($2::text IS NULL OR state = $2)
    AND ($3::timestamptz IS NULL OR (wanted_at, effect_id) < ($3, $4::text))
  ORDER BY wanted_at DESC, effect_id DESC LIMIT $5`;

/** Connects at the first use. */
export function openEffects(databaseUrl: string): Effects {
  const database = openDatabase(databaseUrl, 2, READER);
  return {
    async list(tenantId, { limit, cursor }, state) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const values = [tenantId, state ?? null, after?.at ?? null, after?.id ?? null, limit + 1];
      const rows = await database.transaction(tenantId, tx =>
        tx.query<Omit<EffectView, 'key'>>(LIST, values),
      );
      const views = rows.map(row => Object.assign(row, { key: keyOf(row.effect) }));
      return pageOf(views, limit, ({ wantedAt, effect }): Cursor => ({ at: wantedAt, id: effect }));
    },
    close: () => database.close(),
  };
}

/** Connects at the first use. */
export function openOutbox(databaseUrl: string, vault: Vault): Outbox {
  const database = openDatabase(databaseUrl, 2);
  return {
    async waiting(tenantId, underWay, limit) {
      const rows = await database.transaction(tenantId, tx =>
        tx.query<{ effectId: string }>(WAITING, [tenantId, underWay, limit]),
      );
      return rows.map(({ effectId }) => effectId);
    },
    async stillWaiting(tenantId, effectIds) {
      const rows = await database.transaction(tenantId, tx =>
        tx.query<{ effectId: string }>(STILL_WAITING, [tenantId, effectIds]),
      );
      return rows.map(({ effectId }) => effectId);
    },
    async find(tenantId, effectId) {
      const [row] = await database.transaction(tenantId, tx =>
        tx.query<Omit<WantedEffect, 'key'>>(FIND, [tenantId, effectId]),
      );
      if (row === undefined) return undefined;
      const place = { tenantId, callId: row.callId, type: 'effect.wanted' } as const;
      const argumentsJson = String(openField(place, 'arguments', row.argumentsJson, vault));
      return { ...row, argumentsJson, key: keyOf(effectId) };
    },
    async settle(tenantId, effectId, { state, attempts, why = null, httpStatus = null }) {
      const values = [tenantId, effectId, state, attempts, why, httpStatus];
      await database.transaction(tenantId, tx => tx.query(SETTLE, values));
    },
    close: () => database.close(),
  };
}

function keyOf(effectId: string): string {
  return createHash('sha256').update(effectId).digest('hex').slice(0, 32);
}
