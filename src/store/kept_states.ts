import type { Vault } from '../compliance/vault.ts';
import { openDatabase, type Patience } from './database.ts';
import { openField } from './sealing.ts';

/** A call that came to no end, as it is taken up. */
interface KeptState {
  readonly callId: string;
  /** The workflow's state as JSON. */
  readonly state: string;
  readonly minutesAgo: number;
}

/** Who calls, or which call is meant. */
interface EarlierQuery {
  readonly workflow: string;
  /** A telephone number; personal data. */
  readonly from: string | undefined;
  readonly callId: string | undefined;
}

/** Where calls stood that broke off. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface KeptStates {
  /** The latest one that is over and can be taken up. @throws TrunklineError SEAL_BROKEN */
  find(tenantId: string, query: EarlierQuery): Promise<KeptState | undefined>;
  /** What nobody can take up any more is forgotten. */
  forgetOld(tenantId: string): Promise<void>;
  close(): Promise<void>;
}

/** A call that is up may have the same number as another one: of a company. */
const FIND = `
  SELECT call_id AS "callId", kept.state_sealed AS state,
         extract(epoch FROM now() - kept.at)::double precision / 60 AS "minutesAgo"
  FROM kept_states AS kept JOIN calls USING (tenant_id, call_id)
  WHERE tenant_id = $1 AND kept.workflow = $2 AND (kept.from_index = $3 OR call_id = $4)
    AND kept.state_sealed IS NOT NULL AND kept.keep_until > now() AND calls.ended_at IS NOT NULL
  ORDER BY (call_id = $4) IS TRUE DESC, kept.at DESC LIMIT 1`;

const FORGET_OLD = `
  UPDATE kept_states SET state_sealed = NULL
  WHERE tenant_id = $1 AND keep_until <= now() AND state_sealed IS NOT NULL`;

/** Connects at the first use. */
export function openKeptStates(databaseUrl: string, vault: Vault, patience?: Patience): KeptStates {
  const database = openDatabase(databaseUrl, 1, patience);
  return {
    async find(tenantId, { workflow, from, callId = null }) {
      const index = from === undefined ? null : vault.blindIndex(from, { tenantId, kind: 'number' });
      const values = [tenantId, workflow, index, callId];
      const [row] = await database.transaction(tenantId, tx => tx.query<KeptState>(FIND, values));
      if (row === undefined) return undefined;
      const place = { tenantId, callId: row.callId, type: 'state.kept' } as const;
      return { ...row, state: String(openField(place, 'state', row.state, vault)) };
    },
    async forgetOld(tenantId) {
      await database.transaction(tenantId, tx => tx.query(FORGET_OLD, [tenantId]));
    },
    close: () => database.close(),
  };
}
