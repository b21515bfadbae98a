import t from 'tap';
import { HALF_BAND_DELAY, type RateChange, RateDoubler, RateHalver } from '../../pipeline/half_band.ts';
import { createRandom } from './kernels/legs.ts';

const SAMPLES = 8_000;

function tone(toneHz: number, rateHz: number, samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, i) => Math.sin((2 * Math.PI * toneHz * i) / rateHz));
}

/** Converts in pieces of the given length. */
function convert(change: RateChange, input: Float32Array, pieceSamples: number): Float32Array {
  const pcm = new Float32Array(2 * pieceSamples);
  const output: number[] = [];
  for (let at = 0; at < input.length; at += pieceSamples) {
    const piece = input.subarray(at, at + pieceSamples);
    pcm.set(piece);
    const count = change.convert(pcm, piece.length);
    for (let i = 0; i < count; i += 1) output.push(pcm[i]!);
  }
  return Float32Array.from(output);
}

/** Level of a tone in dB, full scale 0; the start is left out. */
function levelDb(samples: Float32Array, toneHz: number, rateHz: number): number {
  const settled = samples.subarray(rateHz / 50);
  let [real, imaginary] = [0, 0];
  for (const [i, sample] of settled.entries()) {
    const phase = (2 * Math.PI * toneHz * i) / rateHz;
    real += sample * Math.cos(phase);
    imaginary += sample * Math.sin(phase);
  }
  return 20 * Math.log10((2 * Math.hypot(real, imaginary)) / settled.length + 1e-12);
}

t.test('what a telephone carries passes as it is, and nothing comes from beyond', async t => {
  for (const toneHz of [100, 300, 1_000, 2_000, 3_000, 3_400]) {
    const up = convert(new RateDoubler(80), tone(toneHz, 8_000, SAMPLES), 80);
    t.equal(up.length, 2 * SAMPLES);
    t.ok(Math.abs(levelDb(up, toneHz, 16_000)) < 0.01, `${toneHz} Hz up: ${levelDb(up, toneHz, 16_000)} dB`);
    const mirrorDb = levelDb(up, 8_000 - toneHz, 16_000);
    t.ok(mirrorDb < -63, `its mirror: ${mirrorDb} dB`);
    const down = convert(new RateHalver(160), tone(toneHz, 16_000, 2 * SAMPLES), 160);
    t.equal(down.length, SAMPLES);
    t.ok(Math.abs(levelDb(down, toneHz, 8_000)) < 0.01, `${toneHz} Hz down`);
    const beyond = convert(new RateHalver(160), tone(8_000 - toneHz, 16_000, 2 * SAMPLES), 160);
    t.ok(levelDb(beyond, toneHz, 8_000) < -63, `${8_000 - toneHz} Hz: ${levelDb(beyond, toneHz, 8_000)} dB`);
  }
});

t.test('both conversions are late by the same, and by that alone', async t => {
  const impulse = new Float32Array(160);
  impulse[0] = 1;
  const up = convert(new RateDoubler(160), impulse, 160);
  t.equal(up.indexOf(Math.max(...up)), HALF_BAND_DELAY);
  const input = tone(700, 16_000, 4_000);
  const down = convert(new RateHalver(160), input, 160);
  const worst = down.subarray(100).reduce((most, sample, i) => {
    const expected = Math.sin((2 * Math.PI * 700 * (2 * (i + 100) - HALF_BAND_DELAY)) / 16_000);
    return Math.max(most, Math.abs(sample - expected));
  }, 0);
  t.ok(worst < 0.001, `${worst}`);
});

t.test('pieces of any length give the same, and a reset forgets', async t => {
  const random = createRandom(3);
  const noise = Float32Array.from({ length: 4_800 }, () => random() - 0.5);
  for (const create of [() => new RateDoubler(480), () => new RateHalver(480)]) {
    const whole = convert(create(), noise, 480);
    for (const piece of [2, 20, 96, 160]) t.same(convert(create(), noise, piece), whole);
    const used = create();
    convert(used, noise, 480);
    used.reset();
    t.same(convert(used, noise, 480), whole);
  }
});
