import t from 'tap';
import { HALF_BAND_DELAY, type RateChange, RateDoubler, RateHalver } from '../../pipeline/half_band.ts';
import { createRandom } from './kernels/legs.ts';
import { measureTone, sine, soundDb } from './tones.ts';

const SAMPLES = 2_000;
const SWEEP_STEP_HZ = 100;

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

/** Without the start, in which the filter fills. */
function doubled(toneHz: number): Float32Array {
  return convert(new RateDoubler(80), sine(toneHz, 8_000, SAMPLES), 80).subarray(100);
}

function halved(toneHz: number): Float32Array {
  return convert(new RateHalver(160), sine(toneHz, 16_000, 2 * SAMPLES), 160).subarray(100);
}

t.test('what a telephone carries passes as it is, and nothing comes with it', async t => {
  let [worstGainDb, worstRestDb] = [0, Number.NEGATIVE_INFINITY];
  for (let toneHz = 100; toneHz <= 3_400; toneHz += SWEEP_STEP_HZ) {
    for (const { toneDb, restDb } of [
      measureTone(doubled(toneHz), toneHz, 16_000),
      measureTone(halved(toneHz), toneHz, 8_000),
    ]) {
      worstGainDb = Math.max(worstGainDb, Math.abs(toneDb));
      worstRestDb = Math.max(worstRestDb, restDb);
    }
  }
  t.ok(worstGainDb < 0.001, `off by ${worstGainDb} dB`);
  t.ok(worstRestDb < -80, `mirrors at ${worstRestDb} dB`);
});

t.test('what would mirror into it is 80 dB down', async t => {
  let worstDb = Number.NEGATIVE_INFINITY;
  for (let toneHz = 4_600; toneHz < 8_000; toneHz += SWEEP_STEP_HZ) {
    worstDb = Math.max(worstDb, soundDb(halved(toneHz)));
  }
  t.ok(worstDb < -80, `${worstDb} dB`);
});

t.test('both conversions are late by the same, and by that alone', async t => {
  const impulse = new Float32Array(160);
  impulse[0] = 1;
  const up = convert(new RateDoubler(160), impulse, 160);
  t.equal(up.indexOf(Math.max(...up)), HALF_BAND_DELAY);
  const down = halved(700);
  const worst = down.reduce((most, sample, i) => {
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
