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

/** What a caller says over the agent, again and again. */
const INTERRUPTION = 'Wait, I only want to know what it costs.';
const INTERRUPTIONS = 4;

/** The caller's side. */
export interface Speech {
  readonly utterances: readonly Utterance[];
  readonly interruption: Utterance;
}

/** Speaks it with one voice of flite's. */
export async function renderSpeech(
  voice: Tts,
  rateHz: 8000 | 16_000,
  texts: readonly string[] = UTTERANCES,
): Promise<Speech> {
  const utterances = await renderDialogue(voice, rateHz, texts);
  return { utterances, interruption: await renderInterruption(voice, rateHz) };
}

/** What goes on for longer than any agent should take to stop. */
async function renderInterruption(voice: Tts, rateHz: 8000 | 16_000): Promise<Utterance> {
  const once = await wholeSentence(voice, INTERRUPTION, { rateHz, signal: AbortSignal.timeout(30_000) });
  const onceMs = (once.pcm.length * 1000) / rateHz;
  const pcm = new Int16Array(once.pcm.length * INTERRUPTIONS);
  const words: SpokenWord[] = [];
  for (let at = 0; at < INTERRUPTIONS; at += 1) {
    pcm.set(once.pcm, at * once.pcm.length);
    const shifted = ({ word, startMs, endMs }: SpokenWord): SpokenWord => ({
      word,
      startMs: startMs + at * onceMs,
      endMs: endMs + at * onceMs,
    });
    words.push(...once.words.map(shifted));
  }
  return { text: INTERRUPTION, pcm, words, misheardAs: undefined };
}

/** In more than a third of the turns the final differs from the last partial. */
async function renderDialogue(
  voice: Tts,
  rateHz: 8000 | 16_000,
  texts: readonly string[],
): Promise<readonly Utterance[]> {
  const signal = AbortSignal.timeout(120_000);
  const utterances: Utterance[] = [];
  for (const [index, text] of texts.entries()) {
    const { pcm, words } = await wholeSentence(voice, text, { rateHz, signal });
    utterances.push({ text, pcm, words, misheardAs: index % 5 < 2 ? MISHEARD : undefined });
  }
  return utterances;
}
