/** Letters by the words of the radiotelephony alphabet (ITU Radio Regulations, appendix 14). */
const ALPHABET: ReadonlyMap<string, string> = new Map(
  (
    'alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa ' +
    'quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu'
  )
    .split(' ')
    .map(word => [word, word.charAt(0)]),
);
const LEAST_ALPHABET = 3;
/** How recognisers write the names of letters, among letters. */
const NAMED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    bee: 'b',
    be: 'b',
    see: 'c',
    sea: 'c',
    dee: 'd',
    ee: 'e',
    eff: 'f',
    gee: 'g',
    aitch: 'h',
    eye: 'i',
    jay: 'j',
    kay: 'k',
    el: 'l',
    ell: 'l',
    em: 'm',
    en: 'n',
    oh: 'o',
    owe: 'o',
    pea: 'p',
    pee: 'p',
    queue: 'q',
    cue: 'q',
    are: 'r',
    ar: 'r',
    ess: 's',
    tea: 't',
    tee: 't',
    you: 'u',
    vee: 'v',
    ex: 'x',
    why: 'y',
    wye: 'y',
    zee: 'z',
    zed: 'z',
  }),
);

export interface Letters {
  readonly letters: string;
  /** Tokens that they take. */
  readonly length: number;
}

/** Which words count as letters beside letters themselves. */
interface LetterWords {
  /** "em", which elsewhere is a word. */
  readonly named: boolean;
  /** "mike", which elsewhere is a name. */
  readonly alphabet: boolean;
}

/** "m", "m as in mary", "m for mary", "capital m", "double l", "mike". */
export function letterAt(tokens: readonly string[], at: number, words: LetterWords): Letters | undefined {
  const token = tokens[at] ?? '';
  if (token === 'double' || token === 'capital') {
    const next = letterAt(tokens, at + 1, words);
    if (next === undefined || next.letters.length !== 1) return undefined;
    const length = next.length + 1;
    if (token === 'capital') return { letters: next.letters, length };
    return { letters: next.letters === 'u' ? 'w' : next.letters.repeat(2), length };
  }
  const letter = /^[a-z]$/.test(token) ? token : letterOfWord(token, words);
  return letter === undefined
    ? undefined
    : { letters: letter, length: 1 + exampleAt(tokens, at + 1, letter) };
}

function letterOfWord(token: string, { named, alphabet }: LetterWords): string | undefined {
  return (alphabet ? ALPHABET.get(token) : undefined) ?? (named ? NAMED.get(token) : undefined);
}

/** How many tokens give an example of a letter: "as in mary", "for mary", "like mary". */
function exampleAt(tokens: readonly string[], at: number, letter: string): number {
  const lead =
    tokens[at] === 'as' && tokens[at + 1] === 'in' ? 2 : ['for', 'like'].includes(tokens[at] ?? '') ? 1 : 0;
  const example = tokens[at + lead] ?? '';
  return lead > 0 && example.length > 1 && example.startsWith(letter) ? lead + 1 : 0;
}

/** Three words of the alphabet and more in a row: nobody is called so. */
export function alphabetRun(tokens: readonly string[], from: number): Letters | undefined {
  let [letters, at] = ['', from];
  for (
    let letter = ALPHABET.get(tokens[at] ?? '');
    letter !== undefined;
    letter = ALPHABET.get(tokens[at] ?? '')
  ) {
    letters += letter;
    at += 1;
  }
  return letters.length < LEAST_ALPHABET ? undefined : { letters, length: at - from };
}

/** Letters in a row, at least two; names of letters count between others, words of the alphabet unless told otherwise. */
export function readLetters(tokens: readonly string[], from: number, alphabet = true): Letters | undefined {
  let [letters, at] = ['', from];
  for (;;) {
    const isAmid = letters !== '' || letterAt(tokens, at + 1, { named: false, alphabet }) !== undefined;
    const next = letterAt(tokens, at, { named: isAmid, alphabet });
    if (next === undefined) break;
    letters += next.letters;
    at += next.length;
  }
  return letters.length < 2 ? undefined : { letters, length: at - from };
}
