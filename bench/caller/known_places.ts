import type { Places } from '../../src/workflow/places.ts';
import { SeededRandom } from './random.ts';
import type { Script } from './script.ts';
import type { KnownPlaces } from './slot_speech.ts';

/** Names that the caller tells apart from each of the script's own: those that look most alike, and some at random. */
const MOST_ALIKE = 40;
const AT_RANDOM = 40;

/**
 * The places that the caller has an ear for. A read-back that is wrong is mostly so by a name that resembles the right
 * one, so these are what must not be taken for it.
 */
export function knownPlaces(places: Places, script: Script): KnownPlaces {
  const allStreets = [...places.streets].flatMap(([name, types]) => types.map(type => `${name} ${type}`));
  const own = Object.values(script.slots).map(String);
  return {
    streets: sample(
      allStreets,
      own.filter(value => allStreets.includes(value)),
      script.seed,
    ),
    towns: sample(
      [...places.towns.keys()],
      own.filter(value => places.towns.has(value)),
      script.seed,
    ),
  };
}

function sample(all: readonly string[], own: readonly string[], seed: number): string[] {
  const random = new SeededRandom(seed, 'known places');
  const chosen = new Set(own);
  for (const name of own) {
    const ranked = all
      .map(other => [other, unlikeness(name, other)] as const)
      .toSorted((a, b) => a[1] - b[1]);
    for (const [other] of ranked.slice(0, MOST_ALIKE)) chosen.add(other);
  }
  for (let i = 0; i < AT_RANDOM && all.length > 0; i += 1) chosen.add(random.pick(all));
  return [...chosen];
}

/** Edits that lead from one name to the other, in relation to their length (Levenshtein). */
function unlikeness(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 0; i < one.length; i += 1) {
    const below = [i + 1];
    for (let j = 0; j < other.length; j += 1) {
      const exchange = row[j]! + (one[i] === other[j] ? 0 : 1);
      below.push(Math.min(exchange, row[j + 1]! + 1, below[j]! + 1));
    }
    row = below;
  }
  return row[other.length]! / Math.max(one.length, other.length);
}
