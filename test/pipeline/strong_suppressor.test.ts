import t from 'tap';
import { createFrame, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import type { NoisePolicy } from '../../pipeline/policy.ts';
import { StrongSuppressor } from '../../pipeline/stages/strong_suppressor.ts';
import { Interpolator } from '../../pipeline/strong/interpolator.ts';
import { Rnnoise } from '../../pipeline/strong/rnnoise.ts';
import { concat, noise, silence, tone } from './sounds.ts';
import { rms, steepest, through } from './stage_bench.ts';

const RATES: readonly PipelineRateHz[] = [8000, 16_000];
const STRONG: NoisePolicy = { kind: 'strong', depthDb: 40 };
const OFF: NoisePolicy = { kind: 'off', depthDb: 40 };
const network = await Rnnoise.load();

function suppressor(rateHz: PipelineRateHz, policy = STRONG, hasHeadroom = () => true, loaded = () => true) {
  return new StrongSuppressor(rateHz, policy, {
    network: () => (loaded() ? network : undefined),
    hasHeadroom,
  });
}

function throughNew(rateHz: PipelineRateHz, policy: NoisePolicy, samples: Float32Array): Float32Array {
  const stage = suppressor(rateHz, policy);
  const out = through(stage, rateHz, samples);
  stage.close();
  return out;
}

/** Low-passed, as of a car. */
function rumble(durationMs: number, rateHz: PipelineRateHz, level: number, seed = 1): Float32Array {
  let smooth = 0;
  const pole = Math.exp((-2 * Math.PI * 300) / rateHz);
  return noise(durationMs, rateHz, level * 4, seed).map(sample => {
    smooth = pole * smooth + (1 - pole) * sample;
    return smooth;
  });
}

function delayed(samples: Float32Array, rateHz: PipelineRateHz): Float32Array {
  return concat(silence(12, rateHz), samples).subarray(0, samples.length);
}

function fallDb(before: Float32Array, after: Float32Array): number {
  return 20 * Math.log10(rms(before) / rms(after));
}

for (const rateHz of RATES) {
  const at = (ms: number) => (ms * rateHz) / 1000;

  t.test(`${rateHz} Hz: noise is turned down, by no more than the policy's depth`, async t => {
    const heard = rumble(3000, rateHz, 0.02);
    const deep = throughNew(rateHz, STRONG, heard);
    t.ok(fallDb(heard.subarray(at(2000)), deep.subarray(at(2000))) > 25);
    const shallow = throughNew(rateHz, { kind: 'strong', depthDb: 12 }, heard);
    const shallowDb = fallDb(heard.subarray(at(2000)), shallow.subarray(at(2000)));
    t.ok(shallowDb > 11 && shallowDb < 12.5, `${shallowDb} dB`);
  });

  t.test(`${rateHz} Hz: without policy, network or headroom all is passed on 12 ms later`, async t => {
    const heard = rumble(200, rateHz, 0.1);
    const wanted = delayed(heard, rateHz);
    const never = () => false;
    for (const stage of [
      suppressor(rateHz, OFF),
      suppressor(rateHz, { kind: 'light', depthDb: 15 }),
      suppressor(rateHz, STRONG, never),
      suppressor(rateHz, STRONG, () => true, never),
    ]) {
      t.equal(stage.delayMs, 12);
      t.same(through(stage, rateHz, heard), wanted);
      stage.close();
    }
  });

  t.test(`${rateHz} Hz: what the network leaves lies where what is passed on lies`, async t => {
    // Gliding harmonics, which the network takes for a voice.
    const sung = silence(1000, rateHz).map((_, i) => {
      const phase = (2 * Math.PI * 130 * (i + (0.1 * i * i) / rateHz)) / rateHz;
      return [1, 2, 3, 4, 5, 6, 7].reduce((sum, order) => sum + 0.05 * Math.sin(order * phase), 0);
    });
    const out = throughNew(rateHz, STRONG, sung).subarray(at(300), at(800));
    const dry = delayed(sung, rateHz);
    const errors = [-2, -1, 0, 1, 2].map(lag => {
      const moved = dry.subarray(at(300) + lag, at(800) + lag);
      return fallDb(
        out,
        out.map((sample, i) => sample - moved[i]!),
      );
    });
    t.equal(errors.indexOf(Math.max(...errors)), 2, `${errors} dB`);
  });

  t.test(`${rateHz} Hz: changes of policy and headroom do not click, and leave nothing behind`, async t => {
    const heard = tone([200, 310], 1500, rateHz, 0.4);
    let headroom = true;
    const stage = suppressor(rateHz, STRONG, () => headroom);
    const frame = createFrame(rateHz);
    const length = frameLength(rateHz);
    const out = new Float32Array(heard.length);
    for (let i = 0; i * length < heard.length; i += 1) {
      headroom = i % 40 < 25;
      if (i === 70) stage.tune({ kind: 'strong', depthDb: 6 });
      if (i === 110) stage.tune(OFF);
      frame.samples.set(heard.subarray(i * length, (i + 1) * length));
      stage.process(frame);
      out.set(frame.samples, i * length);
    }
    t.ok(steepest(out.subarray(at(100))) < 1.3 * steepest(heard.subarray(at(100))));
    t.same(out.subarray(at(1120)), delayed(heard, rateHz).subarray(at(1120)));
    stage.close();
  });

  t.test(`${rateHz} Hz: garbage in, finite samples out, and hearing again soon after`, async t => {
    const garbage = Float32Array.from(
      { length: at(300) },
      (_, i) => [NaN, Infinity, -Infinity, 1e30, -1, 1][i % 6]!,
    );
    const heard = concat(garbage, rumble(3000, rateHz, 0.02));
    const out = throughNew(rateHz, STRONG, heard);
    t.ok(out.every(Number.isFinite));
    const downDb = fallDb(heard.subarray(at(2300)), out.subarray(at(2300)));
    t.ok(downDb > 6, `${downDb} dB`);
  });

  t.test(`${rateHz} Hz: calls in turn hear what each would hear alone, to the bit`, async t => {
    const voices = [1, 2, 3].map(seed => rumble(400, rateHz, 0.05, seed));
    const alone = voices.map(voice => throughNew(rateHz, STRONG, voice));
    const stages = voices.map(() => suppressor(rateHz));
    const frame = createFrame(rateHz);
    const length = frameLength(rateHz);
    for (let i = 0; i < voices[0]!.length; i += length) {
      stages.forEach((stage, call) => {
        frame.samples.set(voices[call]!.subarray(i, i + length));
        stage.process(frame);
        t.same(frame.samples, alone[call]!.subarray(i, i + length));
      });
    }
    for (const stage of stages) stage.close();
  });

  t.test(`${rateHz} Hz: a reset stage is as a new one`, async t => {
    const stage = suppressor(rateHz);
    const heard = rumble(300, rateHz, 0.05);
    const first = through(stage, rateHz, heard);
    stage.reset();
    t.same(through(stage, rateHz, heard), first);
    stage.close();
  });

  t.test(`${rateHz} Hz: an interpolated frame has the samples themselves, and no images`, async t => {
    const interpolator = new Interpolator(rateHz);
    const hz = rateHz === 8000 ? 3300 : 6600;
    const heard = tone([hz], 100, rateHz, 1);
    const made = new Float32Array(480);
    interpolator.make(made, heard, 300, 2);
    t.same(
      made.filter((_, i) => i % interpolator.factor === 0),
      heard.subarray(300, 300 + frameLength(rateHz)).map(sample => 2 * sample),
    );
    const wanted = made.map(
      (_, i) => 2 * Math.sin((2 * Math.PI * hz * (300 + i / interpolator.factor)) / rateHz),
    );
    t.ok(
      fallDb(
        wanted,
        made.map((sample, i) => sample - wanted[i]!),
      ) > 65,
    );
  });
}

t.test('calls open and close by the thousand in the same memory', async t => {
  const first = network.open();
  network.close(first);
  const frame = createFrame(8000);
  for (let call = 0; call < 3000; call += 1) {
    const stage = suppressor(8000);
    stage.process(frame);
    stage.close();
    stage.close();
  }
  const last = network.open();
  t.equal(last, first);
  network.close(last);
});

t.test('a call too many is passed on, until another one ends', async t => {
  const heard = rumble(100, 8000, 0.05);
  const stages = Array.from({ length: 256 }, () => suppressor(8000));
  for (const stage of stages) stage.process(createFrame(8000));
  const late = suppressor(8000);
  t.same(through(late, 8000, heard), delayed(heard, 8000));
  stages.pop()!.close();
  t.not(
    rms(through(late, 8000, rumble(1000, 8000, 0.05))).toFixed(3),
    rms(rumble(1000, 8000, 0.05)).toFixed(3),
  );
  for (const stage of [...stages, late]) stage.close();
});

t.test('a thread without headroom does nothing for what is not heard yet', async t => {
  let headroom = true;
  const stage = suppressor(8000, STRONG, () => headroom);
  const frame = createFrame(8000);
  for (headroom of [true, false, true, true, false]) {
    network.frame.fill(7);
    stage.process(frame);
    t.equal(
      network.frame.every(sample => sample === 7),
      !headroom,
    );
  }
  stage.close();
});

t.test('a network that is loaded later is used from then on', async t => {
  let isLoaded = false;
  const stage = suppressor(
    8000,
    STRONG,
    () => true,
    () => isLoaded,
  );
  const heard = rumble(2000, 8000, 0.02);
  t.same(through(stage, 8000, heard), delayed(heard, 8000));
  isLoaded = true;
  t.ok(fallDb(heard.subarray(8000), through(stage, 8000, heard).subarray(8000)) > 20);
  stage.close();
});
