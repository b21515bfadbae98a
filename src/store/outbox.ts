import { createHash } from 'node:crypto';
import type { Vault } from '../compliance/vault.ts';
import { openDatabase } from './database.ts';
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

/** How an effect came out. */
export interface SettledEffect {
  readonly state: 'delivered' | 'givenUp';
  readonly attempts: number;
  readonly why?: string | undefined;
  readonly httpStatus?: number | undefined;
}

/** Effects on their way. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface Outbox {
  /** Those that wait, longest first; without those that are under way. */
  waiting(tenantId: string, underWay: readonly string[], limit: number): Promise<string[]>;
  /** Undefined when it waits no more. @throws TrunklineError SEAL_BROKEN */
  find(tenantId: string, effectId: string): Promise<WantedEffect | undefined>;
  /** Settled once: what was delivered stays so. */
  settle(tenantId: string, effectId: string, settled: SettledEffect): Promise<void>;
  close(): Promise<void>;
}

const WAITING = `
  SELECT effect_id AS "effectId" FROM outbox
  WHERE tenant_id = $1 AND state = 'waiting' AND effect_id <> ALL ($2::text[]) ORDER BY wanted_at, effect_id LIMIT $3`;

const FIND = `
  SELECT effect_id AS "effectId", call_id AS "callId", workflow, tool, arguments_sealed AS "argumentsJson"
  FROM outbox WHERE tenant_id = $1 AND effect_id = $2 AND state = 'waiting'`;

const SETTLE = `
  UPDATE outbox SET state = $3, attempts = $4, why = $5, http_status = $6, settled_at = now()
  WHERE tenant_id = $1 AND effect_id = $2 AND state = 'waiting'`;

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
