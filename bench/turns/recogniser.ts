import type { SeededRandom } from '../caller/random.ts';

/** A transcript so far, and when it is known. */
export interface PartialTranscript {
  readonly atMs: number;
  readonly words: readonly string[];
}

/** From a word's end until it is in the transcript: log-normal, as streaming recognisers over a network have it. */
const DELAY_MEDIAN_MS = 200;
const DELAY_SIGMA = 0.35;
/** Of all words. */
const WRONG_SHARE = 0.05;
const LOST_SHARE = 0.02;
/** So many are wrong at first and set right a little later. */
const UNSTABLE_SHARE = 0.1;
const SET_RIGHT_MS = 200;

/** How letters and digits are misheard; other words become another word. */
const MISHEARD: readonly (readonly string[])[] = [
  ['five', 'nine'],
  ['to', 'two', 'too'],
  ['four', 'for'],
  ['eight', 'ate', 'a'],
  ['oh', 'zero', 'o'],
  ['b', 'd', 'e', 'p', 't', 'v', 'z', 'c', 'g'],
  ['m', 'n'],
  ['f', 's', 'x'],
  ['a', 'h', 'j', 'k'],
  ['i', 'y'],
  ['q', 'u', 'w'],
  ['third', 'first'],
  ['fourteenth', 'fortieth'],
  ['and', 'in', 'an'],
];
const OTHERS = ['the', 'there', 'sold', 'better', 'hand', 'is', 'stone', 'were'];

/** What a recogniser tells of words as they are said, with errors and delays that are the same for the same draw. */
export function partialsOf(
  words: readonly { readonly word: string; readonly endMs: number }[],
  random: SeededRandom,
): PartialTranscript[] {
  const partials: PartialTranscript[] = [];
  const known: string[] = [];
  let atMs = 0;
  for (const { word, endMs } of words) {
    const delayMs = DELAY_MEDIAN_MS * Math.exp(DELAY_SIGMA * normal(random));
    atMs = Math.max(atMs, endMs + delayMs);
    if (random.chance(LOST_SHARE)) continue;
    const heard = random.chance(WRONG_SHARE) ? misheard(word, random) : word;
    if (random.chance(UNSTABLE_SHARE)) {
      partials.push({ atMs, words: known.concat(misheard(word, random)) });
      atMs += SET_RIGHT_MS;
    }
    known.push(heard);
    partials.push({ atMs, words: known.slice() });
  }
  return partials;
}

function misheard(word: string, random: SeededRandom): string {
  const alike = MISHEARD.find(group => group.includes(word))?.filter(other => other !== word);
  return random.pick(alike ?? OTHERS);
}

/** Box and Muller. */
export function normal(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
