/** Tells, again and again, for how long neither side has made a sound. */
export class SilenceWatch {
  #lastSoundMs = 0;
  #told = 0;

  /** Either side sounds. */
  sound(nowMs: number): void {
    this.#lastSoundMs = nowMs;
    this.#told = 0;
  }

  /** The length of the silence when it has to be told at `nowMs`, else 0. */
  dueMs(nowMs: number, everyMs: number): number {
    const silentForMs = nowMs - this.#lastSoundMs;
    if (silentForMs < everyMs * (this.#told + 1)) return 0;
    this.#told += 1;
    return silentForMs;
  }
}
