/** What is hardly louder than what was nothing is nothing, too. */
const LOUDER_DB = 10;
/** And what is not so much softer is more of it. */
const SOFTER_DB = 15;
/** Ticks without any, 10 s, after which it counts as the first again. */
const FORGOTTEN_TICKS = 1000;

/** Sounds of one kind for which the agent was lowered in vain: for a while it is not lowered again for as little. */
export class Nothing {
  readonly #firstTicks: number;
  readonly #mostTicks: number;
  #levelDb = -Infinity;
  #leftTicks = 0;
  #forTicks = 0;
  #times = 0;

  /** For `firstTicks` of 10 ms, and for twice as long each time that it comes again, up to `mostTicks`. */
  constructor(firstTicks: number, mostTicks: number) {
    this.#firstTicks = firstTicks;
    this.#mostTicks = mostTicks;
  }

  /** The level from which a sound may be another one, in dB of full scale. */
  get leastDb(): number {
    return this.#levelDb + LOUDER_DB;
  }

  /** There was one at most, and it may have been by chance. */
  get isRare(): boolean {
    return this.#times <= 1;
  }

  note(levelDb: number): void {
    this.#levelDb = Math.max(this.#levelDb, levelDb);
    this.#forTicks = Math.min(this.#mostTicks, this.#firstTicks * 2 ** this.#times);
    this.#leftTicks = this.#forTicks;
    this.#times += 1;
  }

  /** More of it makes it remembered from now on. */
  hear(levelDb: number): void {
    if (this.#leftTicks > 0 && levelDb >= this.#levelDb - SOFTER_DB) this.#leftTicks = this.#forTicks;
  }

  tick(): void {
    this.#leftTicks -= 1;
    if (this.#leftTicks <= 0) this.#levelDb = -Infinity;
    if (this.#leftTicks <= -FORGOTTEN_TICKS) this.#times = 0;
  }
}
