import { DBOS } from '@dbos-inc/dbos-sdk';
import { LIMITS } from '../config/limits.ts';
import type { Logger } from '../observe/log.ts';
import type { Outbox } from '../store/outbox.ts';

interface FinishedJobsParts {
  readonly tenantId: string;
  /** For how long they are kept; 0: for ever. */
  readonly days: number;
  readonly outbox: Pick<Outbox, 'stillWaiting'>;
  readonly log: Logger;
  /** Lower in tests. */
  readonly limits?: { readonly jobs: number; readonly batches: number };
}

const DAY_MS = 86_400_000;
/** States in which DBOS does nothing more of itself. */
export const OVER_STATES = ['SUCCESS', 'ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'] as const;
const DELIVERY = 'outbox:';

/** The workflow that delivers an effect. */
export function workflowOf(effectId: string): string {
  return `${DELIVERY}${effectId}`;
}

/**
 * Deletes what DBOS keeps of workflows that are over, with their steps: nothing else does where no Conductor is in use
 * (https://docs.dbos.dev/production/retention; `listWorkflows` and `deleteWorkflows` of
 * https://docs.dbos.dev/typescript/reference/methods). Those of effects that wait all the same stay: the outbox tells by them that
 * a delivery broke, and would begin it once more.
 */
export class FinishedJobs {
  readonly #parts: FinishedJobsParts;

  constructor(parts: FinishedJobsParts) {
    this.#parts = parts;
  }

  /** DBOS has been launched. @throws when the database is away */
  async collect(nowMs: number, signal: AbortSignal): Promise<'done' | 'stopped'> {
    const { days, log } = this.#parts;
    if (days === 0) return 'done';
    const { jobs, batches } = {
      jobs: LIMITS.jobsDeletedAtOnce,
      batches: LIMITS.jobsDeletedBatches,
      ...this.#parts.limits,
    };
    const completedBefore = new Date(nowMs - days * DAY_MS).toISOString();
    let deleted = 0;
    let offset = 0;
    for (let batch = 0; batch < batches; batch += 1) {
      if (signal.aborted) return 'stopped';
      const found = await DBOS.listWorkflows({
        status: [...OVER_STATES],
        completedBefore,
        limit: jobs,
        offset,
        loadInput: false,
        loadOutput: false,
      });
      const needless = await this.#needless(found.map(({ workflowID }) => workflowID));
      if (needless.length > 0) await DBOS.deleteWorkflows(needless);
      deleted += needless.length;
      offset += found.length - needless.length;
      if (found.length < jobs) break;
    }
    if (deleted > 0) log.info({ days, deleted }, 'jobs that are over are deleted');
    return 'done';
  }

  async #needless(workflowIds: readonly string[]): Promise<string[]> {
    const { outbox, tenantId } = this.#parts;
    const effects = workflowIds.filter(id => id.startsWith(DELIVERY)).map(id => id.slice(DELIVERY.length));
    if (effects.length === 0) return [...workflowIds];
    const waiting = new Set((await outbox.stillWaiting(tenantId, effects)).map(workflowOf));
    return workflowIds.filter(id => !waiting.has(id));
  }
}
