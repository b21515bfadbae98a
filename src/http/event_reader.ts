import { Readable } from 'node:stream';
import type { LiveEvent } from '../store/live_events.ts';

export interface EventReaderOptions {
  /** Place of the last event that the reader knows. */
  readonly after: number;
  /** Only the events of one call. */
  readonly callId: string | undefined;
  readonly eventsSince: (seq: number, limit: number) => Promise<readonly LiveEvent[]>;
  readonly batchRows: number;
  readonly bufferBytes: number;
  /** Called once when the reader is cut off for being slow. */
  readonly onTooSlow: () => void;
}

/**
 * One reader of the event stream: text/event-stream as bytes (https://html.spec.whatwg.org/multipage/server-sent-events).
 * It has seen everything up to its position. What comes next on the live side is passed on; when something is missing
 * in between, or the reader has not yet taken what waits for it, it reads on from the store at its own pace. So a lost
 * publication or a slow line costs time, but no event and no memory; who takes nothing at all is cut off.
 */
export class EventReader extends Readable {
  readonly #options: EventReaderOptions;
  #position: number;
  #catchingUp = false;
  /** More has happened than the batch in hand can hold. */
  #behind = false;
  #tookSinceHeartbeat = true;
  #onTaken: () => void = () => undefined;

  constructor(options: EventReaderOptions) {
    super({ highWaterMark: options.bufferBytes });
    this.#options = options;
    this.#position = options.after;
    this.push('retry: 2000\n\n');
    void this.catchUp();
  }

  /** A new event of the tenant. */
  offer(event: LiveEvent): void {
    if (this.destroyed || event.seq <= this.#position) return;
    const isNext = event.seq === this.#position + 1;
    if (this.#catchingUp || !isNext || this.#isFull) void this.catchUp();
    else this.#pass(event);
  }

  /** Keeps proxies from closing a quiet stream, and finds out who has stopped reading. */
  heartbeat(): void {
    if (this.destroyed) return;
    if (!this.#tookSinceHeartbeat && this.readableLength > 0) {
      this.#options.onTooSlow();
      this.destroy(new Error('the reader takes nothing'));
      return;
    }
    this.#tookSinceHeartbeat = this.readableLength === 0;
    this.push(': alive\n\n');
  }

  /** Reads on from the store until nothing is missing, no faster than the reader takes it. */
  async catchUp(): Promise<void> {
    this.#behind = true;
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    try {
      while (this.#behind && !this.destroyed) {
        if (this.#isFull) await this.#taken();
        this.#behind = false;
        const { eventsSince, batchRows } = this.#options;
        const batch = await eventsSince(this.#position, batchRows);
        if (batch.length === batchRows) this.#behind = true;
        for (const event of batch) {
          if (this.#isFull) await this.#taken();
          this.#pass(event);
        }
      }
    } catch {
      // The store is away: the next event or heartbeat tries again.
    } finally {
      this.#catchingUp = false;
    }
  }

  override _read(): void {
    this.#tookSinceHeartbeat = true;
    this.#onTaken();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#onTaken();
    done(error);
  }

  get #isFull(): boolean {
    return this.readableLength >= this.readableHighWaterMark && !this.destroyed;
  }

  #pass(event: LiveEvent): void {
    if (this.destroyed) return;
    this.#position = event.seq;
    if (this.#options.callId !== undefined && event.callId !== this.#options.callId) return;
    this.push(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(shown(event))}\n\n`);
  }

  /** Resolves when there is room again, or nobody left. */
  #taken(): Promise<void> {
    return new Promise(resolve => {
      this.#onTaken = resolve;
    });
  }
}

/** A ladder and a history have routes of their own; here is told that there is more of them. */
function shown(event: LiveEvent): object {
  if (event.type === 'call.ladder') return { ...event, detail: {} };
  if (event.type !== 'flow.stepped') return event;
  const { part: _, ...detail } = event.detail;
  return { ...event, detail };
}
