import { DIGEST_LIMITS } from './limits.ts';

const SCHEME = /^[ \t]*digest[ \t]+/i;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const QUOTED = /"((?:[^"\\]|\\[^\r\n])*)"/y;
const SPACE = /[ \t]*/y;
/** What no header value may carry: any control character but the tab. */
const CONTROL = /[^\P{Cc}\t]/u;

/** What a challenge or credentials say: names in lower case, values without quotes and escapes. */
export type AuthParams = ReadonlyMap<string, string>;

export function isDigest(value: string): boolean {
  return SCHEME.test(value);
}

/**
 * Reads `Digest name=value, name="value", …` (RFC 7235 §2.1, RFC 3261 §25.1). A name that is said twice makes the
 * whole malformed: readers that take the first and readers that take the last could be played against each other.
 * @returns undefined for another scheme, or what is not of this form
 */
export function readDigestParams(value: string): AuthParams | undefined {
  const scheme = SCHEME.exec(value);
  if (scheme === null || value.length > DIGEST_LIMITS.headerCharacters || CONTROL.test(value))
    return undefined;
  const params = new Map<string, string>();
  const reader = new Reader(value, scheme[0].length);
  do {
    reader.take(SPACE);
    // Empty elements of a list are to be accepted (RFC 7230 §7).
    if (reader.isAt(',') || reader.atEnd) continue;
    const name = reader.take(TOKEN)?.toLowerCase();
    if (name === undefined || params.has(name) || params.size === DIGEST_LIMITS.headerParams)
      return undefined;
    reader.take(SPACE);
    if (!reader.skip('=')) return undefined;
    reader.take(SPACE);
    const text = reader.isAt('"') ? unquote(reader.take(QUOTED)) : reader.take(TOKEN);
    if (text === undefined) return undefined;
    params.set(name, text);
    reader.take(SPACE);
  } while (reader.skip(','));
  return reader.atEnd && params.size > 0 ? params : undefined;
}

/** Parts of a header in the order of writing; `quoted` ones may hold anything but control characters. */
export interface WrittenParam {
  readonly name: string;
  readonly value: string;
  readonly quoted: boolean;
}

/**
 * The header value of these parameters.
 * @throws RangeError for a value that no header can carry, such as one with a line break
 */
export function writeDigestParams(params: readonly WrittenParam[]): string {
  return `Digest ${params.map(writeParam).join(', ')}`;
}

function writeParam({ name, value, quoted }: WrittenParam): string {
  if (CONTROL.test(value)) throw new RangeError(`${name} holds a control character`);
  return quoted ? `${name}="${value.replace(/[\\"]/g, '\\$&')}"` : `${name}=${value}`;
}

function unquote(quoted: string | undefined): string | undefined {
  return quoted?.slice(1, -1).replace(/\\(.)/g, '$1');
}

class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  isAt(character: string): boolean {
    return this.#text[this.#at] === character;
  }

  skip(character: string): boolean {
    if (!this.isAt(character)) return false;
    this.#at += 1;
    return true;
  }

  /** What a sticky pattern matches here. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}
