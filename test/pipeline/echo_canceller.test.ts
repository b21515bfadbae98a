import t from 'tap';
import { frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { EchoCanceller } from '../../pipeline/stages/echo_canceller.ts';
import { EchoDelaySearch } from '../../pipeline/stages/echo_delay_search.ts';
import { EchoShadow } from '../../pipeline/stages/echo_shadow.ts';
import { KERNEL_FOLDER } from './kernels/legs.ts';
import { noise } from './sounds.ts';

const POLICY = { enabled: true, tailMs: 70, suppress: true };

/** One call with a far end that is echoed after `delayMs`, 12 dB down, and what the canceller makes of it. */
async function callWithEcho(rateHz: PipelineRateHz, delayMs: number, durationMs: number) {
  const memory = await loadKernels(KERNEL_FOLDER, { echo: 1, delaySearch: 1, echoShadow: 2, frame: 4 });
  const search = new EchoDelaySearch(memory);
  const far = new KernelFrame(memory, rateHz);
  const frame = new KernelFrame(memory, rateHz);
  const canceller = new EchoCanceller(memory, rateHz, far, POLICY, search);
  const shadow = new EchoShadow(memory, rateHz);
  const sent = noise(durationMs, rateHz, 0.1, 7);
  const echo = sent.map((_, i) => 0.25 * (sent[i - (delayMs * rateHz) / 1000] ?? 0));
  const near = noise(durationMs, rateHz, 0.0003, 9);
  const length = frameLength(rateHz);
  const left = new Float32Array(sent.length);
  for (let at = 0; at + length <= sent.length; at += length) {
    far.samples.set(sent.subarray(at, at + length));
    frame.samples.set(echo.subarray(at, at + length).map((sample, i) => sample + near[at + i]!));
    canceller.process(frame);
    shadow.process(canceller, echo.subarray(at, at + length), near.subarray(at, at + length));
    left.set(shadow.residual, at);
    search.tick();
  }
  return { memory, canceller, search, echo, left };
}

function levelDb(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

for (const [rateHz, delayMs] of [
  [8000, 10],
  [8000, 700],
  [16_000, 10],
  [16_000, 431.25],
] as const) {
  t.test(`an echo ${delayMs} ms late is gone after three seconds, at ${rateHz} Hz`, async t => {
    const { canceller, echo, left } = await callWithEcho(rateHz, delayMs, 4000);
    const from = 3 * rateHz;
    t.ok(levelDb(echo.subarray(from)) - levelDb(left.subarray(from)) > 30);
    t.ok(canceller.erleDb > 20, 'by the filter');
    t.ok(canceller.residualEchoDb < canceller.echoDb - 20);
    t.ok(Math.abs(canceller.echoDb - levelDb(echo.subarray(from))) < 3, 'whose level is known');
  });
}

t.test('what it holds is given back', async t => {
  const { memory, canceller, search } = await callWithEcho(8000, 10, 100);
  canceller.close();
  search.close();
  t.equal(memory.pool('echo').freeSlots, 1);
  t.equal(memory.pool('delaySearch').freeSlots, 1);
  t.equal(memory.pool('echo').brokenSlots, 0);
});
