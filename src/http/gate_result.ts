import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { GateResult } from './version_schemas.ts';

/** What a gate asks of a workflow. */
const LEAST_COMPLETION_PCT = 95;
const LEAST_SLOT_ACCURACY_PCT = 98;

/**
 * Whether a gate that was run with this version has let it pass.
 * @throws TrunklineError BAD_REQUEST for a result of something else, TOO_LARGE
 */
export function gatePassed(result: GateResult, workflow: string, flowVersion: string | null): boolean {
  if (Buffer.byteLength(JSON.stringify(result)) > LIMITS.gateResultBytes)
    throw new TrunklineError('TOO_LARGE', `more than ${LIMITS.gateResultBytes} bytes`);
  const figures = Object.hasOwn(result.workflows, workflow) ? result.workflows[workflow] : undefined;
  if (figures === undefined)
    throw new TrunklineError('BAD_REQUEST', `workflows: the result says nothing of ${workflow}`);
  if (figures.version !== undefined && flowVersion !== null && figures.version !== flowVersion)
    throw new TrunklineError('BAD_REQUEST', 'workflows: the result is of another version');
  const { completionPct, slotAccuracyPct, violations } = figures;
  const isGood = completionPct >= LEAST_COMPLETION_PCT && slotAccuracyPct >= LEAST_SLOT_ACCURACY_PCT;
  return result.passed !== false && isGood && violations === 0;
}
