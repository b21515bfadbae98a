import type { SpokenWord } from '../../src/providers/types.ts';
import type { ScriptedWord } from '../../test/providers/servers/scripted_words.ts';

/** What somebody has begun to say: its sound at 8 kHz as it goes out, and its words. */
interface Spoken {
  readonly pcm: Int16Array;
  readonly words: readonly SpokenWord[];
  /** Places of the words that a recogniser was told of. */
  readonly told: Set<number>;
}

/** A sound that may be heard. */
interface Entry {
  /** Nobody says it any more. */
  leave(): void;
  /** The words of it that a recogniser was told of so far. */
  heard(): string;
}

const RATE_HZ = 8000;
/** Louder than a line's noise. */
const LOUD = 350;
/** So much of a sound is looked for, of every second sample. */
const PROBE_MS = 120;
const STEP = 2;
/** Correlation of a sound with itself after telephone codecs and filters; other sounds stay below 0.5. */
const LEAST_ALIKE = 0.7;
/** The same of every fourth sample. */
const PROMISING = 0.4;
const QUARTER = 4;
/** What is not found in so much sound is nothing that was said. */
const GIVEN_UP_MS = 700;
/** A word that began so long before a segment was told with the one before. */
const TOLD_MS = 60;

/**
 * Knows what is being said by its sound alone: what a recogniser is given is looked for among all that callers say at the
 * moment. So nothing is heard that did not cross the wire, and of words only those whose sound did.
 */
export class SpokenBook {
  readonly #speaking = new Set<Spoken>();

  /** From now on it may be heard, until it is taken out. */
  enter(pcm: Int16Array, words: readonly SpokenWord[]): Entry {
    const spoken: Spoken = { pcm: everyOther(pcm), words, told: new Set() };
    this.#speaking.add(spoken);
    return {
      leave: () => void this.#speaking.delete(spoken),
      heard: () =>
        words
          .filter((_, at) => spoken.told.has(at))
          .map(({ word }) => word)
          .join(' '),
    };
  }

  /** Words in the sound that begins so, in ms of it; undefined while there is too little of it. */
  wordsIn(head: Int16Array, rateHz: number): readonly ScriptedWord[] | undefined {
    const heard = everyOther(rateHz === RATE_HZ ? head : everyOther(head));
    const first = heard.findIndex(sample => Math.abs(sample) > LOUD);
    const length = (PROBE_MS * RATE_HZ) / 1000 / STEP;
    if (first < 0 || heard.length < first + length) return undefined;
    let best: { readonly spoken: Spoken; readonly at: number; readonly alike: number } | undefined;
    for (const spoken of this.#speaking) {
      const found = find(heard.subarray(first, first + length), spoken.pcm);
      if (found.alike > (best?.alike ?? LEAST_ALIKE)) best = { spoken, ...found };
    }
    if (best === undefined) return msOf(heard.length - first) > GIVEN_UP_MS ? [] : undefined;
    const { spoken } = best;
    const words = placed(spoken, msOf(first - best.at));
    // Who else says the same with the same voice can't be told from them.
    for (const other of this.#speaking)
      if (isSame(other, spoken)) for (const at of spoken.told) other.told.add(at);
    return words;
  }
}

function isSame(one: Spoken, other: Spoken): boolean {
  return (
    one.pcm.length === other.pcm.length &&
    one.words.length === other.words.length &&
    one.words.every(({ word }, at) => word === other.words[at]?.word)
  );
}

function msOf(samples: number): number {
  return (samples * STEP * 1000) / RATE_HZ;
}

/** Half the rate; what lies above is averaged away. */
function everyOther(pcm: Int16Array): Int16Array {
  return Int16Array.from({ length: pcm.length >> 1 }, (_, at) => (pcm[2 * at]! + pcm[2 * at + 1]!) / 2);
}

/** Where in a longer sound it is most like it. What a quarter of the samples does not promise is not looked at further. */
function find(probe: Int16Array, pcm: Int16Array): { readonly at: number; readonly alike: number } {
  const own = energy(probe, 0, probe.length);
  let best = { at: 0, alike: 0 };
  let there = energy(pcm, 0, probe.length);
  for (let at = 0; at + probe.length <= pcm.length; at += 1) {
    const size = Math.sqrt(own * there);
    if (there > own / 400 && QUARTER * product(probe, pcm, at, QUARTER) > PROMISING * size) {
      const alike = product(probe, pcm, at, 1) / size;
      if (alike > best.alike) best = { at, alike };
    }
    there += (pcm[at + probe.length] ?? 0) ** 2 - pcm[at]! ** 2;
  }
  return best;
}

function product(probe: Int16Array, pcm: Int16Array, at: number, step: number): number {
  let sum = 0;
  for (let i = 0; i < probe.length; i += step) sum += probe[i]! * pcm[at + i]!;
  return sum;
}

function energy(pcm: Int16Array, from: number, length: number): number {
  let sum = 0;
  for (let at = from; at < Math.min(pcm.length, from + length); at += 1) sum += pcm[at]! ** 2;
  return sum;
}

/** The words that begin in a sound which begins `-shiftMs` after them. */
function placed({ words, told }: Spoken, shiftMs: number): readonly ScriptedWord[] {
  return words.flatMap(({ word, startMs, endMs }, at): readonly ScriptedWord[] => {
    if (startMs + shiftMs < -TOLD_MS) return [];
    told.add(at);
    return [{ word, startMs: startMs + shiftMs, endMs: endMs + shiftMs, confidence: 0.95 }];
  });
}

/** Words without times: each a share of the sound by its length. */
export function sharedOut(text: string, pcm: Int16Array): readonly SpokenWord[] {
  const words = text.split(' ').filter(word => word !== '');
  const fromMs = (pcm.findIndex(sample => Math.abs(sample) > LOUD) * 1000) / RATE_HZ;
  const toMs = (pcm.findLastIndex(sample => Math.abs(sample) > LOUD) * 1000) / RATE_HZ;
  const total = words.reduce((sum, { length }) => sum + length + 1, 0);
  let before = 0;
  return words.map(word => {
    const startMs = fromMs + ((toMs - fromMs) * before) / total;
    before += word.length + 1;
    return { word, startMs, endMs: fromMs + ((toMs - fromMs) * before) / total };
  });
}
