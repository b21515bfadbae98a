import { LIMITS } from '../../config/limits.ts';
import type { After } from '../ports.ts';

/** A caller who hears nothing for so long after the turn is told that it takes a moment. */
const FILLER_AFTER_MS = 1000;
/** The same of one who was told something before a tool was called. */
const FILLER_AFTER_WORDS_MS = 2500;

export interface WaitingParts {
  readonly after: After;
  /** Nobody holds the line for a model that has nothing to say; a text may take its time. */
  readonly isPatient: boolean;
  /** Said when it takes long, where there is something to say. */
  readonly filler: string | undefined;
  onFiller(words: string): void;
  /** Milliseconds; LIMITS.modelPatienceMs by default. */
  readonly patienceMs?: number;
  /** The model has had no sentence for so long. */
  onLate(): void;
}

/** Watches over how long a caller waits for words, from the end of the turn on. */
export class Waiting {
  readonly #parts: WaitingParts;
  #isCommitted = false;
  /** Since the model was asked last, and at all. */
  #hasWords = false;
  #hadWords = false;
  #hasFilled = false;
  #toolFiller: string | undefined;
  #cancelFiller: (() => void) | undefined;
  #cancelLate: () => void = () => undefined;

  constructor(parts: WaitingParts) {
    this.#parts = parts;
  }

  /** The turn is over: the caller waits. */
  commit(): void {
    this.#isCommitted = true;
    if (this.#hasWords) return;
    this.#fillAfter(FILLER_AFTER_MS);
    this.#expectWords();
  }

  /** There are words. */
  said(): void {
    this.#hasWords = true;
    this.#hadWords = true;
    this.#cancelLate();
    this.#cancelFiller?.();
    this.#cancelFiller = undefined;
  }

  /** The model waits for a tool, so that nobody waits for the model. */
  toolsBegun(filler: string | undefined): void {
    this.#cancelLate();
    this.#toolFiller = filler;
    if (this.#cancelFiller === undefined)
      this.#fillAfter(this.#hadWords ? FILLER_AFTER_WORDS_MS : FILLER_AFTER_MS);
  }

  /** The model is asked again. */
  askedAgain(): void {
    this.#toolFiller = undefined;
    this.#hasWords = false;
    this.#expectWords();
  }

  close(): void {
    this.#cancelLate();
    this.#cancelFiller?.();
  }

  #expectWords(): void {
    const { isPatient, patienceMs = LIMITS.modelPatienceMs, after, onLate } = this.#parts;
    if (isPatient || !this.#isCommitted) return;
    this.#cancelLate = after(patienceMs, () => onLate());
  }

  #fillAfter(delayMs: number): void {
    if (this.#hasFilled) return;
    this.#cancelFiller = this.#parts.after(delayMs, () => {
      this.#cancelFiller = undefined;
      const words = this.#toolFiller ?? this.#parts.filler;
      if (words === undefined) return;
      this.#hasFilled = true;
      this.#parts.onFiller(words);
    });
  }
}
