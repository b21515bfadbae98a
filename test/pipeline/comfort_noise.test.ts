import t from 'tap';
import { decodeMuLaw, encodeMuLaw } from '../../bench/wire/g711.ts';
import { createFrame, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { ComfortNoise } from '../../pipeline/stages/comfort_noise.ts';
import { concat, silence, tone } from './sounds.ts';
import { peak, rms, through } from './stage_bench.ts';
import { loudestAboveDb, measureTone } from './tones.ts';

const POLICY = { enabled: true, levelDb: -68 };
/** What is quieter is no far end to learn from. */
const CANCELLER_HEARS_DB = -60;

function levelDb(samples: Float32Array): number {
  return 20 * Math.log10(rms(samples));
}

/** Mean power of a band, for comparison only. */
function bandDb(samples: Float32Array, fromHz: number, toHz: number, rateHz: number): number {
  let power = 0;
  for (let hz = fromHz; hz < toHz; hz += 5) power += 10 ** (measureTone(samples, hz, rateHz).toneDb / 10);
  return 10 * Math.log10((power * 5) / (toHz - fromHz));
}

for (const rateHz of [8000, 16_000] as const) {
  const noise = (durationMs: number, seed = 1): Float32Array =>
    through(new ComfortNoise(rateHz, POLICY, seed), rateHz, silence(durationMs, rateHz));

  t.test(`at ${rateHz} Hz`, async t => {
    t.test('silence becomes noise of the level asked for', async t => {
      const out = noise(8000).subarray(rateHz / 10);
      t.ok(Math.abs(levelDb(out) + 68) < 0.5, `${levelDb(out)} dB`);
      t.ok(peak(out) < 10 ** (-52 / 20), 'no spikes');
      const mean = out.reduce((sum, sample) => sum + sample, 0) / out.length;
      t.ok(Math.abs(mean) < 1e-5, 'no DC');
    });

    t.test('it falls towards high frequencies, and does not rumble', async t => {
      const out = noise(600).subarray(rateHz / 10);
      const [rumble, low, middle, high] = [
        bandDb(out, 10, 60, rateHz),
        bandDb(out, 250, 500, rateHz),
        bandDb(out, 900, 1200, rateHz),
        bandDb(out, 3200, 3600, rateHz),
      ];
      t.ok(rumble < low - 3, `${rumble} below ${low} dB`);
      t.ok(middle < low - 3 && middle > low - 14, `${middle} below ${low} dB`);
      t.ok(high < middle - 5, `${high} below ${middle} dB`);
    });

    t.test('a seed makes the same noise, another another, and a reset begins it anew', async t => {
      t.strictSame(noise(200), noise(200));
      t.notOk(Buffer.from(noise(200).buffer).equals(Buffer.from(noise(200, 2).buffer)));
      const [one, two] = [noise(2000, 1), noise(2000, 2)];
      const together = one.map((sample, i) => sample + two[i]!);
      t.ok(Math.abs(levelDb(together) + 65) < 0.7, `they have nothing in common: ${levelDb(together)} dB`);
      const stage = new ComfortNoise(rateHz, POLICY, 5);
      const first = through(stage, rateHz, silence(100, rateHz));
      stage.reset();
      t.strictSame(through(stage, rateHz, silence(100, rateHz)), first);
      t.ok(peak(noise(100, 0)) > 0, 'no seed is dumb');
    });

    t.test('what is louder passes as it is, and neither end clicks', async t => {
      const voice = tone([300], 200, rateHz, 0.3);
      const out = through(
        new ComfortNoise(rateHz, POLICY),
        rateHz,
        concat(silence(200, rateHz), voice, silence(200, rateHz)),
      );
      const frame = frameLength(rateHz);
      const from = rateHz / 5 + frame;
      t.strictSame(out.subarray(from, (rateHz * 2) / 5), voice.subarray(frame));
      t.ok(levelDb(out.subarray(from - 2 * frame, from - frame)) > -78, 'noise to the end of silence');
      const returned = out.subarray((rateHz * 2) / 5 + frame);
      t.ok(Math.abs(levelDb(returned) + 68) < 2, 'and again after a frame');
      const clicksDb = loudestAboveDb(returned, 2000, rateHz);
      t.ok(clicksDb < loudestAboveDb(noise(200), 2000, rateHz) + 1, `${clicksDb} dB above 2 kHz`);
    });

    t.test('it can be tuned and switched off while it is heard', async t => {
      const stage = new ComfortNoise(rateHz, POLICY);
      const level = (durationMs: number) => levelDb(through(stage, rateHz, silence(durationMs, rateHz)));
      level(100);
      stage.tune({ enabled: true, levelDb: -56 });
      level(10);
      t.ok(Math.abs(level(4000) + 56) < 0.5);
      stage.tune({ enabled: false, levelDb: -56 });
      level(10);
      t.equal(peak(through(stage, rateHz, silence(100, rateHz))), 0, 'off is silence');
      stage.tune(POLICY);
      level(10);
      t.ok(Math.abs(level(4000) + 68) < 0.5);
    });
  });
}

t.test('the echo canceller takes it for silence, companded or not', async t => {
  const out = through(new ComfortNoise(8000, POLICY), 8000, silence(20_000, 8000));
  const pcm = Int16Array.from(out, sample => Math.round(sample * 32_768));
  const companded = Float32Array.from(decodeMuLaw(encodeMuLaw(pcm)), sample => sample / 32_768);
  for (const samples of [out, companded]) {
    let loudestDb = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < samples.length; at += 80) {
      loudestDb = Math.max(loudestDb, levelDb(samples.subarray(at, at + 80)));
    }
    t.ok(loudestDb < CANCELLER_HEARS_DB, `its loudest frame has ${loudestDb} dB`);
  }
});

t.test('garbage in the frame stays there', async t => {
  const stage = new ComfortNoise(8000, POLICY);
  const frame = createFrame(8000 satisfies PipelineRateHz);
  frame.samples.fill(Number.NaN);
  stage.process(frame);
  frame.samples.fill(0);
  stage.process(frame);
  stage.process(frame);
  t.ok(frame.samples.every(Number.isFinite));
  t.ok(levelDb(frame.samples) > -80);
});
