import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Vault } from '../compliance/vault.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { CallEvent, EventSink } from './events.ts';
import { type SealedEvent, sealEvent } from './sealing.ts';
import { adoptOrphans, endsOf, type FindRemains, type Orphans } from './spool/adoption.ts';
import { encodeLine } from './spool/lines.ts';
import { type LiveCall, trackCall } from './spool/live_calls.ts';
import { type Segment, segmentFile, startName } from './spool/segments.ts';

/** Counts since the process began; `queued`, `bytes` and `full` tell of now. */
export interface SpoolStats {
  readonly appended: number;
  /** Events that were not of the contract or too large. */
  readonly refused: number;
  /** Events that found memory or disk at its limit. */
  readonly lost: number;
  /** Times that the disk refused to write; each is tried again. */
  readonly writeFailures: number;
  readonly queued: number;
  readonly bytes: number;
  /** Too little room for what further calls would tell: the process should take none. */
  readonly full: boolean;
}

export interface SpoolOptions {
  readonly dir: string;
  readonly address: string;
  readonly vault: Vault;
  /** Whether a process of that address, in another run than this one, is dead. Its own address always is. */
  readonly isOrphan: (address: string) => boolean;
  readonly findRemains: FindRemains;
}

interface Entry {
  readonly event: SealedEvent;
  readonly line: Buffer;
}

interface OwnSegment extends Segment {
  readonly handle: FileHandle;
  bytes: number;
  closed: boolean;
}

/**
 * Opens a process's spool and adopts what dead processes left in the folder.
 * @throws TrunklineError DISK_FULL or STEP_FAILED when there can be no such folder
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { dir, isOrphan } = options;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw new TrunklineError(full ? 'DISK_FULL' : 'STEP_FAILED', `${dir}: ${code}`, { cause });
  }
  const spool = new Spool(options, await adoptOrphans(dir, isOrphan));
  await spool.endOrphans();
  return spool;
}

/**
 * Keeps a process's events on its disk until they are in the database. `append` only seals and queues; one writer
 * takes what has gathered, writes it and has the disk confirm it, again and again while the disk refuses.
 */
export class Spool implements EventSink {
  readonly #dir: string;
  readonly #vault: Vault;
  readonly #name: { readonly address: string; readonly start: string };
  readonly #segments: Segment[];
  #current: OwnSegment | undefined;
  #segmentsBegun = 0;
  #mustRotate = false;
  readonly #findRemains: FindRemains;
  /** Live calls after the last event that was written. */
  readonly #live = new Map<string, LiveCall>();
  /** Calls that were live when their process died, of which it is not known whether another one has them. */
  readonly #orphans: Map<string, LiveCall>;
  #queue: Entry[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;
  /** Of those appended, so many were written or given up. */
  #settled = 0;
  #flushes: { readonly upTo: number; readonly resolve: () => void }[] = [];
  #closing = false;
  #onWritten: () => void = () => undefined;
  readonly #counts = { appended: 0, refused: 0, lost: 0, writeFailures: 0 };

  constructor(options: SpoolOptions, { segments, calls }: Orphans) {
    this.#dir = options.dir;
    this.#vault = options.vault;
    this.#name = { address: options.address, start: startName(Date.now(), process.pid) };
    this.#segments = [...segments];
    this.#findRemains = options.findRemains;
    this.#orphans = new Map(calls.map(call => [call.callId, call]));
  }

  /** Ends the orphans that nobody can have taken over. The others are on the disk once this is done, whatever follows. */
  async endOrphans(): Promise<void> {
    for (const { callId, mayLiveOn } of this.#orphans.values())
      if (mayLiveOn !== true) await this.settleOrphan(callId, true);
    if (this.#orphans.size > 0) this.#current = await this.#beginSegment();
  }

  /** Calls that others may have taken over; each waits for `settleOrphan`. */
  get orphans(): readonly string[] {
    return [...this.#orphans.keys()];
  }

  /** A call that is lost gets its end; one that another process has taken over is that one's. */
  async settleOrphan(callId: string, isLost: boolean): Promise<void> {
    const call = this.#orphans.get(callId);
    if (call === undefined) return;
    if (isLost) for (const end of await endsOf(call, this.#findRemains)) this.append(end);
    this.#orphans.delete(callId);
    // The next segment says that it is settled, should this process die.
    this.#mustRotate ||= !isLost;
  }

  append(event: CallEvent): void {
    try {
      const sealed = sealEvent(event, this.#vault);
      const line = encodeLine(sealed);
      if (line.length > LIMITS.spoolEventBytes) this.#counts.refused += 1;
      else if (this.#closing || this.#filled() >= 1) this.#counts.lost += 1;
      else this.#enqueue({ event: sealed, line });
    } catch {
      this.#counts.refused += 1;
    }
  }

  stats(): SpoolStats {
    const full = this.#filled() >= LIMITS.spoolFullShare;
    return { ...this.#counts, queued: this.#queue.length, bytes: this.#bytes(), full };
  }

  /** Oldest first; only the last can still grow. */
  segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Deletes a segment whose events are in the database. */
  async remove(segment: Segment): Promise<void> {
    await rm(segment.path, { force: true });
    this.#forget(segment);
  }

  /** Takes a segment that can't be read out of the row; its file is kept under another name. */
  async setAside(segment: Segment): Promise<void> {
    if (segment === this.#current) {
      const { handle } = this.#current;
      this.#current = undefined;
      await handle.close().catch(() => undefined);
    }
    await rename(segment.path, `${segment.path}.unreadable`).catch(() => undefined);
    this.#forget(segment);
  }

  /** `handler` is called whenever more is to be read. */
  onWritten(handler: () => void): void {
    this.#onWritten = handler;
  }

  /** Resolves when everything appended so far is safe on the disk. */
  async flush(): Promise<void> {
    const { appended: upTo } = this.#counts;
    if (this.#settled < upTo) await new Promise<void>(resolve => this.#flushes.push({ upTo, resolve }));
  }

  /** Writes what is queued, once more if need be, and takes no more. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#writing;
    // With calls that have no end yet, the segment stays to be adopted.
    if (this.#live.size === 0 && this.#orphans.size === 0) await this.#endSegment();
    else await this.#current?.handle.close();
  }

  #enqueue(entry: Entry): void {
    this.#counts.appended += 1;
    this.#queue.push(entry);
    this.#queuedBytes += entry.line.length;
    this.#writing ??= this.#writeQueue().finally(() => {
      this.#writing = undefined;
    });
  }

  #forget(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
  }

  #bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Share of the room that is used, on the disk or in memory, whichever is shorter; nothing is taken from 1 on. */
  #filled(): number {
    return Math.max(
      this.#queue.length / LIMITS.spoolQueuedEvents,
      this.#queuedBytes / LIMITS.spoolQueuedBytes,
      this.#bytes() / LIMITS.spoolBytes,
    );
  }

  async #writeQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      if (!this.#closing) await sleep(LIMITS.spoolGatherMs);
      const batch = this.#queue.slice(0, LIMITS.spoolBatchEvents);
      try {
        await this.#write(batch);
      } catch {
        this.#counts.writeFailures += 1;
        if (!this.#closing) {
          await sleep(LIMITS.spoolRetryMs);
          continue;
        }
        this.#counts.lost += batch.length;
      }
      this.#queue.splice(0, batch.length);
      for (const { line } of batch) this.#queuedBytes -= line.length;
      this.#settle(batch.length);
      this.#onWritten();
    }
  }

  #settle(events: number): void {
    this.#settled += events;
    while (this.#flushes[0] !== undefined && this.#flushes[0].upTo <= this.#settled)
      this.#flushes.shift()?.resolve();
  }

  async #write(batch: readonly Entry[]): Promise<void> {
    this.#current ??= await this.#beginSegment();
    const segment = this.#current;
    const data = Buffer.concat(batch.map(entry => entry.line));
    await writeAt(segment.handle, data, segment.bytes);
    segment.bytes += data.length;
    for (const { event } of batch) trackCall(this.#live, event);
    if (segment.bytes >= LIMITS.spoolSegmentBytes || this.#mustRotate) await this.#rotate();
  }

  /** The next segment lists the live calls on the disk before the one that began them may be deleted. */
  async #rotate(): Promise<void> {
    try {
      const next = await this.#beginSegment();
      await this.#endSegment();
      this.#current = next;
      this.#mustRotate = false;
    } catch {
      // The segment at hand grows on; the next write tries again.
      this.#counts.writeFailures += 1;
    }
  }

  async #beginSegment(): Promise<OwnSegment> {
    const path = join(this.#dir, segmentFile({ ...this.#name, number: this.#segmentsBegun }));
    const handle = await open(path, 'w', 0o600);
    try {
      const live = new Map([...this.#orphans, ...this.#live]);
      const head = encodeLine({ live: [...live.values()] });
      await writeAt(handle, head, 0);
      await syncFolder(this.#dir);
      const segment = { path, handle, bytes: head.length, closed: false };
      this.#segmentsBegun += 1;
      this.#segments.push(segment);
      return segment;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #endSegment(): Promise<void> {
    const segment = this.#current;
    if (segment === undefined) return;
    this.#current = undefined;
    segment.closed = true;
    await segment.handle.close().catch(() => undefined);
    this.#onWritten();
  }
}

/** Resolves when all of `data` is on the disk; what a failed attempt left there is written over by the next. */
async function writeAt(handle: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let written = 0; written < data.length; ) {
    const { bytesWritten } = await handle.write(data, written, data.length - written, position + written);
    written += bytesWritten;
  }
  await handle.datasync();
}

/** A new file's name is safe only with its folder. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
