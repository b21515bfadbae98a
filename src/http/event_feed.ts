import { z } from 'zod';
import { TrunklineError } from '../config/errors.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { LiveEvent } from '../store/live_events.ts';
import type { Queries } from '../store/queries.ts';
import { EventReader } from './event_reader.ts';
import type { Publications } from './publications.ts';

export interface EventFeedOptions {
  readonly tenantId: string;
  readonly publications: Publications;
  /** Undefined for what is no event. */
  readonly read: (message: string) => LiveEvent | undefined;
  readonly queries: Pick<Queries, 'eventsSince' | 'lastSeq'>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly limits: {
    readonly readers: number;
    readonly bufferBytes: number;
    readonly batchRows: number;
    readonly heartbeatMs: number;
  };
}

/** Steps of a turn as they are called in the metrics. */
const TURN_STEPS = [
  ['end_of_turn', 'endOfTurnMs'],
  ['stt_final', 'sttFinalMs'],
  ['first_token', 'firstTokenMs'],
  ['first_sentence', 'firstWordMs'],
  ['first_sound', 'firstAudioMs'],
  ['first_frame', 'firstFrameMs'],
] as const;

const TURN_PROVIDERS = [
  ['heard', 'heardBy'],
  ['thought', 'thoughtBy'],
  ['spoke', 'spokenBy'],
] as const;

/** Spreads a tenant's committed events over the readers of the event stream. */
export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #readers = new Set<EventReader>();
  /** Places given to readers that are not open yet. */
  #opening = 0;
  readonly #heartbeat: NodeJS.Timeout;
  #closed = false;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    options.publications.onMessage(message => this.#receive(message));
    options.publications.onConnected(() => this.#catchUpAll());
    this.#heartbeat = setInterval(() => this.beat(), options.limits.heartbeatMs);
    this.#heartbeat.unref();
    options.metrics.gaugeOnDemand(
      'event_buffer_bytes',
      'What waits for slow readers of the event stream.',
      async () => this.bufferedBytes,
    );
  }

  /**
   * @param after place of the last event that the reader knows; undefined for all that happens from now on
   * @throws TrunklineError TOO_MANY_READERS, DRAINING, STORE_UNAVAILABLE
   */
  async open(after: number | undefined, callId: string | undefined): Promise<EventReader> {
    const { queries, tenantId, limits, metrics } = this.#options;
    if (this.#readers.size + this.#opening >= limits.readers) {
      throw new TrunklineError('TOO_MANY_READERS', `${limits.readers} readers`);
    }
    this.#opening += 1;
    try {
      // Asked in any case: a reader that can't be served learns it now.
      const latest = await queries.lastSeq(tenantId);
      if (this.#closed) throw new TrunklineError('DRAINING', 'the event stream has ended');
      const reader = new EventReader({
        after: after ?? latest,
        callId,
        eventsSince: (seq, limit) => queries.eventsSince(tenantId, seq, limit),
        batchRows: limits.batchRows,
        bufferBytes: limits.bufferBytes,
        onTooSlow: () => metrics.eventReaderDropped(),
      });
      this.#readers.add(reader);
      reader.once('close', () => this.#forget(reader));
      metrics.eventReaders(this.#readers.size);
      return reader;
    } finally {
      this.#opening -= 1;
    }
  }

  /** What waits for slow readers, all together. */
  get bufferedBytes(): number {
    return [...this.#readers].reduce((sum, reader) => sum + reader.readableLength, 0);
  }

  /** A sign of life to everybody; without publications also a look into the store. */
  beat(): void {
    for (const reader of this.#readers) reader.heartbeat();
    if (!this.#options.publications.connected) this.#catchUpAll();
  }

  /** Ends every stream; clients come back by themselves, to this node or another. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    for (const reader of this.#readers) reader.push(null);
  }

  #receive(message: string): void {
    const { read, metrics, log } = this.#options;
    const event = read(message);
    if (event === undefined) {
      log.warn('a publication was no event and was left out');
      return;
    }
    metrics.callEvent(Math.max(0, Date.now() - Date.parse(event.at)));
    if (event.type === 'turn.latency') {
      const { lastSoundMs, firstFrameMs } = event.detail;
      metrics.turnLatency(Math.max(0, firstFrameMs - lastSoundMs));
      for (const [name, step] of TURN_STEPS) {
        const atMs = event.detail[step];
        if (atMs !== undefined) metrics.turnStep(name, atMs - lastSoundMs);
      }
      for (const [role, field] of TURN_PROVIDERS) {
        const by = event.detail[field];
        if (by !== undefined) metrics.turnProvider(role, by.provider, by.ms);
      }
    }
    if (event.type === 'call.ended') metrics.callEnded(event.detail.disposition);
    for (const reader of this.#readers) reader.offer(event);
  }

  #catchUpAll(): void {
    for (const reader of this.#readers) void reader.catchUp();
  }

  #forget(reader: EventReader): void {
    this.#readers.delete(reader);
    this.#options.metrics.eventReaders(this.#readers.size);
  }
}

/** `Last-Event-ID` as a browser sends it back. */
export const lastEventIdSchema = z
  .string()
  .regex(/^\d{1,15}$/, 'a number as given in `id`')
  .transform(Number);
