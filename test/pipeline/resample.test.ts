import t from 'tap';
import { Resampler, resample } from '../../pipeline/resample.ts';
import { createRandom } from './kernels/legs.ts';
import { measureTone, sine, soundDb } from './tones.ts';

/** Rates at which synthesisers speak and recordings are kept, to those of the pipeline and of a room. */
const WAYS: readonly (readonly [fromHz: number, toHz: number])[] = [
  [8_000, 16_000],
  [16_000, 8_000],
  [22_050, 8_000],
  [22_050, 16_000],
  [24_000, 8_000],
  [24_000, 16_000],
  [32_000, 8_000],
  [44_100, 8_000],
  [44_100, 16_000],
  [48_000, 8_000],
  [48_000, 16_000],
  [8_000, 48_000],
  [16_000, 48_000],
  [11_025, 16_000],
];
const DURATION_S = 0.2;
/** Samples at either end in which the filter hears silence beside the tone. */
const EDGE_S = 0.02;

function middleOf(samples: Float32Array, rateHz: number): Float32Array {
  const edge = Math.ceil(EDGE_S * rateHz);
  return samples.slice(edge, samples.length - edge);
}

for (const [fromHz, toHz] of WAYS) {
  t.test(`from ${fromHz} to ${toHz} Hz`, async t => {
    const lowerHz = Math.min(fromHz, toHz);
    const converted = (toneHz: number) =>
      middleOf(resample(sine(toneHz, fromHz, Math.round(DURATION_S * fromHz)), fromHz, toHz), toHz);
    let [worstGainDb, worstRestDb] = [0, Number.NEGATIVE_INFINITY];
    for (let share = 0.02; share <= 0.42; share += 0.04) {
      const { toneDb, restDb } = measureTone(converted(share * lowerHz), share * lowerHz, toHz);
      worstGainDb = Math.max(worstGainDb, Math.abs(toneDb));
      worstRestDb = Math.max(worstRestDb, restDb);
    }
    t.ok(worstGainDb < 0.01, `speech passes as it is, but for ${worstGainDb} dB`);
    t.ok(worstRestDb < -80, `mirrors at ${worstRestDb} dB`);
    if (toHz > fromHz) return;
    const stopHz = 0.5 * toHz;
    let worstStopDb = Number.NEGATIVE_INFINITY;
    for (let toneHz = stopHz; toneHz < fromHz / 2; toneHz += (fromHz / 2 - stopHz) / 12) {
      worstStopDb = Math.max(worstStopDb, soundDb(converted(toneHz)));
    }
    t.ok(worstStopDb < -80, `what does not belong there: ${worstStopDb} dB`);
  });
}

t.test('what comes out lasts as long as what went in, and is not late', async t => {
  for (const [fromHz, toHz] of WAYS) {
    for (const samples of [0, 1, 2, 3, 441, 4_410]) {
      const { length } = resample(new Float32Array(samples), fromHz, toHz);
      t.ok(Math.abs(length - (samples * toHz) / fromHz) < 2, `${samples} at ${fromHz}: ${length} at ${toHz}`);
    }
    const out = resample(sine(300, fromHz, fromHz / 10), fromHz, toHz);
    const wanted = sine(300, toHz, toHz / 10);
    const edge = Math.ceil(EDGE_S * toHz);
    let worst = 0;
    for (let i = edge; i < out.length - edge; i += 1) worst = Math.max(worst, Math.abs(out[i]! - wanted[i]!));
    t.ok(worst < 0.001, `${fromHz} to ${toHz}: ${worst}`);
  }
});

t.test('pieces of any length give what the whole gives', async t => {
  const random = createRandom(7);
  const noise = Float32Array.from({ length: 5_000 }, () => random() - 0.5);
  const whole = resample(noise, 44_100, 8_000);
  for (const piece of [1, 7, 441, 4_999]) {
    const resampler = new Resampler(44_100, 8_000);
    const out: number[] = [];
    for (let at = 0; at < noise.length; at += piece)
      out.push(...resampler.push(noise.subarray(at, at + piece)));
    out.push(...resampler.end());
    t.same(Float32Array.from(out), whole);
  }
});

t.test('what are no rates, or rates without a common measure, are refused', async t => {
  for (const [fromHz, toHz] of [
    [0, 8_000],
    [8_000, 0],
    [-8_000, 8_000],
    [Number.NaN, 8_000],
    [8_000.5, 8_000],
    [Number.POSITIVE_INFINITY, 8_000],
    [44_100, 7_919],
  ] as const) {
    t.throws(() => new Resampler(fromHz, toHz), RangeError, `${fromHz} to ${toHz}`);
  }
});
