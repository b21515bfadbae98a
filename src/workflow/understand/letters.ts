/** Letters by the words of the radiotelephony alphabet (ITU Radio Regulations, appendix 14). */
const ALPHABET: ReadonlyMap<string, string> = new Map(
  (
    'alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa ' +
    'quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu'
  )
    .split(' ')
    .map(word => [word, word.charAt(0)]),
);
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

/** "m", "m as in mary", "m for mary", "capital m", "double l", "mike"; `named` also "em", which elsewhere is a word. */
export function letterAt(tokens: readonly string[], at: number, named: boolean): Letters | undefined {
  const token = tokens[at] ?? '';
  if (token === 'double' || token === 'capital') {
    const next = letterAt(tokens, at + 1, named);
    if (next === undefined || next.letters.length !== 1) return undefined;
    if (token === 'double' && next.letters === 'u') return { letters: 'w', length: next.length + 1 };
    return { letters: token === 'double' ? next.letters.repeat(2) : next.letters, length: next.length + 1 };
  }
  const letter = /^[a-z]$/.test(token)
    ? token
    : (ALPHABET.get(token) ?? (named ? NAMED.get(token) : undefined));
  if (letter === undefined) return undefined;
  return { letters: letter, length: 1 + exampleAt(tokens, at + 1, letter) };
}

/** How many tokens give an example of a letter: "as in mary", "for mary", "like mary". */
function exampleAt(tokens: readonly string[], at: number, letter: string): number {
  const lead =
    tokens[at] === 'as' && tokens[at + 1] === 'in' ? 2 : ['for', 'like'].includes(tokens[at] ?? '') ? 1 : 0;
  const example = tokens[at + lead] ?? '';
  return lead > 0 && example.length > 1 && example.startsWith(letter) ? lead + 1 : 0;
}

/** Letters in a row, at least two; names of letters count between others. */
export function readLetters(tokens: readonly string[], from: number): Letters | undefined {
  let [letters, at] = ['', from];
  for (;;) {
    const named = letters !== '' || letterAt(tokens, at + 1, false) !== undefined;
    const next = letterAt(tokens, at, named && at < tokens.length);
    if (next === undefined) break;
    letters += next.letters;
    at += next.length;
  }
  return letters.length < 2 ? undefined : { letters, length: at - from };
}
