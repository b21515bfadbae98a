import type { Vault } from '../compliance/vault.ts';
import { LIMITS } from '../config/limits.ts';
import { openDatabase, type Patience } from './database.ts';
import { isHeld } from './holding.ts';
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
  /** The call that would go on with it. */
  readonly by: string;
  readonly workflow: string;
  /** A telephone number; personal data. */
  readonly from: string | undefined;
  readonly callId: string | undefined;
}

/** Where calls stood that broke off. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface KeptStates {
  /**
   * The latest one that is over and can be taken up, for one call alone: whoever asks for it next while that call is up is given
   * nothing. @throws TrunklineError SEAL_BROKEN
   */
  claim(tenantId: string, query: EarlierQuery): Promise<KeptState | undefined>;
  /** What nobody can take up any more is forgotten, unless its call is held. */
  forgetOld(tenantId: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * A call that is up may have the same number as another one: of a company. Of two that ask at once the second waits for the first, and
 * finds its claim. A claim is over with its call; of a call that nobody has heard of, after a while.
 */
const CLAIM = `
  UPDATE kept_states AS kept SET
    claimed_by = $5, claimed_at = now(),
    claims = kept.claims + CASE WHEN kept.claimed_by = $5 THEN 0 ELSE 1 END
  FROM (
    SELECT one.tenant_id, one.call_id
    FROM kept_states AS one JOIN calls USING (tenant_id, call_id)
    WHERE one.tenant_id = $1 AND one.workflow = $2 AND (one.from_index = $3 OR one.call_id = $4)
      AND one.state_sealed IS NOT NULL AND one.keep_until > now() AND calls.ended_at IS NOT NULL
    ORDER BY (one.call_id = $4) IS TRUE DESC, one.at DESC LIMIT 1
  ) AS latest
  WHERE kept.tenant_id = latest.tenant_id AND kept.call_id = latest.call_id AND kept.state_sealed IS NOT NULL
    AND (kept.claims < $7 OR kept.claimed_by = $5)
    AND (
      kept.claimed_by IS NULL OR kept.claimed_by = $5
      OR coalesce(
        (SELECT other.ended_at IS NOT NULL FROM calls AS other
         WHERE other.tenant_id = $1 AND other.call_id = kept.claimed_by),
        kept.claimed_at < now() - $6 * interval '1 ms'
      )
    )
  RETURNING kept.call_id AS "callId", kept.state_sealed AS state,
            extract(epoch FROM now() - kept.at)::double precision / 60 AS "minutesAgo"`;

const FORGET_OLD = `
  UPDATE kept_states SET state_sealed = NULL
  WHERE tenant_id = $1 AND keep_until <= now() AND state_sealed IS NOT NULL AND NOT ${isHeld('kept_states')}`;

/** Connects at the first use. */
export function openKeptStates(databaseUrl: string, vault: Vault, patience?: Patience): KeptStates {
  const database = openDatabase(databaseUrl, 1, patience);
  return {
    async claim(tenantId, { by, workflow, from, callId = null }) {
      const index = from === undefined ? null : vault.blindIndex(from, { tenantId, kind: 'number' });
      const values = [tenantId, workflow, index, callId, by, LIMITS.unheardOfClaimMs, LIMITS.claimsOfCall];
      const [row] = await database.transaction(tenantId, tx => tx.query<KeptState>(CLAIM, values));
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
