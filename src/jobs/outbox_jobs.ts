import { DBOS } from '@dbos-inc/dbos-sdk';
import { describeFault } from '../calls/fault.ts';
import { LIMITS } from '../config/limits.ts';
import type { Logger } from '../observe/log.ts';
import { JOBS_SCHEMA } from '../store/migrate_jobs.ts';
import type { Outbox, SettledEffect } from '../store/outbox.ts';
import type { Delivery, DeliveryTry } from './delivery.ts';
import { OVER_STATES, workflowOf } from './finished_jobs.ts';

export interface OutboxJobsParts {
  readonly databaseUrl: string;
  readonly tenantId: string;
  readonly outbox: Pick<Outbox, 'waiting'>;
  readonly delivery: Delivery;
  readonly log: Logger;
  /** Lower in tests. */
  readonly limits?: { readonly lookMs: number; readonly firstPauseMs: number };
}

const OVER: ReadonlySet<string> = new Set(OVER_STATES);

/**
 * Delivers the outbox by durable workflows of DBOS (https://docs.dbos.dev/typescript/tutorials/workflow-tutorial), one for each
 * effect and named by it: what a process that was killed left under way is gone on with, at the try and in the pause where it was.
 * They hold ids and outcomes, nothing personal. One of these in a process.
 */
export class OutboxJobs {
  readonly #parts: OutboxJobsParts;
  readonly #lookMs: number;
  readonly #firstPauseMs: number;
  readonly #underWay = new Set<string>();
  readonly #deliver: (effectId: string) => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: OutboxJobsParts) {
    const { lookMs, firstPauseMs } = {
      lookMs: LIMITS.outboxLookMs,
      firstPauseMs: LIMITS.deliveryPauseMs,
      ...parts.limits,
    };
    this.#parts = parts;
    this.#lookMs = lookMs;
    this.#firstPauseMs = firstPauseMs;
    this.#deliver = DBOS.registerWorkflow((effectId: string) => this.#delivered(effectId), {
      name: 'deliver',
    });
  }

  /** Goes on with what was under way, and with what waits. @throws when the database is away or not migrated */
  async start(): Promise<void> {
    const { databaseUrl, log } = this.#parts;
    DBOS.setConfig({
      name: 'trunkline',
      systemDatabaseUrl: databaseUrl,
      systemDatabaseSchemaName: JOBS_SCHEMA,
      systemDatabasePoolSize: 4,
      runMigrations: false,
      // Any version goes on with what any other has begun.
      applicationVersion: '1',
      executorID: 'jobs',
      logger: loggerOf(log),
    });
    // Its queries overlap at the start (pg warns of it before version 9), and logs hold lines of our own only.
    process.noDeprecation = true;
    await DBOS.launch();
    this.#look();
  }

  /** Begins nothing more; what is under way is gone on with at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#parts.delivery.close();
    await this.#looking;
    await DBOS.shutdown();
  }

  #look(): void {
    this.#looking = this.#begin().then(
      () => undefined,
      error => this.#parts.log.warn({ fault: describeFault(error) }, 'the outbox cannot be read'),
    );
    void this.#looking.then(() => {
      if (!this.#isClosed) this.#timer = setTimeout(() => this.#look(), this.#lookMs);
    });
  }

  /** One query tells which were begun before: nothing is asked for each delivery, however many are gone on with. */
  async #begin(): Promise<void> {
    const { outbox, tenantId } = this.#parts;
    const room = LIMITS.deliveriesUnderWay - this.#underWay.size;
    if (room <= 0) return;
    const waiting = await outbox.waiting(tenantId, [...this.#underWay], room);
    if (waiting.length === 0 || this.#isClosed) return;
    const begun = await statesOf(waiting.map(workflowOf));
    for (const effectId of waiting) {
      if (this.#isClosed) return;
      const state = begun.get(workflowOf(effectId));
      // What could not be begun is found again at the next look.
      if (state === undefined)
        await DBOS.startWorkflow(this.#deliver, { workflowID: workflowOf(effectId) })(effectId);
      // Any other is gone on with by DBOS itself.
      else if (OVER.has(state)) await this.#lost(effectId);
    }
  }

  /** Its delivery ended without settling it: nobody will try it again by itself, and nobody knows what came of it. */
  async #lost(effectId: string): Promise<void> {
    const steps = (await DBOS.listWorkflowSteps(workflowOf(effectId))) ?? [];
    const attempts = steps.filter(({ name }) => name === 'try').length;
    if (await this.#settle(effectId, { state: 'unknown', attempts, why: 'broken' }))
      this.#parts.log.error({ state: 'unknown', attempts }, 'the delivery of an effect broke');
  }

  async #delivered(effectId: string): Promise<void> {
    this.#underWay.add(effectId);
    try {
      await this.#untilSettled(effectId);
    } finally {
      this.#underWay.delete(effectId);
    }
  }

  async #untilSettled(effectId: string): Promise<void> {
    for (let attempts = 1; ; attempts += 1) {
      const tried = await DBOS.runStep(() => this.#try(effectId), { name: 'try' });
      const { state, ...how } = tried;
      const isOver = state === 'delivered' || state === 'givenUp';
      if (isOver || (state === 'again' && attempts >= LIMITS.deliveryTries)) {
        const settled = { ...how, attempts, state: isOver ? state : ('givenUp' as const) };
        while (!(await DBOS.runStep(() => this.#settle(effectId, settled), { name: 'settle' })))
          await DBOS.sleep(this.#firstPauseMs);
        this.#parts.log.info({ state: settled.state, attempts, why: how.why }, 'an effect is settled');
        return;
      }
      // A try that the end of the process broke off says nothing about its receiver.
      if (state === 'stopped') attempts -= 1;
      await DBOS.sleep(
        Math.min(this.#firstPauseMs * 2 ** Math.max(attempts - 1, 0), LIMITS.deliveryPauseMostMs),
      );
    }
  }

  async #settle(effectId: string, settled: SettledEffect): Promise<boolean> {
    try {
      await this.#parts.delivery.settle(effectId, settled);
      return true;
    } catch (error) {
      this.#parts.log.warn({ fault: describeFault(error) }, 'an effect cannot be settled now');
      return false;
    }
  }

  /** A store that is away is waited for like a receiver. */
  async #try(effectId: string): Promise<DeliveryTry> {
    try {
      return await this.#parts.delivery.try(effectId);
    } catch (error) {
      this.#parts.log.warn({ fault: describeFault(error) }, 'an effect cannot be delivered now');
      return { state: 'again', why: 'unwritten' };
    }
  }
}

/** By the name of the workflow; without those that were never begun. */
async function statesOf(workflowIDs: string[]): Promise<ReadonlyMap<string, string>> {
  const found = await DBOS.listWorkflows({ workflowIDs, loadInput: false, loadOutput: false });
  return new Map(found.map(({ workflowID, status }) => [workflowID, status]));
}

/** What DBOS has to say is about its own works. */
function loggerOf(log: Logger) {
  return {
    debug: (entry: unknown) => log.debug({ dbos: words(entry) }),
    info: (entry: unknown) => log.debug({ dbos: words(entry) }),
    warn: (entry: unknown) => log.warn({ dbos: words(entry) }, 'jobs'),
    error: (entry: unknown) => log.error({ dbos: words(entry) }, 'jobs'),
  };
}

function words(entry: unknown): string {
  return (entry instanceof Error ? entry.message : String(entry)).slice(0, 500);
}
