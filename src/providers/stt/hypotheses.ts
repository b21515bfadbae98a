import type { CepstralFrames } from './cepstra.ts';
import type { Decoder, Grammar } from './decoder.ts';
import type { SpeechFeatures } from './speech_features.ts';
import type { NativeHypothesis } from './sphinx.ts';

/** What one search found and how it compares. */
export interface Hypothesis {
  readonly text: string;
  /** Log likelihood. */
  readonly score: number;
  /** Log likelihood of the words a frame, against the likeliest phones whatsoever; 0 is as good as can be. */
  readonly ratio: number;
  /** Share of the searches that found this text. */
  readonly agreement: number;
  /** Share of the speech that is in words; the rest was taken for noise or silence. */
  readonly coverage: number;
  readonly speechFrames: number;
}

interface Finding {
  readonly frames: CepstralFrames;
  readonly result: NativeHypothesis;
}

/**
 * Searches an utterance as it is, and, unless that leaves no doubt, with other vocal tract lengths too. The best first,
 * one entry a text.
 */
export async function hypothesesOf(
  { warped, speechFrames }: SpeechFeatures,
  grammar: Grammar,
  decoder: Decoder,
  isBeyondDoubt: (hypothesis: Hypothesis) => boolean,
): Promise<Hypothesis[]> {
  const findings: Finding[] = [];
  for (const [warp, frames] of warped.entries()) {
    const result = await decoder.recognise(grammar, frames);
    if (result.text !== '') findings.push({ frames, result });
    if (warp > 0 || result.text === '') continue;
    const first = compare({ frames, result }, await decoder.hearPhones(frames), speechFrames, 1);
    if (warped.length === 1 || isBeyondDoubt(first)) return [first];
  }
  findings.sort((a, b) => b.result.score - a.result.score);
  const [best] = findings;
  if (best === undefined) return [];
  const phones = await decoder.hearPhones(best.frames);
  const texts = [...new Set(findings.map(({ result }) => result.text))];
  return texts.map(text => {
    const same = findings.filter(({ result }) => result.text === text);
    return compare(same[0]!, phones, speechFrames, same.length / warped.length);
  });
}

/** Other vocal tract lengths hear nearly the same phones, so that one hearing of them serves all. */
function compare(
  { frames, result }: Finding,
  phones: NativeHypothesis,
  speechFrames: number,
  agreement: number,
): Hypothesis {
  return {
    text: result.text,
    score: result.score,
    ratio: ratioOf(result, phones),
    agreement,
    coverage: coverageOf(result, frames),
    speechFrames,
  };
}

/** Words are compared with the phones heard in the same frames; fillers are no words. */
function ratioOf(result: NativeHypothesis, phones: NativeHypothesis): number {
  const heard: number[] = [];
  for (const { firstFrame, lastFrame, acousticScore } of phones.segments) {
    const perFrame = acousticScore / (lastFrame - firstFrame + 1);
    for (let at = firstFrame; at <= lastFrame; at++) heard[at] = perFrame;
  }
  let difference = 0;
  let frames = 0;
  for (const { word, firstFrame, lastFrame, acousticScore } of result.segments) {
    if (isFiller(word)) continue;
    difference += acousticScore;
    for (let at = firstFrame; at <= lastFrame; at++) difference -= heard[at] ?? 0;
    frames += lastFrame - firstFrame + 1;
  }
  return frames === 0 ? 0 : difference / frames;
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
