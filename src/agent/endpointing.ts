import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import type { Config } from '../config/schema.ts';
import type { ExpectedAnswer, FlowStep } from '../workflow/types.ts';
import { CallerPace } from './caller_pace.ts';
import { completenessOf } from './completeness.ts';
import type { Completeness } from './completeness_reason.ts';
import { WordLag } from './word_lag.ts';

/** A caller who goes on so soon after a turn was ended had not finished. */
const CUT_OFF_WITHIN_MS = 1500;
/**
 * Where people go on, the pauses that they make before fall off about as e^(-t / tau): then the wait that costs least grows
 * with the logarithm of the odds that they do, by tau. Whoever configures brisker pauses gets this brisker, too, but hardly:
 * it costs nothing where words are complete.
 */
const TAU_MS = 600;
const BRISKNESS = 0.12;
const USUAL_NORMAL_MS = 750;
/** What surely is over is not waited for: at these odds, as a logarithm, and above. */
const FINISHED_MS = 160;
const SURE_LOG_ODDS = 3.5;
/** Nobody knows better: a recogniser may be wrong. */
const LEAST_SHARE = 0.02;
/** The audio thread knows of a pause after its hangover; nothing is decided sooner, nor later than this. */
const LEAST_PAUSE_MS = 150;
const MOST_PAUSE_MS = 3500;

/** What the pause depends on. */
export interface Waiting {
  /** The pause for the kind of answer that is expected, as configured: for words of which nobody knows. */
  readonly usualMs: number;
  /** The pause for an ordinary answer, as configured. */
  readonly normalMs: number;
  /** How complete the words are; undefined where a recogniser tells no words. */
  readonly completeness: Completeness | undefined;
  readonly pace: number;
  readonly caution: number;
}

/**
 * The pause after which the turn is over: the usual one for words that may or may not go on; the more likely they go on, the
 * more is added; the more likely they are over, the less is left, by ratio. What is over is so whoever says it: else the
 * caller's pace counts.
 */
export function pauseFor({ usualMs, normalMs, completeness, pace, caution }: Waiting): number {
  const share = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, completeness?.share ?? 0.5));
  const logOdds = Math.log(share / (1 - share));
  const missing = Math.max(0, -logOdds);
  const over = Math.min(1, Math.max(0, logOdds) / SURE_LOG_ODDS);
  const addedMs = missing * TAU_MS * Math.min(1, normalMs / USUAL_NORMAL_MS) ** BRISKNESS;
  const pauseMs =
    (usualMs ** (1 - over) * Math.min(usualMs, FINISHED_MS) ** over + addedMs) *
    (pace * caution) ** (1 - over);
  return Math.round(Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, pauseMs)));
}

/** What the pause for a step depends on. */
export type AskedStep = Pick<FlowStep, 'patience' | 'expects'>;

/** What patience alone says of the answer. */
const EXPECTED_BY_PATIENCE: Readonly<Record<FlowStep['patience'], ExpectedAnswer>> = {
  yesNo: { kind: 'yesNo' },
  short: { kind: 'choice' },
  normal: { kind: 'open' },
  long: { kind: 'open' },
};

/**
 * How long the caller may pause before the turn is over: by what was said so far, what was asked, and how this caller
 * speaks. One for each call. Tell it
 * - `asked` whenever the caller is to answer a step: with each step that is said, and with the one that stands again when a
 *   reply is taken back;
 * - `turn` of every turn event, as it comes, before anything is done about it;
 * - `partial` of every transcript of the open turn, from its first word on, and when it came.
 * After each of them `pauseMs` may have changed: send it to the audio thread with the turn policy, also while the caller
 * pauses. A pause that is as long already ends the turn in the next tick.
 */
export class Endpointing {
  readonly #turn: Pick<Config['turn'], 'endOfTurnPauseMs'>;
  readonly #pace = new CallerPace();
  readonly #lag = new WordLag();
  #step: AskedStep = { patience: 'normal' };
  #completeness: Completeness | undefined;
  /** Words came since the caller spoke last. */
  #isFresh = false;
  #isOpen = false;
  /** End of the last sound; undefined while the caller speaks, and before. */
  #lastSoundMs: number | undefined;
  /** When the turn before was ended. */
  #endedMs = -Infinity;

  constructor(turn: Pick<Config['turn'], 'endOfTurnPauseMs'>) {
    this.#turn = turn;
  }

  /** The pause after the last sound that ends the turn. */
  get pauseMs(): number {
    const completeness = this.#completeness;
    const pauseMs = this.#pauseFor(completeness);
    // What was complete may be complete no longer: what has been said since is not known yet.
    const leastMs = completeness === undefined || this.#isFresh ? 0 : this.#pauseFor(undefined);
    return Math.max(pauseMs, leastMs, this.#lag.pendingMs);
  }

  /** How complete the words so far are; undefined before there are any. */
  get completeness(): Completeness | undefined {
    return this.#completeness;
  }

  asked(step: AskedStep): void {
    this.#step = step;
    this.#forget();
  }

  /** Plain words in lower case, all of the turn so far, told at media time `atMs`. */
  partial(words: readonly string[], atMs: number): void {
    if (words.length === 0) return;
    this.#lag.told(atMs);
    this.#completeness = completenessOf(
      words,
      this.#step.expects ?? EXPECTED_BY_PATIENCE[this.#step.patience],
    );
    this.#isFresh = true;
  }

  turn(event: TurnEvent): void {
    if (event.type === 'speechStarted') this.#speaks(event.atMs);
    else if (event.type === 'speechEnded') this.#fallsSilent(event.atMs);
    else if (event.type === 'turnEnded') {
      this.#lastSoundMs = event.lastSoundMs;
      this.#lag.turnOver(event.atMs);
      this.#endedMs = event.atMs;
      this.#isOpen = false;
    }
  }

  #fallsSilent(lastSoundMs: number): void {
    this.#lastSoundMs = lastSoundMs;
    this.#lag.fellSilent(lastSoundMs);
  }

  #speaks(atMs: number): void {
    this.#lag.wentOn(atMs);
    const pausedMs = this.#lastSoundMs === undefined ? 0 : atMs - this.#lastSoundMs;
    const isCutOff = !this.#isOpen && atMs - this.#endedMs <= CUT_OFF_WITHIN_MS;
    if (this.#isOpen || isCutOff) this.#pace.paused(pausedMs);
    if (isCutOff) this.#pace.cutOff();
    else if (!this.#isOpen) this.#beginsAnew();
    this.#isOpen = true;
    this.#lastSoundMs = undefined;
    this.#isFresh = false;
  }

  #beginsAnew(): void {
    if (this.#endedMs !== -Infinity) this.#pace.tookTurn();
    this.#forget();
  }

  #forget(): void {
    this.#completeness = undefined;
    this.#isFresh = false;
  }

  #pauseFor(completeness: Completeness | undefined): number {
    const pauses = this.#turn.endOfTurnPauseMs;
    return pauseFor({
      usualMs: pauses[this.#step.patience],
      normalMs: pauses.normal,
      completeness,
      pace: this.#pace.factor,
      caution: this.#pace.caution,
    });
  }
}
