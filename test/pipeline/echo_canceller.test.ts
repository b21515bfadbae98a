import t from 'tap';
import { frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { EchoCanceller } from '../../pipeline/stages/echo_canceller.ts';
import { EchoDelaySearch } from '../../pipeline/stages/echo_delay_search.ts';
import { EchoShadow } from '../../pipeline/stages/echo_shadow.ts';
import { KERNEL_FOLDER } from './kernels/legs.ts';
import { noise, silence, tone } from './sounds.ts';
import { peak, rms, steepest } from './stage_bench.ts';

const POLICY = { enabled: true, tailMs: 70, suppress: true };
const SLOTS = { echo: 1, delaySearch: 1, echoShadow: 2, frame: 4 };

/** One call's canceller, with all around it. */
async function openCall(rateHz: PipelineRateHz) {
  const memory = await loadKernels(KERNEL_FOLDER, SLOTS);
  const search = new EchoDelaySearch(memory);
  const far = new KernelFrame(memory, rateHz);
  const frame = new KernelFrame(memory, rateHz);
  const canceller = new EchoCanceller(memory, rateHz, far, POLICY, search);
  const shadow = new EchoShadow(memory, rateHz);
  const length = frameLength(rateHz);

  /** Sends `sent` and hears `echo` and `near`; `before` is called ahead of each frame. */
  function run(
    sent: Float32Array,
    echo: Float32Array,
    near: Float32Array,
    before: (frame: KernelFrame, atMs: number) => void = () => {},
  ) {
    const [out, left, kept] = [sent.slice(), sent.slice(), sent.slice()];
    for (let at = 0; at + length <= sent.length; at += length) {
      const [echoes, nears] = [echo.subarray(at, at + length), near.subarray(at, at + length)];
      far.samples.set(sent.subarray(at, at + length));
      frame.samples.set(echoes.map((sample, i) => sample + nears[i]!));
      frame.concealed = false;
      before(frame, (at * 1000) / rateHz);
      canceller.process(frame);
      out.set(frame.samples, at);
      shadow.process(canceller, echoes, nears);
      left.set(shadow.residual, at);
      kept.set(shadow.near, at);
      search.tick();
    }
    return { out, left, kept };
  }
  return { memory, search, canceller, shadow, far, run };
}

function delayed(sent: Float32Array, delay: number, gain = 0.25): Float32Array {
  return sent.map((_, i) => gain * (sent[i - delay] ?? 0));
}

function levelDb(samples: Float32Array): number {
  return 20 * Math.log10(rms(samples) + 1e-9);
}

for (const [rateHz, delayMs] of [
  [8000, 10],
  [8000, 700],
  [16_000, 10],
  [16_000, 431.25],
] as const) {
  t.test(`an echo ${delayMs} ms late is gone after three seconds, at ${rateHz} Hz`, async t => {
    const { canceller, run } = await openCall(rateHz);
    const sent = noise(4000, rateHz, 0.1, 7);
    const echo = delayed(sent, (delayMs * rateHz) / 1000);
    const { left } = run(sent, echo, noise(4000, rateHz, 0.0003, 9));
    const late = 3 * rateHz;
    t.ok(levelDb(echo.subarray(late)) - levelDb(left.subarray(late)) > 30);
    t.ok(canceller.erleDb > 20, 'by the filter');
    t.ok(canceller.residualEchoDb < canceller.echoDb - 20);
    t.ok(Math.abs(canceller.echoDb - levelDb(echo.subarray(late))) < 3, 'whose level is known');
    t.ok(canceller.isAligned && canceller.isConverged && canceller.isFarActive);
    t.ok(Math.abs(canceller.echoDelayMs! - delayMs) < 1);
  });
}

for (const rateHz of [8000, 16_000] as const) {
  t.test(
    `when an echo ends, or frames of it are lost, nothing is heard of its estimate, at ${rateHz} Hz`,
    async t => {
      const { run } = await openCall(rateHz);
      const sent = noise(5000, rateHz, 0.1, 7);
      const echo = delayed(sent, (10 * rateHz) / 1000);
      const frame = frameLength(rateHz);
      const lost = 3 * rateHz;
      const ended = 4 * rateHz;
      echo.fill(0, lost, lost + 2 * frame);
      echo.fill(0, ended);
      const { out } = run(sent, echo, noise(5000, rateHz, 0.0003, 9));
      // What comes out lies a frame behind.
      t.ok(levelDb(out.subarray(lost + frame, lost + 3 * frame)) < -50, 'lost');
      t.ok(levelDb(out.subarray(ended + frame, ended + 0.3 * rateHz)) < -55, 'ended');
    },
  );
}

t.test('after a jump the last good filter is restored where the echo is now', async t => {
  const { canceller, run } = await openCall(8000);
  const sent = noise(6000, 8000, 0.1, 7);
  const near = noise(6000, 8000, 0.0003, 9);
  const [before, after] = [delayed(sent, 1600), delayed(sent, 2480)];
  const echo = before.map((sample, i) => (i < 32_000 ? sample : after[i]!));
  const { left } = run(sent, echo, near);
  t.ok(Math.abs(canceller.echoDelayMs! - 310) < 1);
  const late = 5 * 8000;
  t.ok(levelDb(echo.subarray(late)) - levelDb(left.subarray(late)) > 30);
});

for (const rateHz of [8000, 16_000] as const) {
  t.test(`an echo that moves a little is turned down before it is found again, at ${rateHz} Hz`, async t => {
    const { run } = await openCall(rateHz);
    const sent = noise(4000, rateHz, 0.1, 7);
    const [before, after] = [delayed(sent, rateHz / 50), delayed(sent, (rateHz * 35) / 1000)];
    const moved = 3 * rateHz;
    const echo = before.map((sample, i) => (i < moved ? sample : after[i]!));
    const { left } = run(sent, echo, noise(4000, rateHz, 0.0003, 9));
    const soon = [moved + 0.06 * rateHz, moved + 0.14 * rateHz] as const;
    t.ok(levelDb(echo.subarray(...soon)) - levelDb(left.subarray(...soon)) > 10);
  });
}

t.test('residual and near end add up to what comes out', async t => {
  const { run } = await openCall(8000);
  const sent = noise(2000, 8000, 0.1, 7);
  const { out, left, kept } = run(sent, delayed(sent, 80), tone([300, 900], 2000, 8000, 0.1));
  const rest = out.map((sample, i) => sample - left[i]! - kept[i]!);
  t.ok(levelDb(rest) < -100, 'but for the hiss');
});

t.test('a near talker is left alone while there is nothing to be cancelled', async t => {
  const { canceller, run } = await openCall(8000);
  const near = noise(1000, 8000, 0.1, 3);
  const { out } = run(silence(1000, 8000), silence(1000, 8000), near);
  t.ok(peak(out.subarray(80).map((sample, i) => sample - near[i]!)) < 2e-5, 'and comes a frame later');
  t.equal(canceller.isFarActive, false);
  t.equal(canceller.echoDb, -120);
  t.equal(canceller.isAligned, false);
});

t.test('a near talker beside an unrelated far end loses nothing', async t => {
  const { run, canceller } = await openCall(8000);
  const near = noise(3000, 8000, 0.1, 3);
  const { out } = run(noise(3000, 8000, 0.1, 7), silence(3000, 8000), near);
  const rest = out.subarray(80).map((sample, i) => sample - near[i]!);
  t.ok(levelDb(near) - levelDb(rest.subarray(8000)) > 15);
  t.equal(canceller.isConverged, false);
});

t.test('nothing is learnt from concealed frames', async t => {
  const taught = await openCall(8000);
  const sent = noise(2000, 8000, 0.1, 7);
  const none = silence(2000, 8000);
  taught.run(sent, delayed(sent, 40), none, frame => {
    frame.concealed = true;
  });
  t.equal(taught.canceller.isConverged, false);
  t.ok(taught.canceller.erleDb < 1);
});

t.test('switches on and off, longer and shorter, without a click', async t => {
  const { canceller, run } = await openCall(8000);
  const sent = noise(6000, 8000, 0.05, 7);
  const near = tone([200], 6000, 8000, 0.01);
  const policies = [
    { ...POLICY, tailMs: 256 },
    { ...POLICY, enabled: false },
    { ...POLICY, tailMs: 64 },
    { ...POLICY, suppress: false },
    { ...POLICY, tailMs: 10_000 },
    { ...POLICY, tailMs: Number.NEGATIVE_INFINITY },
    POLICY,
  ];
  const { kept, left } = run(sent, delayed(sent, 80), near, (_, atMs) => {
    const next = policies[(atMs - 2000) / 500];
    if (next !== undefined) canceller.tune(next);
  });
  const late = kept.subarray(16_000);
  // Beside the tone's own slope there is what a gain does that rises or falls over a frame.
  t.ok(steepest(late) < 1.5 * steepest(near));
  t.ok(levelDb(left.subarray(44_000)) < -50, 'and still knows the echo');
  t.ok(levelDb(left.subarray(20_800, 24_000)) > -45, 'which is heard while it is off');
});

t.test('switched off, it passes everything on a frame later', async t => {
  const { canceller, run } = await openCall(16_000);
  canceller.tune({ ...POLICY, enabled: false });
  const sent = noise(500, 16_000, 0.3, 7);
  const { out } = run(sent, sent, silence(500, 16_000));
  t.ok(peak(out.subarray(160).map((sample, i) => sample - sent[i]!)) < 2e-5);
  t.equal(canceller.delayMs, 10);
});

t.test('what may be an echo is only while one is looked for', async t => {
  const { canceller, run } = await openCall(8000);
  const sent = noise(300, 8000, 0.1, 7);
  run(sent, silence(300, 8000), silence(300, 8000));
  t.ok(canceller.residualEchoDb > levelDb(sent) - 15, 'one may be on its way');
  canceller.tune({ ...POLICY, enabled: false });
  run(silence(20, 8000), silence(20, 8000), silence(20, 8000));
  t.ok(canceller.residualEchoDb < -60, 'nobody looks for it any more');
  canceller.tune(POLICY);
  run(sent, silence(300, 8000), silence(300, 8000));
  t.ok(canceller.residualEchoDb > levelDb(sent) - 15, 'but for this one');
});

t.test('after a reset it knows nothing', async t => {
  const { canceller, run } = await openCall(8000);
  const sent = noise(3000, 8000, 0.1, 7);
  run(sent, delayed(sent, 1600), noise(3000, 8000, 0.0003, 9));
  t.equal(canceller.isConverged, true);
  canceller.reset();
  t.equal(canceller.isConverged, false);
  t.equal(canceller.echoDelayMs, undefined);
  t.equal(canceller.isFarActive, false);
});

t.test('what it holds is given back, also in the middle of a search', async t => {
  const { memory, canceller, search, shadow, run } = await openCall(8000);
  const sent = noise(600, 8000, 0.1, 7);
  run(sent, silence(600, 8000), noise(600, 8000, 0.1, 8));
  canceller.close();
  canceller.close();
  for (let tick = 0; tick < 20; tick += 1) search.tick();
  shadow.close();
  search.close();
  for (const kind of ['echo', 'delaySearch', 'echoShadow'] as const) {
    t.equal(memory.pool(kind).freeSlots, SLOTS[kind], kind);
    t.equal(memory.pool(kind).brokenSlots, 0, kind);
  }
});

t.test('refuses a far end of another rate, and a memory that is full', async t => {
  const { memory, far, search } = await openCall(8000);
  t.throws(() => new EchoCanceller(memory, 16_000, far, POLICY, search), RangeError);
  t.throws(() => new EchoCanceller(memory, 8000, far, POLICY, search), RangeError);
  t.throws(() => new EchoDelaySearch(memory), RangeError);
});
