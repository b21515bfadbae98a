import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from '../../config/errors.ts';
import { CEPSTRA, dctMatrix, inverseDctMatrix } from './cepstra.ts';
import { FILTERS, type PowerFrames } from './mel_spectrum.ts';
import type { SpeechSpan } from './speech_span.ts';

/** What a line lets through: up to 7 kHz, or a telephone's 3.4 kHz. */
export type Band = 'wide' | 'narrow';

/** Bands below 3.44 kHz, the upper edge of a telephone line (ITU-T G.712). */
const NARROW_FILTERS = 18;
/** First band that lies above 4 kHz, where an 8 kHz line has nothing. */
const FIRST_HIGH_FILTER = 20;
/** In a tenth of its speech frames, the fricatives, a wide line has more power above 4 kHz than −20 dB of the rest. */
const LEAST_HIGH_SHARE = 0.01;
const FRICATIVE_SHARE = 0.1;
const STREAMS = 3;
/** A higher cepstral coefficient says little in fewer bands; its variance never shrinks below this share. */
const LEAST_VARIANCE_SHARE = 0.8;

export function filtersOf(band: Band): number {
  return band === 'narrow' ? NARROW_FILTERS : FILTERS;
}

/** A call of 16 kHz may still have come through a telephone: what counts is where its speech has power. */
export function bandOf(power: PowerFrames, span: SpeechSpan): Band {
  const shares: number[] = [];
  for (let at = 0; at < power.count; at++) if (span.isSpeech[at]) shares.push(highShare(power.frame(at)));
  shares.sort((a, b) => b - a);
  return (shares[Math.floor(shares.length * FRICATIVE_SHARE)] ?? 0) > LEAST_HIGH_SHARE ? 'wide' : 'narrow';
}

function highShare(frame: Float32Array): number {
  let low = 1;
  let high = 0;
  for (let filter = 0; filter < NARROW_FILTERS; filter++) low += frame[filter]!;
  for (let filter = FIRST_HIGH_FILTER; filter < FILTERS; filter++) high += frame[filter]!;
  return high / low;
}

/**
 * The model for narrow lines, made from the wide one: a Gaussian's mean cepstrum is turned back into a spectrum, cut at
 * the upper edge of the line and transformed again over the remaining bands, which is a linear map of the means
 * (an MLLR transform, Leggetter & Woodland 1995, derived instead of trained). Features are computed over the same
 * bands. Compared with filling in the missing bands this halves the errors.
 * @param modelDir folder with the acoustic model's `variances`
 * @returns the text of an MLLR file
 */
export async function narrowbandTransform(modelDir: string): Promise<string> {
  const forward = dctMatrix(NARROW_FILTERS);
  const inverse = inverseDctMatrix();
  const means = Array.from({ length: CEPSTRA }, (_, row) =>
    Array.from({ length: CEPSTRA }, (__, column) => {
      let sum = 0;
      for (let filter = 0; filter < NARROW_FILTERS; filter++) {
        sum += forward[row]![filter]! * inverse[filter]![column]!;
      }
      return sum;
    }),
  );
  const variances = await meanVariances(join(modelDir, 'variances'));
  const scales = means.map((row, at) => {
    const variance = row.reduce((sum, weight, column) => sum + weight * weight * variances[column]!, 0);
    return Math.max(LEAST_VARIANCE_SHARE, variance / variances[at]!);
  });
  const rows = means.map(row => row.map(value => value.toFixed(6)).join(' '));
  const stream = [
    `${CEPSTRA}`,
    ...rows,
    scales.map(() => '0').join(' '),
    scales.map(s => s.toFixed(6)).join(' '),
  ];
  return ['1', `${STREAMS}`, ...Array.from({ length: STREAMS }, () => stream.join('\n')), ''].join('\n');
}

/** Mean variance per static coefficient over all Gaussians of a Sphinx 3 parameter file (sphinxbase s3 format). */
async function meanVariances(path: string): Promise<Float64Array> {
  const bytes = await readFile(path);
  const header = bytes.indexOf('endhdr\n');
  let at = header + 'endhdr\n'.length + 4;
  const next = () => {
    at += 4;
    return bytes.readInt32LE(at - 4);
  };
  if (header < 0 || bytes.length < at + 40) throw unusable(path);
  const [codebooks, streams, densities] = [next(), next(), next()];
  const lengths = Array.from({ length: Math.min(streams, STREAMS) }, next);
  at += 4;
  const stride = CEPSTRA * 4;
  const expected = codebooks * streams * densities * stride;
  if (streams !== STREAMS || lengths.some(length => length !== CEPSTRA) || bytes.length < at + expected) {
    throw unusable(path);
  }
  const sums = new Float64Array(CEPSTRA);
  for (let codebook = 0; codebook < codebooks; codebook++) {
    for (let density = 0; density < densities; density++) {
      const offset = at + (codebook * streams * densities + density) * stride;
      for (let row = 0; row < CEPSTRA; row++) sums[row] = sums[row]! + bytes.readFloatLE(offset + 4 * row);
    }
  }
  return sums.map(sum => sum / (codebooks * densities));
}

function unusable(path: string): TrunklineError {
  return new TrunklineError('STT_FAILED', `no acoustic model in ${path}`);
}
