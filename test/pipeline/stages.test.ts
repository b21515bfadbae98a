import t from 'tap';
import { KeptFrame } from '../../pipeline/kept_frame.ts';
import { LevelProbe } from '../../pipeline/stages/level_probe.ts';
import { Limiter } from '../../pipeline/stages/limiter.ts';
import { RecorderTap } from '../../pipeline/stages/recorder_tap.ts';
import { RemoveDc } from '../../pipeline/stages/remove_dc.ts';
import { Sanitize } from '../../pipeline/stages/sanitize.ts';
import { Tap } from '../../pipeline/stages/tap.ts';
import { concat, noise, silence, tone } from './sounds.ts';
import { peak, rms, through } from './stage_bench.ts';

const RATES = [8000, 16_000] as const;

for (const rateHz of RATES) {
  t.test(`at ${rateHz} Hz`, async t => {
    t.test('sanitize lets nothing through that can poison what follows', async t => {
      const wild = Float32Array.of(
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        3,
        -3,
        0.5,
        -1,
      );
      const out = through(new Sanitize(), rateHz, wild);
      t.strictSame([...out.subarray(0, 7)], [0, 1, -1, 1, -1, 0.5, -1]);
    });

    t.test('DC goes, voice stays, silence comes to rest', async t => {
      const stage = new RemoveDc(rateHz);
      const voice = tone([200, 900], 1000, rateHz);
      const out = through(
        stage,
        rateHz,
        voice.map(sample => sample + 0.3),
      );
      const settled = out.subarray(rateHz / 4);
      const mean = settled.reduce((sum, sample) => sum + sample, 0) / settled.length;
      t.ok(Math.abs(mean) < 1e-3, `mean ${mean}`);
      t.ok(Math.abs(rms(settled) / rms(voice.subarray(rateHz / 4)) - 1) < 0.02);
      const after = through(stage, rateHz, silence(3000, rateHz));
      t.equal(after.at(-1), 0, 'no denormals are left to calculate with');
    });

    t.test('the probe knows level and floor, by media time', async t => {
      const probe = new LevelProbe();
      through(probe, rateHz, concat(noise(2000, rateHz, 0.003), tone([300], 500, rateHz, 0.5)));
      t.equal(probe.untilMs, 2500);
      t.ok(Math.abs(probe.levelDb + 9) < 0.5, `${probe.levelDb} dB for a sine of amplitude 0.5`);
      t.ok(Math.abs(probe.floorDb + 50.5) < 3, `floor ${probe.floorDb} dB`);
      t.ok(probe.levelAtDb(1990) < -40);
      t.ok(probe.levelAtDb(2000) > -15);
      t.equal(probe.levelAtDb(9000), probe.floorDb, 'the future is as quiet as the floor');
      probe.skip(5);
      t.equal(probe.untilMs, 2550);
      t.equal(probe.levelAtDb(2520), -90);
    });

    t.test('digital silence has a level, not minus infinity', async t => {
      const probe = new LevelProbe();
      through(probe, rateHz, silence(100, rateHz));
      t.equal(probe.levelDb, -90);
    });

    t.test('the limiter holds the ceiling and leaves the rest alone', async t => {
      const limiter = new Limiter(rateHz);
      const quiet = tone([300], 200, rateHz, 0.8);
      t.strictSame(through(limiter, rateHz, quiet), quiet);
      const limited = through(limiter, rateHz, tone([300], 500, rateHz, 1.6));
      t.ok(peak(limited) <= 0.8913 + 1e-6, `peak ${peak(limited)}`);
      t.ok(peak(limited) > 0.8);
      through(limiter, rateHz, quiet);
      through(limiter, rateHz, tone([300], 1000, rateHz, 0.5));
      t.strictSame(through(limiter, rateHz, quiet), quiet, 'and lets go again');
    });

    t.test('taps hand on what passes, and change nothing', async t => {
      const seen: number[] = [];
      const voice = tone([300], 20, rateHz);
      const out = through(new Tap('ear', { write: samples => void seen.push(...samples) }), rateHz, voice);
      t.strictSame(out, voice);
      t.strictSame(Float32Array.from(seen), voice);
      const caller = new KeptFrame(rateHz);
      caller.samples.fill(0.5);
      const pairs: [number, number][] = [];
      const sink = {
        write: (left: Float32Array, right: Float32Array) => void pairs.push([left[0]!, right[1]!]),
      };
      through(new RecorderTap(caller, sink), rateHz, voice);
      t.strictSame(pairs[0], [0.5, voice[1]]);
    });
  });
}
