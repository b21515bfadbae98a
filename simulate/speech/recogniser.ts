import type { SeededRandom } from '../../bench/caller/random.ts';
import type { Heard } from '../../src/workflow/types.ts';
import type { RecogniserSpec } from './phrasings.ts';

type Speech = Extract<Heard, { type: 'speech' }>;

/** What a recogniser makes of words: lower case, no punctuation, some of them wrong, and how sure it is. */
export class SimulatedRecogniser {
  readonly #spec: RecogniserSpec;
  readonly #homophones: ReadonlyMap<string, readonly string[]>;
  readonly #near: ReadonlyMap<string, readonly string[]>;
  readonly #dropped: ReadonlySet<string>;

  constructor(spec: RecogniserSpec) {
    this.#spec = spec;
    this.#homophones = othersByWord(spec.homophones.groups);
    this.#near = othersByWord(spec.near.groups);
    this.#dropped = new Set(spec.dropped.words);
  }

  /** `misheard` multiplies how often it errs; `lostWords` are cut off at the front. */
  hear(said: string, random: SeededRandom, misheard: number, lostWords = 0): Speech {
    const words = plainWords(said);
    const rest = words.length > lostWords ? words.slice(lostWords) : words;
    const [text, errors] = this.#spoil(rest, random, misheard);
    const [least, most] = this.#spec.confidence;
    let confidence = least + (most - least) * random.next();
    for (let error = 0; error < errors + (lostWords > 0 ? 1 : 0); error += 1) {
      const [worst, best] = this.#spec.perError;
      confidence *= worst + (best - worst) * random.next();
    }
    const isKnown = errors > 0 && random.chance(this.#spec.alternative);
    const [other] = this.#spoil(rest, random, misheard);
    const alternatives = [...new Set([...(isKnown ? [rest.join(' ')] : []), other])];
    return { type: 'speech', text, confidence, alternatives: alternatives.filter(one => one !== text) };
  }

  #spoil(words: readonly string[], random: SeededRandom, misheard: number): readonly [string, number] {
    const { homophones, near, dropped, inserted } = this.#spec;
    const heard: string[] = [];
    let errors = 0;
    for (const word of words) {
      const same = this.#homophones.get(word);
      const alike = this.#near.get(word);
      if (random.chance(inserted.chance * misheard)) heard.push(random.pick(inserted.words));
      if (same !== undefined && random.chance(homophones.chance * misheard)) {
        heard.push(random.pick(same));
      } else if (alike !== undefined && random.chance(near.chance * misheard)) {
        heard.push(random.pick(alike));
      } else if (this.#dropped.has(word) && words.length > 1 && random.chance(dropped.chance * misheard)) {
        continue;
      } else {
        heard.push(word);
        continue;
      }
      errors += 1;
    }
    return [heard.join(' '), errors];
  }
}

/** Punctuation is for people; signs within numbers and addresses stay. */
export function plainWords(said: string): readonly string[] {
  return said
    .toLowerCase()
    .replaceAll('’', "'")
    .split(/\s+/)
    .map(word => word.replaceAll(/^[,.;:!?…"]+|[,.;:!?…"]+$/g, ''))
    .filter(word => word !== '');
}

function othersByWord(groups: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    groups.flatMap(group => group.map(word => [word, group.filter(one => one !== word)] as const)),
  );
}
