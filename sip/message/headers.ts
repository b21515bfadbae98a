import { SipFormatError } from './errors.ts';
import { isFieldText, isToken, splitOutside } from './syntax.ts';

/** Compact forms: RFC 3261 §7.3.3 and the IANA registry of SIP header fields. */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

/** Fields that a message may carry once only; two of them are a 400. */
const SINGLE = new Set([
  'from',
  'to',
  'call-id',
  'cseq',
  'max-forwards',
  'content-length',
  'content-type',
  'content-disposition',
  'date',
  'event',
  'expires',
  'min-expires',
  'min-se',
  'organization',
  'priority',
  'rack',
  'refer-to',
  'referred-by',
  'replaces',
  'retry-after',
  'rseq',
  'server',
  'session-expires',
  'subject',
  'subscription-state',
  'timestamp',
  'user-agent',
]);

/** Lower-case long name of a header field, whatever its spelling; the key under which it is found. */
export function headerKey(name: string): string {
  const lower = name.toLowerCase();
  return lower.length === 1 ? (COMPACT[lower] ?? lower) : lower;
}

/** Whether a second field of this name is an error (`key` in lower case). */
export function isSingleHeader(key: string): boolean {
  return SINGLE.has(key);
}

export interface HeaderField {
  /** As written by whoever made it. */
  readonly name: string;
  readonly key: string;
  /** Unfolded and trimmed; otherwise untouched. */
  readonly value: string;
}

/**
 * The header fields of a message that have no place of their own in SipRequest and SipResponse, in their order, with
 * opaque values. Names are found without case and in their compact form.
 */
export class Headers {
  readonly #fields: HeaderField[];

  constructor(fields: Iterable<HeaderField> = []) {
    this.#fields = [...fields];
  }

  /** From names and values: `Headers.of({ Allow: 'INVITE, ACK', Supported: ['timer', '100rel'] })`. */
  static of(values: Readonly<Record<string, string | readonly string[]>>): Headers {
    const headers = new Headers();
    for (const [name, value] of Object.entries(values))
      for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one);
    return headers;
  }

  /** Value of the first field of this name. */
  get(name: string): string | undefined {
    const key = headerKey(name);
    return this.#fields.find(field => field.key === key)?.value;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Values of all fields of this name, one a line. */
  all(name: string): string[] {
    const key = headerKey(name);
    return this.#fields.filter(field => field.key === key).map(({ value }) => value);
  }

  /** Values of a list header (`Supported: a, b`) over all its lines; empty and unbalanced ones are left out. */
  list(name: string): string[] {
    return this.all(name).flatMap(value => splitOutside(value, ',')?.filter(part => part !== '') ?? []);
  }

  /** Adds a field at the end. Throws SipFormatError for a name that is no token or a value with a line break. */
  append(name: string, value: string): this {
    if (!isToken(name) || !isFieldText(value))
      throw new SipFormatError('a header field that cannot be written');
    this.#fields.push({ name, key: headerKey(name), value });
    return this;
  }

  /** Replaces all fields of this name by one. Throws as `append` does. */
  set(name: string, value: string): this {
    return this.remove(name).append(name, value);
  }

  remove(name: string): this {
    const key = headerKey(name);
    for (let at = this.#fields.length - 1; at >= 0; at--)
      if (this.#fields[at]?.key === key) this.#fields.splice(at, 1);
    return this;
  }

  copy(): Headers {
    return new Headers(this.#fields);
  }

  [Symbol.iterator](): Iterator<HeaderField> {
    return this.#fields[Symbol.iterator]();
  }
}
