import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeFault } from '../calls/fault.ts';
import { LIMITS } from '../config/limits.ts';
import type { RetentionDays } from '../config/retention.ts';
import type { Logger } from '../observe/log.ts';
import {
  contentOf,
  deleteDurably,
  hasFolder,
  type StoredFile,
  storedFile,
  storedFiles,
  writtenAt,
} from '../recording/stored_files.ts';
import type { CallStanding, RecordingDeletions } from '../store/recording_deletions.ts';

interface RecordingSweepParts {
  readonly tenantId: string;
  /** The recordings folder. */
  readonly dir: string;
  readonly days: Pick<RetentionDays, 'recordings' | 'recordingsByWorkflow' | 'recordingsAtOnce'>;
  readonly deletions: RecordingDeletions;
  readonly log: Logger;
}

/** What says that a file is old enough. */
interface Rule {
  readonly rule: string;
  readonly days: number;
}

interface Count {
  deleted: number;
  held: number;
  failed: number;
  isLimited: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Deletes recordings that were kept for long enough. It goes by the files that are there, so that none is forgotten of which the record
 * knows nothing: pieces of calls whose process was lost, and of calls that never came to the record, which are as old as the file.
 * One run after another; one that was broken off is done again, up to its limit in all.
 */
export class RecordingSweep {
  readonly #parts: RecordingSweepParts;

  constructor(parts: RecordingSweepParts) {
    this.#parts = parts;
  }

  /** `stopped` when the signal came first. @throws TrunklineError STORE_UNAVAILABLE */
  async run(at: Date, signal: AbortSignal): Promise<'done' | 'stopped'> {
    const { tenantId, dir, deletions, days, log } = this.#parts;
    const before = await deletions.deletedBy(tenantId, at);
    const count: Count = { deleted: before, held: 0, failed: 0, isLimited: false };
    // Where the folder is not there, a disk may be missing: nothing is taken for gone.
    if (await hasFolder(dir, tenantId)) {
      await this.#settle(count);
      for await (const files of storedFiles(dir, tenantId, LIMITS.recordingsLookedAtOnce)) {
        const deleted = count.deleted;
        if ((await this.#sweep(files, at, count, signal)) === 'stopped') return 'stopped';
        if (count.isLimited || count.failed >= LIMITS.recordingsFailed) break;
        if (count.deleted > deleted) await sleep(LIMITS.recordingsPauseMs);
      }
    }
    const { held, failed, isLimited } = count;
    await deletions.finish(tenantId, { at, held, failed, isLimited });
    const limit = days.recordingsAtOnce;
    const sum = { deleted: count.deleted, held, failed, ...(isLimited && { limit }) };
    if (isLimited) log.warn(sum, 'recordings are deleted, as many as one night may; more are old enough');
    else if (sum.deleted + held + failed > 0) log.info(sum, 'recordings are deleted');
    return 'done';
  }

  /** What a run that was broken off had deleted without completing the proof. */
  async #settle(count: Count): Promise<void> {
    const { tenantId, dir, deletions } = this.#parts;
    const atOnce = LIMITS.recordingsLookedAtOnce;
    for (let after = ''; ; ) {
      const unsettled = await deletions.unsettled(tenantId, after, atOnce);
      for (const { callId, file } of unsettled) {
        after = file;
        const stored = storedFile(tenantId, file);
        // What is there is looked at again below.
        if (stored === undefined || (await writtenAt(join(dir, file))) !== undefined) continue;
        await deletions.settle(tenantId, { callId, file, recording: stored.recording });
        count.deleted += 1;
      }
      if (unsettled.length < atOnce) return;
    }
  }

  async #sweep(
    files: readonly StoredFile[],
    at: Date,
    count: Count,
    signal: AbortSignal,
  ): Promise<'done' | 'stopped'> {
    const { tenantId, deletions, days, log } = this.#parts;
    const callIds = [...new Set(files.map(({ callId }) => callId))];
    const standing = await deletions.standing(tenantId, callIds);
    for (const stored of files) {
      if (signal.aborted) return 'stopped';
      try {
        const call = standing.get(stored.callId);
        const rule = this.#ruleOf(call);
        const keptSince = await this.#keptSince(stored, call, at);
        if (keptSince === undefined || !isOver(rule, keptSince, at)) continue;
        if (call?.isHeld === true) {
          count.held += 1;
          continue;
        }
        if (count.deleted >= days.recordingsAtOnce) {
          count.isLimited = true;
          return 'done';
        }
        await this.#delete(stored, { ...rule, keptSince, runAt: at }, count);
      } catch (error) {
        if (!isOfDisk(error)) throw error;
        count.failed += 1;
        if (count.failed === 1) log.warn({ fault: describeFault(error) }, 'a recording cannot be deleted');
      }
    }
    return 'done';
  }

  async #delete(
    { file, recording, callId }: StoredFile,
    rule: Rule & { readonly keptSince: Date; readonly runAt: Date },
    count: Count,
  ): Promise<void> {
    const { tenantId, dir, deletions } = this.#parts;
    const path = join(dir, file);
    const content = await contentOf(path);
    // A process has just given it another name: it is found under that.
    if (content === undefined) return;
    const wanted = { callId, file, recording, ...content, ...rule };
    let fault: unknown;
    const isDeleted = await deletions
      .delete(tenantId, wanted, () =>
        deleteDurably(path).catch(error => {
          fault = error;
          throw error;
        }),
      )
      // The store tells of it as of a fault of its own.
      .catch(error => {
        throw fault ?? error;
      });
    if (isDeleted) count.deleted += 1;
    else count.held += 1;
  }

  #ruleOf(call: CallStanding | undefined): Rule {
    const { recordings, recordingsByWorkflow } = this.#parts.days;
    const own = call?.workflow == null ? undefined : recordingsByWorkflow[call.workflow];
    if (own === undefined) return { rule: 'retention.recordings', days: recordings };
    return { rule: `retention.recordingsByWorkflow.${call?.workflow}`, days: own };
  }

  /** Undefined for what may still be written to. */
  async #keptSince(
    { file, isWhole }: StoredFile,
    call: CallStanding | undefined,
    at: Date,
  ): Promise<Date | undefined> {
    if (isWhole && call?.endedAt != null) return call.endedAt;
    const written = await writtenAt(join(this.#parts.dir, file));
    if (written === undefined || at.getTime() - written.getTime() < LIMITS.recordingStillMs) return undefined;
    return call === undefined ? written : (call.endedAt ?? call.startedAt);
  }
}

function isOver({ days }: Rule, keptSince: Date, at: Date): boolean {
  return days > 0 && keptSince.getTime() + days * DAY_MS < at.getTime();
}

/** As Node tells of files; the store has errors of its own. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
