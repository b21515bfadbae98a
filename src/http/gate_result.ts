import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { GateResult } from './version_schemas.ts';

/**
 * Whether a gate that was run with this version has let it pass.
 * @throws TrunklineError BAD_REQUEST for a result of something else, TOO_LARGE
 */
export function gatePassed(result: GateResult, workflow: string, flowVersion: string | null): boolean {
  if (Buffer.byteLength(JSON.stringify(result)) > LIMITS.gateResultBytes)
    throw new TrunklineError('TOO_LARGE', `more than ${LIMITS.gateResultBytes} bytes`);
  const verdict = Object.hasOwn(result.workflows, workflow) ? result.workflows[workflow] : undefined;
  if (verdict === undefined)
    throw new TrunklineError('BAD_REQUEST', `workflows: the result says nothing of ${workflow}`);
  if (verdict.version !== flowVersion)
    throw new TrunklineError('BAD_REQUEST', 'workflows: the result is of another version');
  return verdict.passed;
}
