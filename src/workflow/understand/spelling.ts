/** How alike letters sound on a telephone: pairs of one group are taken for one another. */
const SOUND_ALIKE: readonly (readonly [letters: string, cost: number])[] = [
  ['bcdegptvz', 0.4],
  ['mn', 0.25],
  ['fsx', 0.3],
  ['ahjk', 0.5],
  ['iy', 0.4],
  ['quw', 0.5],
  ['ar', 0.6],
];
const OTHER_COST = 1;
const GAP_COST = 0.8;
/** Letters that may be wrong for each letter spelled. */
const MAX_COST_PER_LETTER = 0.34;
const FIRST = 'a'.charCodeAt(0);

const COSTS: readonly (readonly number[])[] = Array.from({ length: 26 }, (_, a) =>
  Array.from({ length: 26 }, (__, b) => letterCost(a, b)),
);

function letterCost(a: number, b: number): number {
  if (a === b) return 0;
  const [one, other] = [a, b].map(index => String.fromCharCode(FIRST + index));
  const group = SOUND_ALIKE.find(([letters]) => letters.includes(one ?? '') && letters.includes(other ?? ''));
  return group?.[1] ?? OTHER_COST;
}

/**
 * The letters that were spelled: "m a p l e", "double l", "m as in mary". A whole word at the end, as in
 * "m a p l e maple", is left out. Undefined when most of the words are no letters.
 */
export function lettersOf(tokens: readonly string[]): string | undefined {
  let letters = '';
  let words = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] ?? '';
    if (token === 'double' && (tokens[index + 1] ?? '').length === 1) {
      letters += tokens[index + 1];
    } else if ((token === 'as' && tokens[index + 1] === 'in') || token === 'for' || token === 'like') {
      index += token === 'as' ? 2 : 1;
    } else if (/^[a-z]$/.test(token)) {
      letters += token;
    } else if (token !== 'double') words += 1;
  }
  return letters.length < 2 || words > letters.length / 2 ? undefined : letters;
}

/** Edit distance of two spellings, letters that sound alike being cheaper to exchange (Levenshtein, weighted). */
function spellingDistance(heard: string, name: string): number {
  let row = Array.from({ length: name.length + 1 }, (_, index) => index * GAP_COST);
  for (let i = 0; i < heard.length; i += 1) {
    const costs = COSTS[heard.charCodeAt(i) - FIRST];
    const below = [(i + 1) * GAP_COST];
    for (let j = 0; j < name.length; j += 1) {
      const exchange = (row[j] ?? 0) + (costs?.[name.charCodeAt(j) - FIRST] ?? OTHER_COST);
      below.push(Math.min(exchange, (row[j + 1] ?? 0) + GAP_COST, (below[j] ?? 0) + GAP_COST));
    }
    row = below;
  }
  return row[name.length] ?? 0;
}

/** How unlike two spellings are, for each letter of the longer one: 0 are the same. */
export function spellingCost(heard: string, name: string): number {
  return spellingDistance(heard, name) / Math.max(heard.length, name.length, 1);
}

export interface Spelled {
  readonly name: string;
  readonly distance: number;
}

/** The names that come nearest to the letters, best first, only those that are near enough; at most `limit`. */
export function nearestSpellings(
  letters: string,
  names: Iterable<string>,
  limit: number,
): readonly Spelled[] {
  const near: Spelled[] = [];
  for (const name of names) {
    const plain = lettersIn(name);
    const bound = MAX_COST_PER_LETTER * Math.max(letters.length, plain.length);
    if (Math.abs(letters.length - plain.length) * GAP_COST > bound) continue;
    const distance = spellingDistance(letters, plain);
    if (distance <= bound) near.push({ name, distance });
  }
  return near.toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1)).slice(0, limit);
}

export function lettersIn(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '');
}

/** A name letter by letter as it is read back: "M, A, P, L, E". */
export function spellOut(name: string): string {
  return [...lettersIn(name).toUpperCase()].join(', ');
}
