import { KEYS } from '../../sip/rtp/telephone_event.ts';
import { KeyLimit } from './key_limit.ts';

/** How much later a key may come by one way than by the other. */
const TWIN_MS = 500;

/** A key that was told, and when; monotonic milliseconds. */
interface Told {
  readonly key: string;
  readonly atMs: number;
}

/**
 * The keys of a phone that may tell them by RTP events, by its signalling, or by both: each press is told once, and no
 * more of them than the limit.
 */
export class LineKeys {
  readonly #onKey: (key: string, durationMs: number) => void;
  readonly #limit = new KeyLimit();
  #byEvent: Told | undefined;
  #bySignalling: Told | undefined;

  constructor(onKey: (key: string, durationMs: number) => void) {
    this.#onKey = onKey;
  }

  /** An event that has ended by now. */
  byEvent(key: string, durationMs: number, nowMs: number): void {
    const twin = this.#bySignalling;
    this.#bySignalling = undefined;
    if (twin?.key === key && nowMs - twin.atMs <= durationMs + TWIN_MS) return;
    this.#byEvent = { key, atMs: nowMs };
    this.#tell(key, durationMs, nowMs);
  }

  /** What is no key is passed over. */
  bySignalling(key: string, durationMs: number, nowMs: number): void {
    if (key.length !== 1 || !KEYS.includes(key)) return;
    const twin = this.#byEvent;
    this.#byEvent = undefined;
    if (twin?.key === key && nowMs - twin.atMs <= TWIN_MS) return;
    this.#bySignalling = { key, atMs: nowMs };
    this.#tell(key, durationMs, nowMs);
  }

  #tell(key: string, durationMs: number, nowMs: number): void {
    if (this.#limit.admits(nowMs)) this.#onKey(key, durationMs);
  }
}
