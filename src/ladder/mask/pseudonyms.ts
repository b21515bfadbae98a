import { LIMITS } from '../../config/limits.ts';

/** What stands where nothing may be told, not even whether two are the same. */
export const MASKED = 'masked';

/** What is no person but the wish to be none (RFC 3323 §4.1.1.3, RFC 3325 §9.1, 3GPP TS 24.607). */
const NOBODY = new Set(['anonymous', 'restricted', 'unavailable', 'unknown']);
const NUMBER = /^\+?[\d\s().*#-]+$/;
/** From this many digits on the last two do not tell the number. */
const TELLING_DIGITS = 7;

/**
 * Names for what may not be told, within one ladder: the same value is always called the same, so that parties and
 * nonces can be told apart, and a name tells nothing of its value but a number's last two digits.
 */
export class Pseudonyms {
  readonly #names = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  /** `kind-1`, `kind-2`, … in the order of their first use. */
  of(kind: 'user' | 'name' | 'nonce' | 'opaque', value: string): string {
    return `${kind}-${this.#place(kind, value)}`;
  }

  /**
   * A user part or display name. Numbers become `+00000123`, which no number is: the plus where there was one, two
   * zeros, four digits of a place in the ladder, and the last two of a number of seven or more. However a number is
   * written, its place is the same.
   */
  party(kind: 'user' | 'name', text: string): string {
    if (NOBODY.has(text.toLowerCase())) return text;
    return NUMBER.test(text) && /\d/.test(text) ? this.number(text) : this.of(kind, text);
  }

  /** A telephone number, as `party` says. */
  number(text: string): string {
    const digits = text.replace(/\D/g, '');
    const place = this.#place('number', digits.replace(/^0+/, ''));
    const last = digits.length < TELLING_DIGITS ? '' : digits.slice(-2);
    return `${text.startsWith('+') ? '+' : ''}00${String(place).padStart(4, '0')}${last}`;
  }

  /** Counted from 1; all beyond the limit share 0. */
  #place(kind: string, value: string): number {
    const key = `${kind} ${value}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    if (this.#names.size >= LIMITS.ladderPseudonyms) return 0;
    const place = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, place);
    this.#names.set(key, place);
    return place;
  }
}
