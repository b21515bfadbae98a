import type { CepstralFrames } from './cepstra.ts';
import type { Decoder, Grammar } from './decoder.ts';
import type { SpeechFeatures } from './speech_features.ts';
import type { NativeHypothesis } from './sphinx.ts';

/** What one search found and how it compares. */
export interface Hypothesis {
  readonly text: string;
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
 * Searches an utterance as it is, and, unless that leaves no doubt, with other vocal tract lengths too. One entry a text:
 * first what most searches found, then what the utterance is as it is.
 */
export async function hypothesesOf(
  { warped, speechFrames }: SpeechFeatures,
  grammar: Grammar,
  decoder: Decoder,
  isBeyondDoubt: (hypothesis: Hypothesis) => boolean,
): Promise<Hypothesis[]> {
  const [own, ...others] = warped;
  const plain = own?.();
  if (plain === undefined || plain.count === 0) return [];
  const result = await decoder.recognise(grammar, plain);
  const phones = await decoder.hearPhones(plain);
  const findings: Finding[] = [{ frames: plain, result }];
  if (result.text !== '') {
    const first = compare(findings[0]!, phones, speechFrames, 1);
    if (others.length === 0 || isBeyondDoubt(first)) return [first];
  }
  for (const other of others) {
    const frames = other();
    if (frames.count === 0) continue;
    findings.push({ frames, result: await decoder.recognise(grammar, frames) });
  }
  const byText = Map.groupBy(findings, finding => finding.result.text);
  byText.delete('');
  return [...byText.values()]
    .map(same => compare(same[0]!, phones, speechFrames, same.length / findings.length))
    .toSorted((a, b) => b.agreement - a.agreement);
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
