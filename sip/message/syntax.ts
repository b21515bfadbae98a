/** The lexical ground of RFC 3261 §25.1: tokens, quoted strings, lists and what may stand in a value at all. */

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LESS = 0x3c;
const GREATER = 0x3e;
const TAB = 0x09;
const DELETE = 0x7f;

/** `token` of §25.1: methods, header names, parameter names, option tags. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * Whether a field value can stand on one line: no CR, LF or other control but the tab, save one that a backslash quotes
 * (`quoted-pair`, which allows every control but CR and LF).
 */
export function isFieldText(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      at++;
      if (text[at] === '\r' || text[at] === '\n') return false;
    } else if ((code < 0x20 && code !== TAB) || code === DELETE) {
      return false;
    }
  }
  return true;
}

/** Without blanks and tabs at the ends. JavaScript's own `trim` takes more, a byte order mark for one. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === TAB;
}

/**
 * Splits at a separator that is outside quoted strings and angle brackets; parts are trimmed. `undefined` when a quote
 * or bracket is left open.
 */
export function splitOutside(text: string, separator: ',' | ';'): string[] | undefined {
  const cut = separator.charCodeAt(0);
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let angled = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) {
      quoted = true;
    } else if (code === LESS || code === GREATER) {
      if (angled === (code === LESS)) return undefined;
      angled = !angled;
    } else if (code === cut && !angled) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  if (quoted || angled) return undefined;
  parts.push(text.slice(start).trim());
  return parts;
}

/** Length of the quoted string that `text` begins with, its quotes included; 0 when it begins with none. */
export function quotedLength(text: string): number {
  if (text.charCodeAt(0) !== QUOTE) return 0;
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return 0;
}

/** What a quoted string says; text without quotes comes back as it is. */
export function unquote(text: string): string {
  return quotedLength(text) === text.length && text.length > 1
    ? text.slice(1, -1).replace(/\\(.)/gs, '$1')
    : text;
}

/**
 * Text as a quoted string. Controls other than CR and LF become quoted pairs, as the grammar allows; CR and LF cannot be
 * said in SIP and are refused by the serialiser.
 */
export function quote(text: string): string {
  let quoted = '"';
  for (const char of text) {
    const code = char.charCodeAt(0);
    const escaped = code === QUOTE || code === BACKSLASH || (code < 0x20 && code !== TAB) || code === DELETE;
    quoted += escaped ? `\\${char}` : char;
  }
  return `${quoted}"`;
}

/** A decimal number in `[0, most]`, or `undefined`; never a float, never negative, whatever its length. */
export function parseNumber(text: string, most: number): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const digits = text.replace(/^0+(?=\d)/, '');
  if (digits.length > 15) return undefined;
  const value = Number(digits);
  return value <= most ? value : undefined;
}
