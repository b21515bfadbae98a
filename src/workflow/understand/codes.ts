import { digitPiece } from './digits.ts';
import { letterAt } from './letters.ts';
import type { PhraseMatch } from './phrases.ts';

/** Said between the characters. */
const BETWEEN: ReadonlySet<string> = new Set(
  'dash hyphen space slash then and the letter letters number numbers capital'.split(' '),
);
const SOUND_LIKE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    to: '2',
    too: '2',
    for: '4',
    won: '1',
    ate: '8',
    tree: '3',
    niner: '9',
  }),
);
/** Words of two letters and more that are no letters written together. */
const WORDS: ReadonlySet<string> = new Set(
  "is it my no so on in at to of as an or if we he me up be us do go by am i'm it's that the its are you see for and".split(
    ' ',
  ),
);
/** From so many characters on it was meant to be one. */
const FEWEST = 3;
const CLASSES: Readonly<Record<string, RegExp>> = { A: /[A-Z]/, 9: /\d/, X: /[A-Z0-9]/ };

interface Piece {
  readonly characters: string;
  readonly length: number;
}

/** A code by its pattern of A (a letter), 9 (a digit) and X (either); none where it is too short, too long or another one. */
export function readCode(
  tokens: readonly string[],
  from: number,
  pattern: string,
  asked: boolean,
): PhraseMatch<readonly string[]> | undefined {
  const classes = [...pattern.replaceAll('-', '')];
  const furthest: Furthest = { at: from, characters: 0, failed: new Set() };
  const found = match(tokens, from, classes, '', furthest);
  if (found === undefined) {
    if (!asked || furthest.characters < Math.min(FEWEST, classes.length)) return undefined;
    return { value: [], length: furthest.at - from };
  }
  const more = digitPiece(tokens, found.at);
  if (more !== undefined) return asked ? { value: [], length: found.at + more.length - from } : undefined;
  return { value: [withDashes(found.code, pattern)], length: found.at - from };
}

/** How far a match came, and from where on there is none, by token and character. */
interface Furthest {
  at: number;
  characters: number;
  readonly failed: Set<string>;
}

/** The code with the dashes that its pattern has. */
function withDashes(code: string, pattern: string): string {
  let at = 0;
  return [...pattern].map(sign => (sign === '-' ? '-' : code[at++])).join('');
}

function match(
  tokens: readonly string[],
  at: number,
  classes: readonly string[],
  code: string,
  furthest: Furthest,
): { readonly code: string; readonly at: number } | undefined {
  if (code.length > furthest.characters) Object.assign(furthest, { at, characters: code.length });
  if (code.length === classes.length) return { code, at };
  const place = `${at} ${code.length}`;
  if (furthest.failed.has(place)) return undefined;
  for (const { characters, length } of piecesAt(tokens, at)) {
    const fits =
      code.length + characters.length <= classes.length &&
      [...characters].every((one, index) => CLASSES[classes[code.length + index] ?? '']?.test(one));
    const found = fits ? match(tokens, at + length, classes, code + characters, furthest) : undefined;
    if (found !== undefined) return found;
  }
  const isBetween = code !== '' && BETWEEN.has(tokens[at] ?? '');
  const found = isBetween ? match(tokens, at + 1, classes, code, furthest) : undefined;
  if (found === undefined) furthest.failed.add(place);
  return found;
}

/** What the words from a place on may be a piece of, the likeliest first. */
function piecesAt(tokens: readonly string[], at: number): readonly Piece[] {
  const token = tokens[at] ?? '';
  const pieces: Piece[] = [];
  const digits = digitPiece(tokens, at);
  const letter = letterAt(tokens, at, { named: true, alphabet: true });
  if (letter !== undefined) pieces.push({ characters: letter.letters.toUpperCase(), length: letter.length });
  if (digits !== undefined) pieces.push({ characters: digits.digits, length: digits.length });
  const digit = SOUND_LIKE.get(token);
  if (digit !== undefined) pieces.push({ characters: digit, length: 1 });
  const isWritten = /^[a-z0-9]{2,}$/.test(token) && !WORDS.has(token) && digits === undefined;
  if (isWritten && (/\d/.test(token) || token.length <= 4))
    pieces.push({ characters: token.toUpperCase(), length: 1 });
  // "oh" is a zero rather than a letter where both may stand.
  return token === 'oh' ? pieces.toReversed() : pieces;
}
