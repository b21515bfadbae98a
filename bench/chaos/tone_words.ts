import { pitchOf, toneSpeech } from '../../test/providers/servers/speech_script.ts';

const WINDOW_SECONDS = 0.03;
const STEP_SECONDS = 0.01;
/** Pitches lie 10 Hz apart. */
const SAME_PITCH_HZ = 5;
/** Windows in a row that make a word: 50 ms of it. */
const LEAST_WINDOWS = 3;
const LEAST_LEVEL = 300;
/** Windows reach a little beyond a tone. */
const SLACK_MS = 60;

/** A word that was heard by its tone. */
interface HeardTone {
  readonly pitchHz: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** The pitches of words, as the scripted servers of speech make them. */
export function pitchesOf(text: string): readonly number[] {
  return text
    .split(/\s+/u)
    .filter(word => /[\p{L}\p{N}]/u.test(word))
    .map(pitchOf);
}

/** Pitches of the words that were heard; one that was cut in two, since its sound came late, is one word. */
export function wordsIn(pcm: Int16Array, rateHz: number, expected: string): readonly number[] {
  const longestMs = new Map<number, number>();
  for (const { word, startMs, endMs } of toneSpeech(expected, rateHz).words)
    longestMs.set(pitchOf(word), Math.max(endMs - startMs, longestMs.get(pitchOf(word)) ?? 0));
  const words: { pitchHz: number; ms: number }[] = [];
  for (const { pitchHz, startMs, endMs } of tonesIn(pcm, rateHz)) {
    const last = words.at(-1);
    const ms = endMs - startMs;
    if (last?.pitchHz === pitchHz && last.ms + ms <= (longestMs.get(pitchHz) ?? 0) + SLACK_MS) last.ms += ms;
    else words.push({ pitchHz, ms });
  }
  return words.map(({ pitchHz }) => pitchHz);
}

/** Tells words apart by their tones. */
function tonesIn(pcm: Int16Array, rateHz: number): readonly HeardTone[] {
  const tones: { pitches: number[]; startMs: number; endMs: number }[] = [];
  const step = Math.round(STEP_SECONDS * rateHz);
  const length = Math.round(WINDOW_SECONDS * rateHz);
  let last: (typeof tones)[number] | undefined;
  for (let from = 0; from + length <= pcm.length; from += step) {
    const pitch = pitchIn(pcm.subarray(from, from + length), rateHz);
    const startMs = (from * 1000) / rateHz;
    const endMs = startMs + 1000 * WINDOW_SECONDS;
    if (pitch === undefined) last = undefined;
    else if (last !== undefined && Math.abs(pitch - last.pitches.at(-1)!) < SAME_PITCH_HZ) {
      last.pitches.push(pitch);
      last.endMs = endMs;
    } else {
      last = { pitches: [pitch], startMs, endMs };
      tones.push(last);
    }
  }
  return tones
    .filter(({ pitches }) => pitches.length >= LEAST_WINDOWS)
    .map(({ pitches, startMs, endMs }) => ({
      pitchHz: 10 * Math.round(median(pitches) / 10),
      startMs,
      endMs,
    }));
}

/** Of a steady tone, by its first and last rise through zero; undefined where it is silent anywhere. */
function pitchIn(window: Int16Array, rateHz: number): number | undefined {
  let [first, last, count] = [-1, -1, -1];
  const loudest = [0, 0];
  for (let at = 1; at < window.length; at += 1) {
    const before = window[at - 1]!;
    const after = window[at]!;
    const half = at < window.length / 2 ? 0 : 1;
    if (after > loudest[half]!) loudest[half] = after;
    if (before >= 0 || after < 0) continue;
    last = at - after / (after - before);
    if (count < 0) first = last;
    count += 1;
  }
  return count < 2 || Math.min(...loudest) < LEAST_LEVEL ? undefined : (count * rateHz) / (last - first);
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!;
}
