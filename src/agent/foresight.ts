import { LONG_GAP_MS } from '../../pipeline/turn/turn_event.ts';
import type { Recognition } from '../providers/types.ts';
import { type AgentSpeech, speechOf } from './agent_speech.ts';
import type { CallerTurn } from './caller_turn.ts';
import type { WordsSoFar } from './listening.ts';
import type { CallAudio } from './ports.ts';
import type { Response } from './responder.ts';
import type { Voice } from './voice.ts';

/** A reply that is ready to be said. */
export interface Foreseen {
  readonly response: Response;
  readonly speech: AgentSpeech;
}

interface Guess extends Foreseen {
  readonly turn: CallerTurn;
  readonly recognition: Recognition;
}

/** Who answers. */
interface Mind {
  prepare(): void;
  respond(recognition: Recognition): Response;
  /** Whether the words alone decide on the answer, if the recogniser is that sure of them, and not how sure it is. */
  goesByWords(confidence: number): boolean;
}

/** The latest words of a turn. */
interface Words {
  readonly turn: CallerTurn;
  readonly state: WordsSoFar;
  readonly recognition: Recognition;
}

/**
 * Gets the reply ready while the caller may have come to an end: what was said so far is answered, and the first sentence
 * rendered, but nothing is said and nothing done. Where that was all, the reply is there at once; otherwise it is thrown away.
 */
export class Foresight {
  readonly #audio: CallAudio;
  readonly #voice: Voice;
  readonly #mind: Mind;
  #guess: Guess | undefined;
  /** Whose turn it is that may be over. */
  #silent: CallerTurn | undefined;
  #words: Words | undefined;
  /** Counts what made earlier guesses wrong. */
  #round = 0;

  constructor(audio: CallAudio, voice: Voice, mind: Mind) {
    this.#audio = audio;
    this.#voice = voice;
    this.#mind = mind;
  }

  /** The caller begins: an answer will be wanted soon. */
  prepare(): void {
    this.#voice.prepare(this.#audio.rateHz);
    this.#mind.prepare();
  }

  /**
   * There is no sound of the caller's for a moment: words that sound complete may be all there is. In a gap that is long for
   * one within a word the recogniser is asked, too, whose words may lag behind.
   */
  gap(turn: CallerTurn, quietMs: number): void {
    const isNew = this.#silent !== turn;
    this.#silent = turn;
    if (isNew) this.#thinkOfWords(turn);
    if (quietMs >= LONG_GAP_MS)
      void this.#ask(turn, () => this.#words?.turn === turn && this.#words.state !== 'open');
  }

  /** The caller has fallen silent. Whatever goes wrong ahead of time is left to the time itself. */
  async look(turn: CallerTurn): Promise<void> {
    this.#silent = turn;
    await this.#ask(turn, () => true);
  }

  async #ask(turn: CallerTurn, mayBeAll: () => boolean): Promise<void> {
    const round = this.#round;
    const recognition = await turn.preview().catch(() => undefined);
    if (round === this.#round && recognition !== undefined && mayBeAll()) this.#think(turn, recognition);
  }

  /** Words so far; those that sound complete are answered once there is a gap behind them. */
  partial(turn: CallerTurn, text: string, state: WordsSoFar): void {
    if (!this.#mind.goesByWords(1)) return;
    this.#words = { turn, state, recognition: { text, confidence: 1, alternatives: [] } };
    if (this.#silent === turn) this.#thinkOfWords(turn);
  }

  /** The recogniser is asked whether it stands by words that may be all. */
  #thinkOfWords(turn: CallerTurn): void {
    const words = this.#words;
    if (words?.turn !== turn || words.state === 'open') return;
    if (words.state === 'complete') this.#think(turn, words.recognition);
    void this.look(turn);
  }

  #think(turn: CallerTurn, recognition: Recognition): void {
    if (recognition.text === '' || this.#isForeseen(turn, recognition)) return;
    this.#forget();
    try {
      const response = this.#mind.respond(recognition);
      const speech = speechOf(this.#audio, this.#voice, response);
      this.#guess = { turn, recognition, response, speech };
    } catch {
      // The workflow fails again when it is asked in earnest.
    }
  }

  /** The caller goes on: what was thought of is kept for the case that it was a cough. */
  wait(): void {
    this.#round += 1;
    this.#silent = undefined;
  }

  /** Hands over the reply to what turned out to be the whole turn, if it was foreseen; else throws away what was. */
  take(turn: CallerTurn, recognition: Recognition): Foreseen | undefined {
    const guess = this.#guess;
    this.#begin();
    if (this.#isForeseen(turn, recognition)) {
      this.#guess = undefined;
      return guess;
    }
    this.#forget();
    return undefined;
  }

  #isForeseen(turn: CallerTurn, recognition: Recognition): boolean {
    const guess = this.#guess;
    if (guess?.turn !== turn || guess.recognition.text !== recognition.text) return false;
    const { confidence } = recognition;
    return guess.recognition.confidence === confidence || this.#mind.goesByWords(confidence);
  }

  drop(): void {
    this.#begin();
    this.#forget();
  }

  #begin(): void {
    this.#round += 1;
    this.#silent = undefined;
    this.#words = undefined;
  }

  #forget(): void {
    this.#guess?.speech.stop();
    this.#guess?.response.drop();
    this.#guess = undefined;
  }
}
