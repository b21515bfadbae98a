import type { Recognition } from '../providers/types.ts';
import { AgentSpeech } from './agent_speech.ts';
import type { CallerTurn } from './caller_turn.ts';
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
  readonly text: string;
}

/**
 * Gets the reply ready while the caller may have come to an end: what was said so far is answered, and the first sentence
 * rendered, but nothing is said and nothing done. Where that was all, the reply is there at once; otherwise it is thrown away.
 */
export class Foresight {
  readonly #audio: CallAudio;
  readonly #voice: Voice;
  readonly #respond: (recognition: Recognition) => Response;
  #guess: Guess | undefined;
  /** Counts what made earlier guesses wrong. */
  #round = 0;

  constructor(audio: CallAudio, voice: Voice, respond: (recognition: Recognition) => Response) {
    this.#audio = audio;
    this.#voice = voice;
    this.#respond = respond;
  }

  /** The caller has fallen silent. Whatever goes wrong ahead of time is left to the time itself. */
  async look(turn: CallerTurn): Promise<void> {
    const round = this.#round;
    const recognition = await turn.preview().catch(() => undefined);
    if (round !== this.#round || recognition === undefined || recognition.text === '') return;
    if (this.#guess?.turn === turn && this.#guess.text === recognition.text) return;
    this.#forget();
    try {
      const response = this.#respond(recognition);
      const speech = new AgentSpeech(this.#audio, this.#voice, response.sentences);
      this.#guess = { turn, text: recognition.text, response, speech };
    } catch {
      // The workflow fails again when it is asked in earnest.
    }
  }

  /** The caller goes on: what was thought of is kept for the case that it was a cough. */
  wait(): void {
    this.#round += 1;
  }

  /** Hands over the reply to what turned out to be the whole turn, if it was foreseen; else throws away what was. */
  take(turn: CallerTurn, { text }: Recognition): Foreseen | undefined {
    const guess = this.#guess;
    this.#round += 1;
    if (guess?.turn === turn && guess.text === text) {
      this.#guess = undefined;
      return guess;
    }
    this.#forget();
    return undefined;
  }

  drop(): void {
    this.#round += 1;
    this.#forget();
  }

  #forget(): void {
    this.#guess?.speech.stop();
    this.#guess?.response.drop();
    this.#guess = undefined;
  }
}
