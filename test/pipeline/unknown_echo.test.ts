import t from 'tap';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import { UnknownEcho } from '../../pipeline/stages/unknown_echo.ts';
import { sharedParts } from './shared_parts.ts';
import { silence, tone } from './sounds.ts';

const { memory } = await sharedParts(2);

for (const rateHz of [8000, 16_000] as const) {
  t.test(`what was sent may come back until it would have been found, at ${rateHz} Hz`, async t => {
    const far = new KernelFrame(memory, rateHz);
    const echo = new UnknownEcho();
    const send = (samples: Float32Array): void => {
      for (let at = 0; at < samples.length; at += far.samples.length) {
        far.samples.set(samples.subarray(at, at + far.samples.length));
        echo.sent(far);
      }
    };
    t.equal(echo.mostDb, -Infinity, 'nothing was sent');
    send(tone([500], 300, rateHz, 0.2));
    const loudestDb = 20 * Math.log10(0.2 / Math.SQRT2) - 13;
    t.ok(Math.abs(echo.mostDb - loudestDb) < 0.2, `${echo.mostDb} dB`);
    send(silence(200, rateHz));
    t.ok(Math.abs(echo.mostDb - (loudestDb - 4)) < 0.3, 'it may still be on its way');
    send(tone([500], 800, rateHz, 0.2));
    t.ok(echo.mostDb > loudestDb - 0.2);
    send(tone([500], 120, rateHz, 0.2));
    t.equal(echo.mostDb, -Infinity, 'there is none');
    echo.reset();
    send(new Float32Array(rateHz / 10).fill(Number.NaN));
    send(tone([500], 100, rateHz, 0.2));
    t.ok(Math.abs(echo.mostDb - loudestDb) < 0.2, 'after garbage, and after a change of line');
    far.close();
  });
}

t.test('an echo that nothing is heard of is not likely any more', async t => {
  const rateHz = 8000;
  const far = new KernelFrame(memory, rateHz);
  const near = new KernelFrame(memory, rateHz);
  const echo = new UnknownEcho();
  const pass = (durationMs: number, farPeak: number, nearPeak: number): void => {
    for (let atMs = 0; atMs < durationMs; atMs += 10) {
      far.samples.set(tone([500], 10, rateHz, farPeak));
      near.samples.set(tone([500], 10, rateHz, nearPeak));
      echo.sent(far);
      echo.heard(near);
    }
  };
  pass(690, 0.2, 0.001);
  t.equal(echo.likelyDb, echo.mostDb);
  pass(300, 0.2, 0.02);
  t.equal(echo.likelyDb, echo.mostDb, 'while something is heard it may be one');
  pass(20, 0.2, 0.001);
  t.equal(echo.likelyDb, -Infinity);
  t.ok(echo.mostDb > -50, 'but not to be sure of');
  echo.reset();
  pass(1000, 0.0001, 0.001);
  pass(100, 0.2, 0.001);
  t.equal(echo.likelyDb, echo.mostDb, 'where nothing was sent nothing can come back');
  far.close();
  near.close();
});
