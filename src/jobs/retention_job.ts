import { setTimeout as sleep } from 'node:timers/promises';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { describeFault } from '../calls/fault.ts';
import { LIMITS } from '../config/limits.ts';
import type { RetentionDays } from '../config/retention.ts';
import type { Logger } from '../observe/log.ts';
import type { RecordingDeletions } from '../store/recording_deletions.ts';
import type { Forgetting, Forgotten, Retention } from '../store/retention.ts';
import type { FinishedJobs } from './finished_jobs.ts';
import type { RecordingSweep } from './recording_sweep.ts';

interface RetentionJobParts {
  readonly tenantId: string;
  readonly days: RetentionDays;
  readonly retention: Pick<Retention, 'forget'>;
  readonly deletions: Pick<RecordingDeletions, 'lastRun'>;
  readonly recordings: Pick<RecordingSweep, 'run'>;
  readonly jobs: Pick<FinishedJobs, 'collect'>;
  readonly log: Logger;
  /** Lower in tests. */
  readonly limits?: Partial<RetentionJobLimits>;
}

interface RetentionJobLimits {
  readonly calls: number;
  readonly batches: number;
  readonly pauseMs: number;
  readonly doubtMs: number;
}

type Pass = Pick<Forgetting, 'data' | 'ofChats'> & { readonly days: number };

const DAY_MS = 86_400_000;
/** Every night, UTC. */
const SCHEDULE = '17 3 * * *';

/**
 * Forgets what was kept for long enough, as a durable workflow of DBOS: once a night, and once on a day on which the role is started. It
 * goes batch by batch, each a transaction of its own with the events that tell of it; one that was broken off goes on where it was, and
 * a batch that was done twice finds nothing; recordings and what jobs left come last. It holds counts, nothing personal. To be made before DBOS is launched, one in a process.
 */
export class RetentionJob {
  readonly #parts: RetentionJobParts;
  readonly #limits: RetentionJobLimits;
  readonly #stopped = new AbortController();
  readonly #run: (at: Date, context: unknown) => Promise<void>;

  constructor(parts: RetentionJobParts) {
    this.#parts = parts;
    this.#limits = {
      calls: LIMITS.forgottenAtOnce,
      batches: LIMITS.forgottenBatches,
      pauseMs: LIMITS.forgettingPauseMs,
      doubtMs: LIMITS.clockDoubtMs,
      ...parts.limits,
    };
    this.#run = DBOS.registerWorkflow((at: Date) => this.#forgetAll(at.getTime()), { name: 'retain' });
  }

  /** DBOS has been launched. @throws when the database is away */
  async start(now: Date): Promise<void> {
    await DBOS.applySchedules([{ scheduleName: 'retention', workflowFn: this.#run, schedule: SCHEDULE }]);
    const workflowID = `retention:${now.toISOString().slice(0, 10)}`;
    const [begun] = await DBOS.listWorkflows({
      workflowIDs: [workflowID],
      loadInput: false,
      loadOutput: false,
    });
    // What was begun is gone on with by DBOS itself.
    if (begun === undefined) await DBOS.startWorkflow(this.#run, { workflowID })(now, undefined);
  }

  /** Begins no further batch: the next start goes on. */
  close(): void {
    this.#stopped.abort();
  }

  async #forgetAll(nowMs: number): Promise<void> {
    if (!(await this.#believes(nowMs))) return;
    for (const { data, ofChats, days } of passesOf(this.#parts.days)) {
      const before = new Date(nowMs - days * DAY_MS).toISOString();
      const sum = await this.#forgetEach({ data, ofChats, before, calls: this.#limits.calls });
      if (sum === undefined) return;
      if (sum.calls > 0) this.#parts.log.info({ data, ofChats, days, ...sum }, 'data is forgotten');
    }
    const { recordings, jobs } = this.#parts;
    const { signal } = this.#stopped;
    await this.#untilDone('recordings', () => recordings.run(new Date(nowMs), signal));
    await this.#untilDone('jobs', () => jobs.collect(nowMs, signal));
  }

  /**
   * A clock that is set wrongly makes all too old. Where it went far ahead since the last run, it is looked at again after a while; a node
   * that was off for long goes on then.
   */
  async #believes(nowMs: number): Promise<boolean> {
    const { log } = this.#parts;
    const isLeap = await DBOS.runStep(() => this.#leaps(nowMs), { name: 'clock' });
    if (isLeap === 'failed') return false;
    if (!isLeap) return true;
    log.warn(
      'the clock went far ahead since the last run: nothing is forgotten before it is looked at again',
    );
    await DBOS.sleep(this.#limits.doubtMs);
    const isSame = await DBOS.runStep(async () => Date.now() >= nowMs, { name: 'clock again' });
    if (!isSame) log.warn('the clock went back: nothing is forgotten now');
    return isSame;
  }

  async #leaps(nowMs: number): Promise<boolean | 'failed'> {
    const { deletions, tenantId, log } = this.#parts;
    try {
      const last = await deletions.lastRun(tenantId);
      return last !== undefined && nowMs - last.getTime() > LIMITS.clockLeapMs;
    } catch (error) {
      log.warn({ fault: describeFault(error) }, 'data cannot be forgotten now');
      return 'failed';
    }
  }

  /** What fails is done the next night. */
  async #untilDone(name: string, work: () => Promise<'done' | 'stopped'>): Promise<void> {
    const tried = async () => {
      try {
        return this.#stopped.signal.aborted ? 'stopped' : await work();
      } catch (error) {
        this.#parts.log.warn({ job: name, fault: describeFault(error) }, 'data cannot be forgotten now');
        return 'failed';
      }
    };
    for (let tries = 0; tries < this.#limits.batches; tries += 1) {
      if ((await DBOS.runStep(tried, { name })) !== 'stopped') return;
      // The next start goes on here.
      await DBOS.sleep(this.#limits.pauseMs);
    }
  }

  /** Undefined where it can't be done now: the next night does it. */
  async #forgetEach(forgetting: Forgetting): Promise<Forgotten | undefined> {
    const sum = { calls: 0, rows: 0 };
    for (let batch = 0; batch < this.#limits.batches; batch += 1) {
      const done = await DBOS.runStep(() => this.#forget(forgetting), { name: forgetting.data });
      if (done === 'failed') return undefined;
      if (done === 'stopped') {
        // The next start goes on here.
        await DBOS.sleep(this.#limits.pauseMs);
        continue;
      }
      sum.calls += done.calls;
      sum.rows += done.rows;
      if (done.calls < forgetting.calls) break;
    }
    return sum;
  }

  async #forget(forgetting: Forgetting): Promise<Forgotten | 'failed' | 'stopped'> {
    const { retention, tenantId, log } = this.#parts;
    try {
      await this.#pause();
      return this.#stopped.signal.aborted ? 'stopped' : await retention.forget(tenantId, forgetting);
    } catch (error) {
      log.warn({ fault: describeFault(error) }, 'data cannot be forgotten now');
      return 'failed';
    }
  }

  /** Others write meanwhile. */
  async #pause(): Promise<void> {
    const { signal } = this.#stopped;
    await sleep(this.#limits.pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** What there is to forget, and what for ever stands for is left out. A history has the words in it. */
export function passesOf({ transcripts, chats, histories, states }: RetentionDays): Pass[] {
  const passes: Pass[] = [
    { data: 'transcript', ofChats: false, days: transcripts },
    { data: 'transcript', ofChats: true, days: chats },
    { data: 'history', ofChats: false, days: least(histories, transcripts) },
    { data: 'history', ofChats: true, days: least(histories, chats) },
    { data: 'state', ofChats: false, days: states },
  ];
  return passes.filter(({ days }) => days > 0 && Number.isFinite(days));
}

/** The shortest time that is not for ever. */
function least(...all: readonly number[]): number {
  return Math.min(...all.filter(days => days > 0));
}
