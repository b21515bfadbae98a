import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { within } from '../providers/failover/timing.ts';
import type { Expectation, Recognition, Stt } from '../providers/types.ts';
import type { After } from './ports.ts';

/**
 * What somebody wants who says a word or two over the agent: that it be silent and listen, that what they said be answered
 * (a no, or to hear it again), that just these words be (`words`; `digit` where a number may be asked for), that it go on,
 * since it was a nod, or nothing that was understood: more may follow.
 */
export type Interjection = 'listen' | 'answer' | 'words' | 'digit' | 'nod' | 'nothing';

/** Understands what is too short to be an interruption by its length. */
export interface InterjectionEar {
  /** Takes all of it with a little before and after, 16 bits at `rateHz`. Never rejects: what comes too late is nothing. */
  understand(pcm: Int16Array, rateHz: PipelineRateHz): Promise<Interjection>;
}

/** By words. What is none of them is there to be taken for none. */
const WORDS: Readonly<Record<Exclude<Interjection, 'nothing'>, readonly string[]>> = {
  listen: [
    'stop',
    'wait',
    'wait wait',
    'wait a moment',
    'wait a minute',
    'wait a second',
    'hold on',
    'hang on',
    'one moment',
    'one second',
    'just a moment',
    'just a second',
    'just a minute',
    'excuse me',
    'hello',
  ],
  answer: [
    'no',
    'no no',
    'no no no',
    "no that's wrong",
    "that's wrong",
    'go back',
    'say that again',
    'repeat that',
    'what did you say',
    'sorry',
  ],
  words: ['operator'],
  digit: ['zero'],
  nod: [
    'yes',
    'yeah',
    'yep',
    'yes yes',
    'yeah yeah',
    'right',
    'okay',
    'sure',
    'i see',
    'uh huh',
    'mm hm',
    'mm',
    'hm',
    'oh',
    'oh okay',
    'good',
    'fine',
    'thanks',
    'thank you',
    'all right',
    'got it',
    'of course',
    'exactly',
    "that's right",
  ],
};

/** What is left of the agent's own voice is often taken for these, so that they ask for nothing. */
const OTHER_WORDS = ['pardon', 'be quiet', 'and', 'the', 'see', 'two', 'four', 'five'];

const MEANINGS: ReadonlyMap<string, Interjection> = new Map([
  ...(Object.keys(WORDS) as (keyof typeof WORDS)[]).flatMap(meaning =>
    WORDS[meaning].map(text => [text, meaning] as const),
  ),
  ...OTHER_WORDS.map(text => [text, 'nothing'] as const),
]);

/** Words that no question need have in its grammar are understood by this one. */
export const INTERJECTIONS: Expectation = {
  id: 'interjections',
  jsgf: `#JSGF V1.0;\ngrammar interjections;\npublic <said> = ${[...MEANINGS.keys()].join(' | ')};\n`,
};

/** Hums and what is left of the agent's own voice are surer to be nods, or are not words at all. */
const LEAST_CONFIDENCE = 0.005;
/** On a narrow line a yes is easily taken for a no. */
const LEAST_CONFIDENCE_OF_NO = 0.99;
/** Sentences begin with what is much like a nod. */
const LEAST_CONFIDENCE_OF_NOD = 0.5;
/** A "two" is easily taken for a zero. */
export const LEAST_CONFIDENCE_OF_WORDS = 0.9;

/** Hears them with the recogniser of the call's turns and a grammar of their own. */
export class RecognisedInterjections implements InterjectionEar {
  readonly #stt: Stt;
  readonly #after: After;

  constructor(stt: Stt, after: After) {
    this.#stt = stt;
    this.#after = after;
    stt.prepare(INTERJECTIONS);
  }

  async understand(pcm: Int16Array, rateHz: PipelineRateHz): Promise<Interjection> {
    try {
      return meaningOf(await this.#recognise(pcm, rateHz));
    } catch {
      return 'nothing';
    }
  }

  async #recognise(pcm: Int16Array, rateHz: PipelineRateHz): Promise<Recognition> {
    const session = this.#stt.open({ rateHz, expect: INTERJECTIONS });
    try {
      for (let from = 0; from < pcm.length; from += rateHz) session.write(pcm.subarray(from, from + rateHz));
      const { signal } = new AbortController();
      return await within(session.finish(), { after: this.#after }, signal, {
        limitMs: LIMITS.interjectionMs,
        late: () => new TrunklineError('STT_FAILED', `nothing within ${LIMITS.interjectionMs} ms`),
      });
    } finally {
      session.cancel();
    }
  }
}

function meaningOf({ text, confidence }: Recognition): Interjection {
  const meaning = MEANINGS.get(text) ?? 'nothing';
  return confidence >= leastConfidence(text, meaning) ? meaning : 'nothing';
}

function leastConfidence(text: string, meaning: Interjection): number {
  if (text === 'no') return LEAST_CONFIDENCE_OF_NO;
  if (meaning === 'nod') return LEAST_CONFIDENCE_OF_NOD;
  return meaning === 'words' || meaning === 'digit' ? LEAST_CONFIDENCE_OF_WORDS : LEAST_CONFIDENCE;
}
