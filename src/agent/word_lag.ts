/** From a word's end until it is told, over a network, before this call's recogniser was heard; and how many pauses that weighs. */
const USUAL_LAG_MS = 220;
const PRIOR_PAUSES = 4;
/** About the last dozen pauses count. */
const KEPT_SHARE = 0.92;
/** What comes later was not waited for. */
const MOST_LAG_MS = 600;
/** Words that come sooner after a sound than this share of the lag were said before it. */
const EARLY_SHARE = 0.25;
/** After this share of the lag most words are there: to wait for the others would cost every turn that lost one. */
const LATE_SHARE = 1.2;
/** Whoever told no words in so many turns tells none before the end of a turn, as some recognisers do. */
const WORDLESS_TURNS = 2;

/**
 * How long this call's recogniser takes to tell a word, learned from when the last words of each pause came: until then what
 * was said is not known, and nobody can tell whether it was all. Media times in milliseconds.
 */
export class WordLag {
  #sumMs = PRIOR_PAUSES * USUAL_LAG_MS;
  #weight = PRIOR_PAUSES;
  #toldMs = -Infinity;
  /** End of the last sound; undefined while the caller speaks. */
  #lastSoundMs: number | undefined;
  /** Counts until the first words of the call. */
  #turns = 0;

  /** Words came. */
  told(atMs: number): void {
    this.#toldMs = atMs;
  }

  fellSilent(lastSoundMs: number): void {
    this.#lastSoundMs = lastSoundMs;
  }

  /** The caller speaks again: the words that came last were the last ones before this pause. */
  wentOn(atMs: number): void {
    const lastSoundMs = this.#lastSoundMs ?? Infinity;
    const lagMs = this.#toldMs - lastSoundMs;
    const wereAwaited = atMs - lastSoundMs >= this.#mostLagMs;
    this.#lastSoundMs = undefined;
    if (lagMs > MOST_LAG_MS || lagMs < -MOST_LAG_MS) return;
    if (this.#isEarly(lagMs) && !wereAwaited) return;
    this.#sumMs = KEPT_SHARE * this.#sumMs + Math.max(0, lagMs);
    this.#weight = KEPT_SHARE * this.#weight + 1;
  }

  turnOver(atMs: number): void {
    this.wentOn(atMs);
    this.#turns += 1;
  }

  /** For so long after the last sound words may still be on their way; 0 once they are there, and where none are told. */
  get pendingMs(): number {
    if (this.#toldMs === -Infinity && this.#turns >= WORDLESS_TURNS) return 0;
    const areThere = this.#lastSoundMs !== undefined && !this.#isEarly(this.#toldMs - this.#lastSoundMs);
    return areThere ? 0 : this.#mostLagMs;
  }

  #isEarly(lagMs: number): boolean {
    return lagMs < EARLY_SHARE * this.#lagMs;
  }

  get #mostLagMs(): number {
    return Math.round(LATE_SHARE * this.#lagMs);
  }

  get #lagMs(): number {
    return this.#sumMs / this.#weight;
  }
}
