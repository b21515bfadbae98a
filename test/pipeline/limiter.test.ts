import t from 'tap';
import { Limiter } from '../../pipeline/stages/limiter.ts';
import { concat, noise, silence, tone } from './sounds.ts';
import { peak, rms, steepest, through } from './stage_bench.ts';

const CEILING = 10 ** (-1 / 20);

/** How far, in dB, `out` is from the sine of this frequency that fits it best: distortion and noise. */
function distortionDb(out: Float32Array, hz: number, rateHz: number): number {
  let [sine, cosine] = [0, 0];
  for (const [i, sample] of out.entries()) {
    sine += (2 * sample * Math.sin((2 * Math.PI * hz * i) / rateHz)) / out.length;
    cosine += (2 * sample * Math.cos((2 * Math.PI * hz * i) / rateHz)) / out.length;
  }
  const rest = out.map(
    (sample, i) =>
      sample -
      sine * Math.sin((2 * Math.PI * hz * i) / rateHz) -
      cosine * Math.cos((2 * Math.PI * hz * i) / rateHz),
  );
  return 20 * Math.log10(rms(rest) / rms(out));
}

for (const rateHz of [8000, 16_000] as const) {
  t.test(`nothing at ${rateHz} Hz leaves above the ceiling`, async t => {
    const sounds = [
      tone([300], 500, rateHz, 1.6),
      noise(500, rateHz, 1, 3),
      concat(
        silence(100, rateHz),
        silence(50, rateHz).fill(4),
        silence(100, rateHz),
        silence(10, rateHz).fill(-9),
      ),
    ];
    for (const sound of sounds) {
      const out = through(new Limiter(rateHz), rateHz, sound);
      t.ok(peak(out) <= CEILING + 1e-6, `peak ${peak(out)}`);
      t.ok(peak(out) > 0.85, 'and no lower than it must be');
    }
  });

  t.test(`what is below it at ${rateHz} Hz is left alone`, async t => {
    const quiet = tone([300], 200, rateHz, 0.88);
    const limiter = new Limiter(rateHz);
    t.strictSame(through(limiter, rateHz, quiet), quiet);
    through(limiter, rateHz, tone([300], 200, rateHz, 2));
    through(limiter, rateHz, silence(1500, rateHz));
    t.strictSame(through(limiter, rateHz, quiet), quiet, 'and again after a while');
  });

  t.test(`a loud steady tone at ${rateHz} Hz stays a pure tone`, async t => {
    for (const hz of [200, 700, 1400]) {
      const out = through(new Limiter(rateHz), rateHz, tone([hz], 1000, rateHz, 1.8));
      const settled = out.subarray(rateHz / 2);
      t.ok(distortionDb(settled, hz, rateHz) < -50, `${distortionDb(settled, hz, rateHz)} dB at ${hz} Hz`);
    }
  });

  t.test(`a tone at ${rateHz} Hz that swells over the ceiling does not click`, async t => {
    // 310 Hz: the peaks lie elsewhere in every frame.
    const swelling = tone([310], 1000, rateHz, 1).map((sample, i) => sample * (0.5 + (1.5 * i) / rateHz));
    const out = through(new Limiter(rateHz), rateHz, swelling);
    // At the ceiling, the tone itself is no steeper than this.
    const steepestTone = (2 * Math.PI * 310 * CEILING) / rateHz;
    t.ok(steepest(out) < 1.1 * steepestTone, `${steepest(out)} over ${steepestTone}`);
    t.ok(distortionDb(out.subarray(rateHz / 2, rateHz * 0.52), 310, rateHz) < -30);
  });

  t.test(`a peak at ${rateHz} Hz lowers what is around it, and does so little by little`, async t => {
    const quiet = tone([300], 100, rateHz, 0.3);
    const sound = quiet.with(quiet.length / 2 + rateHz / 200, 3);
    const out = through(new Limiter(rateHz), rateHz, sound);
    t.strictSame(out.subarray(0, sound.length / 2), sound.subarray(0, sound.length / 2));
    const early = sound.length / 2 + 2;
    t.ok(out[early]! > 0.9 * sound[early]!, 'the frame begins with the gain of the last one');
    const gainFrom = (ms: number): number => {
      const [from, to] = [(ms * rateHz) / 1000, ((ms + 10) * rateHz) / 1000];
      return rms(out.subarray(from, to)) / rms(sound.subarray(from, to));
    };
    t.ok(gainFrom(60) < 0.5, `${gainFrom(60)} right after`);
    t.ok(gainFrom(90) > 1.3 * gainFrom(60), `${gainFrom(90)} later`);
  });

  t.test(`garbage at ${rateHz} Hz is forgotten`, async t => {
    const limiter = new Limiter(rateHz);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e38]) {
      through(limiter, rateHz, silence(10, rateHz).fill(value));
    }
    through(limiter, rateHz, silence(1500, rateHz));
    const quiet = tone([300], 200, rateHz, 0.8);
    t.strictSame(through(limiter, rateHz, quiet), quiet);
  });
}
