import { digitPiece } from './digits.ts';
import { alphabetRun, letterAt } from './letters.ts';
import { ZERO } from './numbers.ts';
import { type PhraseMatch, PhraseTable } from './phrases.ts';

/** An address as it is stored, lower case; of those that RFC 5321 allows the ones that people have. */
export const EMAIL =
  /^(?=.{6,254}$)(?=.{1,64}@)[a-z0-9](?:[._+-]?[a-z0-9])*@[a-z0-9](?:-?[a-z0-9])*(?:\.[a-z0-9](?:-?[a-z0-9])*)*\.[a-z]{2,12}$/;

const SIGNS = new PhraseTable<string>([
  ['dot', '.'],
  ['period', '.'],
  ['point', '.'],
  ['underscore', '_'],
  ['under score', '_'],
  ['dash', '-'],
  ['hyphen', '-'],
  ['minus', '-'],
  ['plus', '+'],
  ['plus sign', '+'],
]);
/** Said beside the characters. */
const ASIDES = new PhraseTable<true>(
  [
    'all one word',
    'one word',
    'all together',
    'all lowercase',
    'all lower case',
    'lowercase',
    'lower case',
    'no spaces',
    'no space',
    'the number',
    'the letter',
    'the letters',
    'then',
    'capital',
    'like',
  ].map(phrase => [phrase, true]),
);
/** Whatever stands before one of these is no part of an address. */
const NEVER: ReadonlySet<string> = new Set(
  (
    "my email e-mail address is it's its that's this i'm i've yes yeah no nope sorry actually and to me use have can reach " +
    'send think believe guess would be should you at or but wait mean yours your contact@ what why how'
  ).split(' '),
);
/** The same, but where an address is nothing but it: "it at harbor dot com". */
const SELDOM: ReadonlySet<string> = new Set(
  'it make made that said say says was were want rather put down try write type like called name names please not now the for told you last time again'.split(
    ' ',
  ),
);
/** What people leave out behind names that everybody knows. */
const PROVIDERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    gmail: 'com',
    googlemail: 'com',
    yahoo: 'com',
    hotmail: 'com',
    outlook: 'com',
    aol: 'com',
    icloud: 'com',
    live: 'com',
    msn: 'com',
    protonmail: 'com',
    proton: 'me',
    comcast: 'net',
    verizon: 'net',
    att: 'net',
  }),
);
const TOP_DOMAINS: ReadonlySet<string> = new Set(
  'com net org edu gov us io co biz info ai me tv uk ca de fr es it nl eu app dev tech pro law agency insure'.split(
    ' ',
  ),
);
const TLD_BEHIND: ReadonlySet<string> = new Set(['co', 'com']);

const ENDS: ReadonlySet<string> = new Set('at dot underscore dash hyphen period point'.split(' '));

interface Piece {
  readonly characters: string;
  readonly length: number;
}

/** "john dot smith at gmail dot com", "j smith forty two at yahoo", spelled or said, or as it is written. */
export function readEmail(
  tokens: readonly string[],
  from: number,
): PhraseMatch<readonly string[]> | undefined {
  const written = tokens[from] ?? '';
  if (written.includes('@')) return { value: EMAIL.test(written) ? [written] : [], length: 1 };
  let [local, at] = ['', from];
  while (at < tokens.length && tokens[at] !== 'at') {
    const piece = pieceAt(tokens, at, local);
    if (piece === undefined) return undefined;
    local += piece.characters;
    at += piece.length;
  }
  if (local === '' || at >= tokens.length) return undefined;
  const domain = readDomain(tokens, at + 1);
  if (domain === undefined) return undefined;
  const email = `${local}@${domain.characters}`;
  return { value: EMAIL.test(email) ? [email] : [], length: at + 1 + domain.length - from };
}

function pieceAt(tokens: readonly string[], at: number, before: string): Piece | undefined {
  const token = tokens[at] ?? '';
  const aside = ASIDES.at(tokens, at);
  if (aside !== undefined) return { characters: '', length: aside.length };
  const sign = SIGNS.at(tokens, at);
  if (sign !== undefined) return { characters: sign.value, length: sign.length };
  if (NEVER.has(token) || (SELDOM.has(token) && !(before === '' && ENDS.has(tokens[at + 1] ?? ''))))
    return undefined;
  return zeroAt(tokens, at, before) ?? spelledAt(tokens, at) ?? numberAt(tokens, at) ?? wordAt(token);
}

/** "oh" is a zero among digits, and a letter elsewhere. */
function zeroAt(tokens: readonly string[], at: number, before: string): Piece | undefined {
  const token = tokens[at] ?? '';
  if (token !== 'o' && token !== 'oh') return undefined;
  const next = tokens[at + 1] ?? 'at';
  const isAmid =
    /\d$/.test(before) && (next === 'at' || ZERO.has(next) || digitPiece(tokens, at + 1) !== undefined);
  if (isAmid) return { characters: '0', length: 1 };
  return token === 'oh' ? { characters: 'o', length: 1 } : undefined;
}

function spelledAt(tokens: readonly string[], at: number): Piece | undefined {
  const told = alphabetRun(tokens, at) ?? letterAt(tokens, at, { named: false, alphabet: false });
  return told && { characters: told.letters, length: told.length };
}

function numberAt(tokens: readonly string[], at: number): Piece | undefined {
  const piece = digitPiece(tokens, at);
  return piece && { characters: piece.digits, length: piece.length };
}

function wordAt(token: string): Piece | undefined {
  const characters = token.replaceAll(/[^a-z0-9]/g, '');
  return characters === '' ? undefined : { characters, length: 1 };
}

/** What stands behind the at, up to a top domain. */
function readDomain(tokens: readonly string[], from: number): Piece | undefined {
  const labels: string[] = [''];
  let at = from;
  while (at < tokens.length) {
    const token = tokens[at] ?? '';
    const label = labels.at(-1) ?? '';
    if (token === 'dotcom') return { characters: `${labels.join('.')}.com`, length: at + 1 - from };
    if (token === 'dot' || token === 'period' || token === 'point') {
      if (label === '') return undefined;
      labels.push('');
      at += 1;
      continue;
    }
    if (PROVIDERS.has(label) && labels.length === 1) break;
    const piece = pieceAt(tokens, at, label);
    if (piece === undefined || /[_.+]/.test(piece.characters)) break;
    labels[labels.length - 1] = label + piece.characters;
    at += piece.length;
    if (
      labels.length > 1 &&
      TOP_DOMAINS.has(labels.at(-1) ?? '') &&
      !goesOn(tokens, at, labels.at(-1) ?? '')
    ) {
      return { characters: labels.join('.'), length: at - from };
    }
  }
  const provider = labels.length === 1 ? PROVIDERS.get(labels[0] ?? '') : undefined;
  return provider === undefined ? undefined : { characters: `${labels[0]}.${provider}`, length: at - from };
}

/** "dot co dot uk"; spelled "c o m" begins like "co". */
function goesOn(tokens: readonly string[], at: number, label: string): boolean {
  if (tokens[at] === 'dot' && TLD_BEHIND.has(label)) return true;
  return tokens[at]?.length === 1 && TOP_DOMAINS.has(label + tokens[at]);
}
