import type { CepstralFrames } from './cepstra.ts';
import type { Decoder, Grammar } from './decoder.ts';
import type { SpeechFeatures } from './speech_features.ts';
import type { NativeHypothesis } from './sphinx.ts';

/** What one search found and how it compares. */
export interface Hypothesis {
  readonly text: string;
  /** Log likelihood. */
  readonly score: number;
  /** Per frame of speech, against the likeliest phones whatsoever; 0 is as good as can be. */
  readonly ratio: number;
  /** The same for the word that fits worst. */
  readonly worstWordRatio: number;
  /** Share of the searches that found this text. */
  readonly agreement: number;
  /** Share of the speech that is in words; the rest was taken for noise or silence. */
  readonly coverage: number;
}

/** Searches an utterance with each vocal tract length; the best first, one entry a text. */
export async function hypothesesOf(
  { warped, speechFrames }: SpeechFeatures,
  grammar: Grammar,
  decoder: Decoder,
): Promise<Hypothesis[]> {
  const found: { frames: CepstralFrames; result: NativeHypothesis; phones: NativeHypothesis }[] = [];
  for (const frames of warped) {
    const result = await decoder.recognise(grammar, frames);
    if (result.text !== '') found.push({ frames, result, phones: await decoder.hearPhones(frames) });
  }
  found.sort((a, b) => b.result.score - a.result.score);
  const texts = [...new Set(found.map(({ result }) => result.text))];
  return texts.map(text => {
    const same = found.filter(({ result }) => result.text === text);
    const { frames, result, phones } = same[0]!;
    return {
      text,
      score: result.score,
      ratio: (result.score - phones.score) / speechFrames,
      worstWordRatio: worstWord(result, phones),
      agreement: same.length / warped.length,
      coverage: coverageOf(result, frames),
    };
  });
}

/** Words are compared with the phones heard in the same frames; fillers are no words. */
function worstWord(result: NativeHypothesis, phones: NativeHypothesis): number {
  const heard: number[] = [];
  for (const { firstFrame, lastFrame, acousticScore } of phones.segments) {
    const perFrame = acousticScore / (lastFrame - firstFrame + 1);
    for (let at = firstFrame; at <= lastFrame; at++) heard[at] = perFrame;
  }
  let worst = 0;
  for (const { word, firstFrame, lastFrame, acousticScore } of result.segments) {
    if (isFiller(word)) continue;
    let against = 0;
    for (let at = firstFrame; at <= lastFrame; at++) against += heard[at] ?? 0;
    worst = Math.min(worst, (acousticScore - against) / (lastFrame - firstFrame + 1));
  }
  return worst;
}

function coverageOf(result: NativeHypothesis, { isSpeech, count }: CepstralFrames): number {
  let speech = 0;
  let inWords = 0;
  for (let at = 0; at < count; at++) speech += Number(isSpeech[at]);
  for (const { word, firstFrame, lastFrame } of result.segments) {
    if (isFiller(word)) continue;
    for (let at = firstFrame; at <= lastFrame; at++) inWords += Number(isSpeech[at] ?? false);
  }
  return speech === 0 ? 0 : inWords / speech;
}

/** Silence, noise, and the transitions without a word. */
function isFiller(word: string): boolean {
  return /^[<[(]/u.test(word);
}
