/** Words in which nothing is drawn together, each with the place of the word that it was in. */
export interface PlainWords {
  readonly words: readonly string[];
  readonly places: readonly number[];
}

const WHOLE: Readonly<Record<string, string>> = {
  "can't": 'can not',
  cannot: 'can not',
  "won't": 'will not',
  "shan't": 'shall not',
  "let's": 'let us',
  gonna: 'going to',
  wanna: 'want to',
  gotta: 'got to',
};
/** Words of which an `'s` is "is"; elsewhere it may be of the owner. */
const IS = new Set('it that what who how where there here when why he she everything'.split(' '));
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/n't$/, ' not'],
  [/'re$/, ' are'],
  [/'m$/, ' am'],
  [/'ll$/, ' will'],
  [/'ve$/, ' have'],
  [/'d$/, ' would'],
];

/** "Don't" and "do not" become the same words. */
export function plainWords(tokens: readonly string[]): PlainWords {
  const told = tokens.flatMap((token, place) => partsOf(token).map(word => [word, place] as const));
  return { words: told.map(([word]) => word), places: told.map(([, place]) => place) };
}

function partsOf(token: string): readonly string[] {
  const whole = Object.hasOwn(WHOLE, token) ? WHOLE[token] : undefined;
  if (whole !== undefined) return whole.split(' ');
  if (!token.includes("'")) return [token];
  const [before = '', after] = token.split("'");
  if (after === 's') return IS.has(before) ? [before, 'is'] : [`${before}s`];
  const [pattern, words] = ENDINGS.find(([ending]) => ending.test(token)) ?? [/$/, ''];
  return token.replace(pattern, words).replaceAll("'", '').split(' ');
}
