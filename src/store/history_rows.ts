import type { Vault } from '../compliance/vault.ts';
import type { Transaction } from './database.ts';
import { openField } from './sealing.ts';

/** A step of a call's workflow, as src/workflow/replay packs it. */
export interface StepView {
  /** Wall clock, ISO 8601, UTC. */
  readonly at: string;
  readonly mediaMs: number;
  /** Number of the latest turn in the transcript. */
  readonly turn: number;
  readonly workflow: string;
  readonly version: string;
  readonly stage: string;
  readonly part: string;
}

export interface StepsPage {
  readonly from: number;
  readonly limit: number;
}

/** By time: what a process that was lost had not sent on comes after what its successor has. */
const STEPS = `
  SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
         (detail ->> 'mediaMs')::double precision AS "mediaMs", (detail ->> 'turn')::integer AS turn,
         detail ->> 'workflow' AS workflow, detail ->> 'version' AS version, detail ->> 'stage' AS stage,
         detail ->> 'part' AS part
  FROM events WHERE tenant_id = $1 AND call_id = $2 AND type = 'flow.stepped'
  ORDER BY events.at, seq OFFSET $3 LIMIT $4`;

/** @throws TrunklineError SEAL_BROKEN */
export async function stepsOf(
  tx: Transaction,
  vault: Vault,
  { tenantId, callId }: { readonly tenantId: string; readonly callId: string },
  { from, limit }: StepsPage,
): Promise<StepView[]> {
  const rows = await tx.query<StepView>(STEPS, [tenantId, callId, from, limit]);
  const place = { tenantId, callId, type: 'flow.stepped' } as const;
  return rows.map(row => Object.assign(row, { part: String(openField(place, 'part', row.part, vault)) }));
}
