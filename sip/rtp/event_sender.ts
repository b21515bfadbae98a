import { RTP_LIMITS } from './limits.ts';
import { KEYS, MAX_EVENT_TICKS, TelephoneEvent } from './telephone_event.ts';

/** The end is said three times, for the case of loss (RFC 4733 §2.5.1.4). */
const END_PACKETS = 3;
/** Level of the tone, in −dBm0. */
const VOLUME = 10;
/** Between two keys, so that far ends tell them apart. */
const GAP_MS = 70;

interface KeyPress {
  readonly code: number;
  readonly durationTicks: number;
}

/**
 * The packets of key presses (RFC 4733 §2.5.1), one for each packet of audio whose place it takes: one timestamp and a
 * growing duration, the marker on the first, the end three times; a long press in segments.
 */
export class EventSender {
  readonly #ticksPerMs: number;
  readonly #event = new TelephoneEvent();
  readonly #presses: KeyPress[] = [];
  #press: KeyPress | undefined;
  #sentTicks = 0;
  #endsLeft = 0;
  #gapTicks = 0;
  /** Of the event's current segment. */
  #timestamp = 0;
  /** Ticks of the segments before it. */
  #segmentsTicks = 0;
  #isFirst = false;

  constructor(ticksPerMs: number) {
    this.#ticksPerMs = ticksPerMs;
  }

  /** Timestamp and marker of what `next` wrote. */
  get timestamp(): number {
    return this.#timestamp;
  }

  get isFirst(): boolean {
    return this.#isFirst;
  }

  /** Presses a key after those before it. False for what is no key, takes no time, or when too many wait. */
  press(key: string, durationMs: number): boolean {
    const code = key.length === 1 ? KEYS.indexOf(key) : -1;
    const durationTicks = Math.round(durationMs * this.#ticksPerMs);
    const isLong = durationMs > RTP_LIMITS.eventMs;
    if (code < 0 || !(durationTicks > 0) || isLong || this.#presses.length >= RTP_LIMITS.queuedKeys) {
      return false;
    }
    this.#presses.push({ code, durationTicks });
    return true;
  }

  /**
   * Writes the event's payload for a packet of audio that begins at `timestamp` and lasts `packetTicks` into `bytes`;
   * false when no key is down and the audio is to be sent.
   */
  next(timestamp: number, packetTicks: number, bytes: Uint8Array, at: number): boolean {
    const press = this.#press ?? this.#begin(timestamp, packetTicks);
    if (press === undefined) return false;
    this.#isFirst = this.#sentTicks === 0;
    const event = this.#event;
    this.#sentTicks = Math.min(press.durationTicks, this.#sentTicks + packetTicks);
    // A segment that is full goes on in another, right where it ends.
    if (this.#sentTicks - this.#segmentsTicks > MAX_EVENT_TICKS) {
      this.#segmentsTicks += MAX_EVENT_TICKS;
      this.#timestamp = (this.#timestamp + MAX_EVENT_TICKS) >>> 0;
    }
    event.code = press.code;
    event.volume = VOLUME;
    event.isEnd = this.#sentTicks === press.durationTicks;
    event.durationTicks = this.#sentTicks - this.#segmentsTicks;
    event.write(bytes, at);
    if (event.isEnd) this.#countEnd();
    return true;
  }

  #begin(timestamp: number, packetTicks: number): KeyPress | undefined {
    if (this.#gapTicks > 0) {
      this.#gapTicks -= packetTicks;
      return undefined;
    }
    this.#press = this.#presses.shift();
    this.#timestamp = timestamp;
    this.#sentTicks = 0;
    this.#segmentsTicks = 0;
    this.#endsLeft = END_PACKETS;
    return this.#press;
  }

  #countEnd(): void {
    this.#endsLeft -= 1;
    if (this.#endsLeft > 0) return;
    this.#press = undefined;
    this.#gapTicks = GAP_MS * this.#ticksPerMs;
  }
}
