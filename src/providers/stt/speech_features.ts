import { type Band, bandOf, filtersOf } from './band.ts';
import { type CepstralFrames, cepstraOf } from './cepstra.ts';
import { FILTERS, type MelSpectrum } from './mel_spectrum.ts';
import { findSpeech } from './speech_span.ts';

/** Vocal tract lengths that are tried; the first is the model's own. */
export const WARPS = [1, 0.94, 1.06] as const;
/** Longer speech is searched once: by then the words speak for themselves. */
const WARPED_FRAMES = 600;

/** Where the speech of an utterance is, in frames. */
export interface Excerpt {
  readonly band: Band;
  readonly firstFrame: number;
  readonly lastFrame: number;
  readonly speechFrames: number;
}

/** What the decoder is given: the same speech for each vocal tract length, calculated when it is asked for. */
export interface SpeechFeatures {
  readonly band: Band;
  readonly speechFrames: number;
  readonly warped: readonly (() => CepstralFrames)[];
}

/** Finds the speech; undefined while there is none. */
export function excerptOf(spectrum: MelSpectrum, rateHz: 8000 | 16000): Excerpt | undefined {
  const power = spectrum.bands[0]!;
  const span = findSpeech(power, rateHz === 8000 ? filtersOf('narrow') : FILTERS);
  if (span.count === 0) return undefined;
  const band = rateHz === 8000 ? 'narrow' : bandOf(power, span);
  return { band, firstFrame: span.first, lastFrame: span.last, speechFrames: span.count };
}

/** Features of all that was heard so far. */
export function featuresOf(spectrum: MelSpectrum, { band, speechFrames }: Excerpt): SpeechFeatures {
  const filters = filtersOf(band);
  const warps = speechFrames > WARPED_FRAMES ? 1 : WARPS.length;
  const warped = spectrum.bands.slice(0, warps).map(one => {
    const power = one.soFar();
    return () => cepstraOf(power, findSpeech(power, filters), filters);
  });
  return { band, speechFrames, warped };
}
