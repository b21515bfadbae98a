import { appendFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../config/limits.ts';
import type { Logger } from '../observe/log.ts';
import type { Database } from './database.ts';
import { type NumberedEvent, writeEvents } from './event_writer.ts';
import { type SealedEvent, sealedEventSchema } from './sealing.ts';
import { decodeLine } from './spool/lines.ts';
import { segmentHeadSchema } from './spool/live_calls.ts';
import { isUnreadable, type LinesRead, readLines, type Segment } from './spool/segments.ts';
import type { Spool } from './spool.ts';
import { isRefusal } from './store_errors.ts';

/** Counts since the process began; `away` tells of now. */
export interface ShipperStats {
  /** Events that were new to the database. */
  readonly shipped: number;
  /** Events that were there already. */
  readonly known: number;
  /** Lines of the spool that were cut short or damaged, and left out. */
  readonly damaged: number;
  /** Segments that the disk did not give back; they are set aside. */
  readonly unreadable: number;
  /** Events that the database refused for what they are; kept in rejected.jsonl. */
  readonly rejected: number;
  /** Attempts that failed because the database was away; each is repeated. */
  readonly failures: number;
  readonly away: boolean;
}

export interface ShipperOptions {
  readonly spool: Spool;
  /** Folder for rejected.jsonl. */
  readonly dir: string;
  readonly database: Database;
  /** Told of events after their commit, in their order; must not throw. */
  readonly onCommitted: (events: readonly NumberedEvent[]) => void;
  readonly log: Logger;
}

/**
 * Carries a spool into the database, segment by segment in the order of writing. A segment is deleted once all of it
 * is committed; after a crash it is read again from its beginning, and what is known already changes nothing.
 */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly #positions = new Map<string, number>();
  readonly #counts = { shipped: 0, known: 0, damaged: 0, unreadable: 0, rejected: 0, failures: 0 };
  /** Failed attempts in a row. */
  #failed = 0;
  #stopping = false;
  #wake: () => void = () => undefined;
  readonly #running: Promise<void>;

  constructor(options: ShipperOptions) {
    this.#options = options;
    options.spool.onWritten(() => this.#wake());
    this.#running = this.#run();
  }

  stats(): ShipperStats {
    return { ...this.#counts, away: this.#failed > 0 };
  }

  /** Ships what is there as long as the database takes it, then ends. What is left waits for the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      const woken = new Promise<void>(resolve => {
        this.#wake = resolve;
      });
      const outcome = await this.#attempt();
      if (outcome === 'shipped') continue;
      if (this.#stopping) return;
      if (outcome === 'idle') await woken;
      await this.#pause(outcome === 'idle' ? LIMITS.shipperGatherMs : backoffMs(this.#failed));
    }
  }

  /** Resolves after a time, or at once when it is to stop. */
  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, delayMs);
      this.#wake = () => {
        if (!this.#stopping) return;
        clearTimeout(timer);
        resolve();
      };
      this.#wake();
    });
  }

  async #attempt(): Promise<'shipped' | 'idle' | 'failed'> {
    try {
      const [segment] = this.#options.spool.segments();
      if (segment === undefined) return 'idle';
      const shipped = await this.#shipFrom(segment);
      if (this.#failed > 0) this.#options.log.info('the database takes events again');
      this.#failed = 0;
      return shipped ? 'shipped' : 'idle';
    } catch (error) {
      this.#counts.failures += 1;
      if (this.#failed === 0) {
        const { code } = error as { code?: unknown };
        this.#options.log.warn({ code }, 'the database does not take events; they wait in the spool');
      }
      this.#failed += 1;
      return 'failed';
    }
  }

  /** Ships the next lines of a segment or, at its end, deletes it; false when more must be written first. */
  async #shipFrom(segment: Segment): Promise<boolean> {
    const { spool } = this.#options;
    const { path, bytes, closed } = segment;
    const position = this.#positions.get(path) ?? 0;
    if (position >= bytes) {
      if (!closed) return false;
      await spool.remove(segment);
      this.#positions.delete(path);
      return true;
    }
    const read = await this.#read(segment, position);
    if (read === undefined) return true;
    await this.#ship(read.lines);
    this.#positions.set(path, read.next);
    return true;
  }

  /** The next lines; undefined when the segment can't be read and was set aside, so that the others can go on. */
  async #read(segment: Segment, position: number): Promise<LinesRead | undefined> {
    try {
      return await readLines(segment, position);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      await this.#options.spool.setAside(segment);
      this.#counts.unreadable += 1;
      this.#options.log.error(
        { code: (error as NodeJS.ErrnoException).code },
        'a spool segment is unreadable',
      );
      return undefined;
    }
  }

  async #ship(lines: readonly Buffer[]): Promise<void> {
    const events: SealedEvent[] = [];
    let damaged = 0;
    for (const line of lines) {
      const value = decodeLine(line);
      const event = sealedEventSchema.safeParse(value);
      if (event.success) events.push(event.data);
      else if (!segmentHeadSchema.safeParse(value).success) damaged += 1;
    }
    for (const [tenantId, ofTenant] of Map.groupBy(events, event => event.tenantId)) {
      await this.#store(tenantId, ofTenant);
    }
    this.#counts.damaged += damaged;
  }

  /** Stores a batch whole or, where an event in it can't be stored, in halves down to that one. */
  async #store(tenantId: string, events: readonly SealedEvent[]): Promise<void> {
    try {
      const added = await writeEvents(this.#options.database, tenantId, events);
      this.#counts.shipped += added.length;
      this.#counts.known += events.length - added.length;
      this.#options.onCommitted(added);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const [first] = events;
      if (events.length === 1 && first !== undefined) return this.#reject(first);
      const half = Math.ceil(events.length / 2);
      await this.#store(tenantId, events.slice(0, half));
      await this.#store(tenantId, events.slice(half));
    }
  }

  async #reject(event: SealedEvent): Promise<void> {
    const file = join(this.#options.dir, 'rejected.jsonl');
    const bytes = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    if (bytes < LIMITS.spoolRejectedBytes) {
      await appendFile(file, `${JSON.stringify(event)}\n`, { mode: 0o600, flush: true });
    }
    this.#counts.rejected += 1;
    this.#options.log.error({ key: event.key, type: event.type }, 'the database refuses an event');
  }
}

function backoffMs(failed: number): number {
  return Math.min(LIMITS.shipperBackoffMs, 100 * 2 ** Math.min(failed, 10));
}
