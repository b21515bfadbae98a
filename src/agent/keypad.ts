import { LIMITS } from '../config/limits.ts';
import type { After } from './ports.ts';

/** A pause after which an entry without # is complete. */
const ENTRY_GAP_MS = 3000;

/** Collects DTMF keys to entries: # ends one, or a pause, or the limit of keys. */
export class Keypad {
  readonly #after: After;
  readonly #onEntry: (digits: string) => void;
  #digits = '';
  #kept: string | undefined;
  #cancelGap: (() => void) | undefined;

  constructor(after: After, onEntry: (digits: string) => void) {
    this.#after = after;
    this.#onEntry = onEntry;
  }

  /** True between the first key and the end of the entry. */
  get collecting(): boolean {
    return this.#cancelGap !== undefined;
  }

  press(key: string): void {
    this.#cancelGap?.();
    if (key !== '#') this.#digits += key;
    if (key === '#' || this.#digits.length >= LIMITS.dtmfKeys) this.#complete();
    else this.#cancelGap = this.#after(ENTRY_GAP_MS, () => this.#complete());
  }

  /** Keeps an entry that comes at the wrong time, for `release`. */
  keep(digits: string): void {
    this.#kept = digits;
  }

  /** Tells of the kept entry again; false when there is none. */
  release(): boolean {
    const digits = this.#kept;
    this.#kept = undefined;
    if (digits !== undefined) this.#onEntry(digits);
    return digits !== undefined;
  }

  clear(): void {
    this.#cancelGap?.();
    this.#cancelGap = undefined;
    this.#digits = '';
    this.#kept = undefined;
  }

  #complete(): void {
    const digits = this.#digits;
    this.clear();
    if (digits !== '') this.#onEntry(digits);
  }
}
