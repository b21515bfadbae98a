import type { SpokenSentence, SpokenWord, Tts } from '../types.ts';

/** Speaks a sentence and puts its pieces together. Rejects as the synthesiser throws. */
export async function wholeSentence(
  tts: Pick<Tts, 'speak'>,
  sentence: string,
  options: { readonly rateHz: SpokenSentence['rateHz']; readonly signal: AbortSignal },
): Promise<SpokenSentence> {
  const sound: Int16Array[] = [];
  const words: SpokenWord[] = [];
  for await (const piece of tts.speak(sentence, options)) {
    sound.push(piece.pcm);
    words.push(...piece.words);
  }
  const [only] = sound;
  return {
    pcm: sound.length === 1 && only !== undefined ? only : joined(sound),
    rateHz: options.rateHz,
    words,
  };
}

function joined(pieces: readonly Int16Array[]): Int16Array {
  const pcm = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    pcm.set(piece, at);
    at += piece.length;
  }
  return pcm;
}
