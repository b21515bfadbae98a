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
