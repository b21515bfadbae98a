import { ordinal } from '../../src/spoken/numbers.ts';
import type { Voices } from '../bargein/voices.ts';
import { SOURCE_RATE_HZ, sentencesOf } from '../noise/voices.ts';
import type { TurnVoice } from './sources.ts';

/** What was said without a pause, at 16 kHz and without silence around, and when each word was over. */
export interface SaidPiece {
  readonly samples: Float32Array;
  readonly words: readonly { readonly word: string; readonly endMs: number }[];
}

/** Between the words of a recorded person, who said each of them alone. */
const WORD_GAP_MS = 50;
/** A word takes as long as its letters and so many more. */
const LETTERS_OF_A_WORD = 2;

/** Says words in a voice, so many times as fast as usual. */
export function sayPiece(voice: TurnVoice, words: string, rate: number, voices: Voices): SaidPiece {
  if (voice.by === 'person') return sayByPrompts(voice.folder, words.split(' '));
  const samples = voices.say(`${voice.by} ${voice.voice}`, words, rate);
  return { samples, words: spread(words.split(' '), (samples.length * 1000) / SOURCE_RATE_HZ) };
}

/** A synthesiser does not tell word times: only that of the last is needed to the millisecond. */
function spread(words: readonly string[], lengthMs: number): SaidPiece['words'] {
  const weights = words.map(word => word.length + LETTERS_OF_A_WORD);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let said = 0;
  return words.map((word, index) => {
    said += weights[index]!;
    return { word, endMs: (lengthMs * said) / whole };
  });
}

function sayByPrompts(folder: string, words: readonly string[]): SaidPiece {
  const sounds = words.map(word => sentencesOf({ by: 'person', folder, prompts: [promptOf(word)] })[0]!);
  const gap = (WORD_GAP_MS * SOURCE_RATE_HZ) / 1000;
  const samples = new Float32Array(sounds.reduce((length, sound) => length + sound.length + gap, -gap));
  const told: { word: string; endMs: number }[] = [];
  let at = 0;
  for (const [index, sound] of sounds.entries()) {
    samples.set(sound, at);
    told.push({ word: words[index]!, endMs: ((at + sound.length) * 1000) / SOURCE_RATE_HZ });
    at += sound.length + gap;
  }
  return { samples, words: told };
}

const numbered = (words: string, named: (index: number) => string): [string, string][] =>
  words.split(' ').map((word, index) => [word, named(index)]);

/** By word. */
const PROMPTS: ReadonlyMap<string, string> = new Map([
  ...numbered(
    'january february march april may june july august september october november december',
    month => `digits/mon-${month}`,
  ),
  ...numbered('sunday monday tuesday wednesday thursday friday saturday', day => `digits/day-${day}`),
  ...numbered(
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
      'eighteen nineteen',
    number => `digits/${number}`,
  ),
  ...numbered('twenty thirty forty fifty sixty seventy eighty ninety', ten => `digits/${20 + 10 * ten}`),
  ...Array.from({ length: 20 }, (_, index): [string, string] => [
    ordinal(index + 1),
    `digits/h-${index + 1}`,
  ]),
  ...numbered('at dot', sign => `letters/${sign === 0 ? 'at' : 'dot'}`),
  ['oh', 'letters/o'],
  ['tomorrow', 'digits/tomorrow'],
]);

/** The prompt in which a word is said; letters are theirs. */
function promptOf(word: string): string {
  const prompt = /^[a-z]$/.test(word) ? `letters/${word}` : PROMPTS.get(word);
  if (prompt === undefined) throw new Error(`nobody has recorded ${word}`);
  return prompt;
}
