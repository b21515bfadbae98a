import t from 'tap';
import { createFrame, type PipelineRateHz } from '../../pipeline/frame.ts';
import { Duck } from '../../pipeline/stages/duck.ts';
import { tone } from './sounds.ts';
import { peak, through } from './stage_bench.ts';
import { loudestAboveDb } from './tones.ts';

const VOICE_HZ = 300;
/** Clicks of a 300 Hz tone are looked for above it. */
const CLICKS_FROM_HZ = 1000;

function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

/** Gain of each sample, found with a constant. */
function gains(duck: Duck, rateHz: PipelineRateHz, durationMs: number): Float32Array {
  return through(duck, rateHz, new Float32Array((durationMs * rateHz) / 1000).fill(1));
}

for (const rateHz of [8000, 16_000] as const) {
  t.test(`at ${rateHz} Hz`, async t => {
    t.test('12 dB are reached within 12 ms, 14 soon after, and the voice comes back', async t => {
      const duck = new Duck(rateHz);
      t.ok(
        gains(duck, rateHz, 30).every(gain => gain === 1),
        'untouched before',
      );
      duck.lower();
      const down = gains(duck, rateHz, 60);
      const after12Ms = decibels(down[(12 * rateHz) / 1000 - 1]!);
      t.ok(after12Ms <= -12, `${after12Ms} dB`);
      t.ok(Math.abs(decibels(down.at(-1)!) + 14) < 0.1, `${decibels(down.at(-1)!)} dB`);
      duck.raise();
      const up = gains(duck, rateHz, 600);
      t.ok(
        decibels(up[(150 * rateHz) / 1000]!) > -1,
        `${decibels(up[(150 * rateHz) / 1000]!)} dB after 150 ms`,
      );
      t.equal(up.at(-1), 1);
      const voice = tone([VOICE_HZ], 50, rateHz, 0.5);
      t.strictSame(through(duck, rateHz, voice), voice, 'untouched afterwards');
    });

    t.test('nothing clicks, whenever it is told otherwise', async t => {
      const duck = new Duck(rateHz);
      const voice = tone([VOICE_HZ], 600, rateHz, 0.5);
      const frame = createFrame(rateHz);
      const out = new Float32Array(voice.length);
      const cut = new Float32Array(voice.length);
      for (let i = 0; i < 60; i += 1) {
        // Lowered, raised before it was low, lowered again, deeper, and raised.
        if (i === 10 || i === 13) duck.lower();
        if (i === 12 || i === 40) duck.raise();
        if (i === 25) duck.tune({ duck: true, duckDb: 30 });
        frame.samples.set(voice.subarray(i * frame.samples.length, (i + 1) * frame.samples.length));
        cut.set(
          i >= 10 && i < 40 ? frame.samples.map(sample => sample * 0.2) : frame.samples,
          i * frame.samples.length,
        );
        duck.process(frame);
        out.set(frame.samples, i * frame.samples.length);
      }
      const clicksDb = loudestAboveDb(out, CLICKS_FROM_HZ, rateHz);
      t.ok(clicksDb < -60, `${clicksDb} dB above ${CLICKS_FROM_HZ} Hz`);
      const hardDb = loudestAboveDb(cut, CLICKS_FROM_HZ, rateHz);
      t.ok(hardDb > -45, `a gain that jumps: ${hardDb} dB`);
    });

    t.test('how far is policy, also while the voice is low', async t => {
      const duck = new Duck(rateHz, { duck: true, duckDb: 6 });
      duck.lower();
      t.ok(Math.abs(decibels(gains(duck, rateHz, 100).at(-1)!) + 6) < 0.1);
      duck.tune({ duck: true, duckDb: 20 });
      t.ok(Math.abs(decibels(gains(duck, rateHz, 100).at(-1)!) + 20) < 0.1);
      duck.tune({ duck: false, duckDb: 20 });
      t.equal(gains(duck, rateHz, 600).at(-1), 1);
      duck.tune({ duck: true, duckDb: 20 });
      t.ok(gains(duck, rateHz, 100).at(-1)! < 0.11, 'still told to be low');
      duck.reset();
      t.equal(peak(gains(duck, rateHz, 10)), 1);
      t.equal(gains(duck, rateHz, 10).at(-1), 1);
    });
  });
}
