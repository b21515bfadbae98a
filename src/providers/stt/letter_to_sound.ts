import { LIMITS } from '../../config/limits.ts';
import { phonesOfWords } from '../tts/flite_process.ts';
import type { LetterToSound } from './lexicon.ts';

/** Phones of the CMU set (http://www.speech.cs.cmu.edu/cgi-bin/cmudict) as the acoustic model knows them. */
const CMU_PHONES = new Set(
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split(
    ' ',
  ),
);
const BATCH_WORDS = 200;

/**
 * Letter-to-sound by flite's rules, which were trained on the same dictionary (Black, Lenzo & Pagel 1998). Its phones
 * are the dictionary's in lower case, with a schwa of its own.
 */
export function fliteLetterToSound(program: string): LetterToSound {
  return async words => {
    const sounds = new Map<string, readonly string[]>();
    const speakable = words.filter(word => /[a-z0-9]/iu.test(word));
    for (let at = 0; at < speakable.length; at += BATCH_WORDS) {
      await pronounceBatch(speakable.slice(at, at + BATCH_WORDS), program, sounds);
    }
    return sounds;
  };
}

/** Words that flite runs together with others are asked for one at a time. */
async function pronounceBatch(
  words: readonly string[],
  program: string,
  sounds: Map<string, readonly string[]>,
): Promise<void> {
  const lists = await phonesOfWords(words.map(plain), program, AbortSignal.timeout(LIMITS.pronounceMs));
  if (lists === undefined) {
    if (words.length === 1) return;
    const half = words.length >> 1;
    await pronounceBatch(words.slice(0, half), program, sounds);
    await pronounceBatch(words.slice(half), program, sounds);
    return;
  }
  for (const [at, phones] of lists.entries()) {
    const cmu = phones.map(phone => (phone === 'ax' ? 'AH' : phone.toUpperCase()));
    if (cmu.length > 0 && cmu.every(phone => CMU_PHONES.has(phone))) sounds.set(words[at]!, [cmu.join(' ')]);
  }
}

/** Without accents and signs, on which flite would stumble. */
function plain(word: string): string {
  return word
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9']/giu, ' ')
    .trim();
}
