import { RTP_LIMITS } from './limits.ts';
import { timestampDistance } from './rtp_packet.ts';
import { KEYS, MAX_EVENT_TICKS, TelephoneEvent } from './telephone_event.ts';

/** Timestamps of events that were told already, so that late copies of their packets are known. */
const REMEMBERED = 16;

export type OnKey = (key: string, durationMs: number) => void;

/**
 * Makes key presses of telephone events (RFC 4733 §2.5), each told once, when it ends: by its end packets, by the next
 * event, or by silence. The timestamp tells events apart, not the marker, so that neither lost markers nor lost ends
 * nor packets out of order matter. Segments of a long event are told as one.
 */
export class EventReceiver {
  readonly #onKey: OnKey;
  readonly #event = new TelephoneEvent();
  readonly #told = new Uint32Array(REMEMBERED);
  #toldCount = 0;
  #isDown = false;
  #code = 0;
  #ticksPerMs = 1;
  #timestamp = 0;
  /** Of this segment, and of those before. */
  #durationTicks = 0;
  #earlierTicks = 0;
  #heardAtMs = 0;

  constructor(onKey: OnKey) {
    this.#onKey = onKey;
  }

  /** A packet's payload: `length` bytes of `bytes` from `start`, by a clock of `clockHz`. */
  receive(
    clockHz: number,
    timestamp: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    nowMs: number,
  ): void {
    const event = this.#event;
    if (!event.parse(bytes, start, length) || event.code >= KEYS.length) return;
    if (this.#wasTold(timestamp)) return;
    if (this.#isDown && timestamp !== this.#timestamp) {
      if (timestampDistance(this.#timestamp, timestamp) < 0) return;
      if (this.#continues(timestamp, event)) this.#goOn(timestamp);
      else this.#tell();
    }
    if (!this.#isDown) this.#begin(clockHz, timestamp, event.code);
    // The first packet of an event says what it is.
    if (event.code !== this.#code) return;
    this.#durationTicks = Math.max(this.#durationTicks, event.durationTicks);
    this.#heardAtMs = nowMs;
    const isTooLong = this.#durationMs() >= RTP_LIMITS.eventMs;
    if (event.isEnd || isTooLong) this.#tell();
  }

  /** To be called every tick: tells the event whose end was lost. */
  poll(nowMs: number): void {
    if (this.#isDown && nowMs - this.#heardAtMs >= RTP_LIMITS.eventSilenceMs) this.#tell();
  }

  /** Another source speaks from now on: tells what was pressed, and forgets the timestamps. */
  restart(): void {
    if (this.#isDown) this.#tell();
    this.#toldCount = 0;
  }

  #begin(clockHz: number, timestamp: number, code: number): void {
    this.#isDown = true;
    this.#code = code;
    this.#ticksPerMs = clockHz / 1000;
    this.#timestamp = timestamp;
    this.#durationTicks = 0;
    this.#earlierTicks = 0;
  }

  /** Whether a timestamp is that of the next segment: right where the longest duration ends. */
  #continues(timestamp: number, event: TelephoneEvent): boolean {
    return event.code === this.#code && timestampDistance(this.#timestamp, timestamp) === MAX_EVENT_TICKS;
  }

  #goOn(timestamp: number): void {
    this.#remember(this.#timestamp);
    this.#earlierTicks += MAX_EVENT_TICKS;
    this.#durationTicks = 0;
    this.#timestamp = timestamp;
  }

  #tell(): void {
    this.#isDown = false;
    this.#remember(this.#timestamp);
    this.#onKey(KEYS[this.#code]!, this.#durationMs());
  }

  #durationMs(): number {
    return (this.#earlierTicks + this.#durationTicks) / this.#ticksPerMs;
  }

  #remember(timestamp: number): void {
    this.#told[this.#toldCount % REMEMBERED] = timestamp;
    this.#toldCount += 1;
  }

  #wasTold(timestamp: number): boolean {
    for (let i = Math.min(this.#toldCount, REMEMBERED) - 1; i >= 0; i -= 1) {
      if (this.#told[i] === timestamp) return true;
    }
    return false;
  }
}
