import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { GateResult } from './version_schemas.ts';

/**
 * Whether a gate that was run with the very text of this version has let it pass. A text never changes: who writes another one
 * has another version, without a result.
 * @throws TrunklineError BAD_REQUEST for a result of something else, TOO_LARGE
 */
export function gatePassed(
  result: GateResult,
  workflow: string,
  { flowVersion, sha256 }: { readonly flowVersion: string | null; readonly sha256: string },
): boolean {
  if (Buffer.byteLength(JSON.stringify(result)) > LIMITS.gateResultBytes)
    throw new TrunklineError('TOO_LARGE', `more than ${LIMITS.gateResultBytes} bytes`);
  const verdict = Object.hasOwn(result.workflows, workflow) ? result.workflows[workflow] : undefined;
  if (verdict === undefined)
    throw new TrunklineError('BAD_REQUEST', `workflows: the result says nothing of ${workflow}`);
  if (verdict.version !== flowVersion || verdict.sha256 !== sha256)
    throw new TrunklineError('BAD_REQUEST', 'workflows: the result is of another version');
  if (verdict.passed !== (verdict.failed.length === 0))
    throw new TrunklineError('BAD_REQUEST', 'workflows: the result contradicts itself');
  return verdict.passed;
}
