import { LIMITS } from '../config/limits.ts';
import type { Farewell } from './farewell.ts';
import type { After, CallAudio } from './ports.ts';

/** The end of a call by the agent's own doing: it happens once, and in bounded time. */
export class LeaveTaking {
  readonly #after: After;
  readonly #audio: CallAudio;
  #farewell: Farewell | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(after: After, audio: CallAudio) {
    this.#after = after;
    this.#audio = audio;
  }

  /** Undefined until leave is taken. */
  get farewell(): Farewell | undefined {
    return this.#farewell;
  }

  /** A call may last so long: `timeIsUp` is called early enough to say so. */
  allowCall(timeIsUp: () => void): void {
    const leftMs = LIMITS.callMinutes * 60_000 - LIMITS.farewellMs - this.#audio.mediaMs();
    this.#cancelTimer = this.#after(leftMs, timeIsUp);
  }

  /** False when it has begun before. The line is hung up after LIMITS.farewellMs, whatever is being said. */
  begin(farewell: Farewell): boolean {
    if (this.#farewell !== undefined) return false;
    this.#farewell = farewell;
    this.#cancelTimer();
    this.#cancelTimer = this.#after(LIMITS.farewellMs, () => this.#audio.hangUp({ drain: false }));
    return true;
  }

  /** The line is gone. */
  close(): void {
    this.#cancelTimer();
  }
}
