import type { Recognition } from '../providers/types.ts';
import { Holding } from './holding.ts';
import type { After, CallAudio } from './ports.ts';
import type { Answered } from './reply.ts';
import type { Voice } from './voice.ts';

/** A caller who hears nothing for so long after the last sound is told that it takes a moment. */
const HOLD_AFTER_MS = 2_200;
/** Who was waited for long has to wait so long after the end of the turn. */
const HOLD_AT_ONCE_MS = 500;
const NOTHING: Recognition = { text: '', confidence: 0, alternatives: [] };

interface PatienceParts {
  readonly audio: CallAudio;
  readonly voice: Voice;
  readonly after: After;
  /** Told of an utterance that nobody could recognise, and of words that could not be said. */
  onFault(error: unknown): void;
}

/** Waits for what the caller said, and keeps the caller company where that is late. */
export class Patience {
  readonly #parts: PatienceParts;
  #hasFailed = false;

  constructor(parts: PatienceParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with what was recognised; with nothing where that failed, so that the caller is asked again. Rejects when it
   * fails for the second time in a row.
   */
  async recognise(answered: Answered): Promise<Recognition> {
    const { after, audio, voice, onFault } = this.#parts;
    const silentForMs = answered.endOfTurnMs - answered.lastSoundMs;
    const holdAfterMs = Math.max(HOLD_AT_ONCE_MS, HOLD_AFTER_MS - silentForMs);
    const cancelHolding = after(holdAfterMs, () => {
      answered.holding = new Holding(audio, voice, onFault);
    });
    try {
      answered.recognition = await answered.turn.recognise();
      answered.sttFinalMs = answered.turn.finalMs;
      this.#hasFailed = false;
    } catch (error) {
      if (answered.turn.isCancelled || this.#hasFailed) throw error;
      this.#hasFailed = true;
      onFault(error);
      answered.recognition = NOTHING;
    } finally {
      cancelHolding();
    }
    return answered.recognition;
  }
}
