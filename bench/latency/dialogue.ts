import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { SpokenWord, Tts } from '../../src/providers/types.ts';

/** What callers say: answers and requests as they come on a removal's line, in one breath each, and none open at its end. */
const UTTERANCES = [
  'I would like to move an upright piano next Friday.',
  'It is going to my sister in Salem.',
  'There is an elevator in the building.',
  'No thank you.',
  'How much would that cost me?',
  'The piano is on the second floor.',
  'I think about four hundred pounds.',
  'Could you come in the morning?',
  'That sounds good to me.',
  'We have a narrow hallway at the old place.',
  'The other house has a garage.',
  'I already have a quote from somebody else.',
  'Do you also move organs?',
  'Yes please.',
  'It has to be there before the weekend.',
  'I need to ask my husband about that.',
  'Is the insurance included in the price?',
  'There are twelve steps up to the front door.',
  'What happens if it rains?',
  'Please send me an email with all of it.',
] as const;

/** What the last word is taken for until the final. */
const MISHEARD = 'moreover';

export interface Utterance {
  readonly text: string;
  readonly pcm: Int16Array;
  readonly words: readonly SpokenWord[];
  /** The word that is misheard until the final; undefined in two turns of three. */
  readonly misheardAs: string | undefined;
}

/** Renders the caller's side; in more than a third of the turns the final differs from the last partial. */
export async function renderDialogue(voice: Tts, rateHz: 8000 | 16_000): Promise<readonly Utterance[]> {
  const signal = AbortSignal.timeout(120_000);
  const utterances: Utterance[] = [];
  for (const [index, text] of UTTERANCES.entries()) {
    const { pcm, words } = await wholeSentence(voice, text, { rateHz, signal });
    utterances.push({ text, pcm, words, misheardAs: index % 5 < 2 ? MISHEARD : undefined });
  }
  return utterances;
}
