import t from 'tap';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import { type PipelineOverrides, pipelinePolicy } from '../../pipeline/policy.ts';
import { createUplink } from '../../pipeline/uplink.ts';
import { sharedParts } from './shared_parts.ts';
import { noise, silence, tone } from './sounds.ts';

const shared = await sharedParts(8);

function uplinkOf(overrides: PipelineOverrides, rateHz: 8000 | 16000 = 8000) {
  const far = new KernelFrame(shared.memory, rateHz);
  const frame = new KernelFrame(shared.memory, rateHz);
  const recorded: number[] = [];
  const recognised: number[] = [];
  const uplink = createUplink(rateHz, {
    shared,
    far,
    policy: pipelinePolicy(overrides),
    recorder: { write: samples => void recorded.push(...samples) },
    recogniser: { write: samples => void recognised.push(...samples) },
  });
  const hear = (samples: Float32Array): void => {
    for (let at = 0; at + frame.samples.length <= samples.length; at += frame.samples.length) {
      frame.samples.set(samples.subarray(at, at + frame.samples.length));
      uplink.chain.process(frame);
      shared.tick([uplink.voice]);
    }
  };
  const close = (): void => {
    uplink.chain.close();
    far.close();
    frame.close();
  };
  return { uplink, hear, recorded, recognised, close };
}

const power = (samples: readonly number[]): number =>
  10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length + 1e-12);

t.test('the recording has what the line gave, whatever the stages make of it', async t => {
  const { hear, recorded, recognised, close } = uplinkOf({ recogniserTap: 'beforeLevel' });
  const hiss = noise(3000, 8000, 0.02);
  hear(hiss);
  t.equal(recorded.length, hiss.length);
  t.ok(Math.abs(power(recorded.slice(8000)) - power([...hiss.subarray(8000)])) < 0.5);
  t.ok(power(recognised.slice(16_000)) < power(recorded.slice(16_000)) - 10, 'noise is turned down');
  close();
});

t.test('the recogniser listens where the policy says, from the next frame on', async t => {
  const { uplink, hear, recognised, close } = uplinkOf({ recogniserTap: 'beforeNoise' });
  const hiss = noise(3000, 8000, 0.02);
  hear(hiss);
  const before = power(recognised.slice(-8000));
  uplink.tune(pipelinePolicy({ recogniserTap: 'beforeLevel' }));
  hear(hiss);
  t.equal(recognised.length, 2 * hiss.length, 'and misses nothing, and hears nothing twice');
  t.ok(power(recognised.slice(-8000)) < before - 10);
  close();
});

t.test('the strong suppression is there for calls that begin with it, and costs others no delay', async t => {
  const light = uplinkOf({});
  const strong = uplinkOf({ noise: { kind: 'strong' } });
  t.notMatch(light.uplink.chain.describe(), /strong/);
  t.match(strong.uplink.chain.describe(), /strong noise suppression/);
  t.ok(strong.uplink.delayMs > light.uplink.delayMs);
  t.equal(light.uplink.delayMs, light.uplink.chain.delayMs);
  strong.hear(noise(2000, 8000, 0.02));
  strong.uplink.tune(pipelinePolicy({ noise: { kind: 'light' } }));
  strong.hear(tone([440], 500, 8000));
  t.ok(strong.recorded.every(Number.isFinite));
  light.close();
  strong.close();
  t.equal(shared.memory.pool('frame').freeSlots, 16);
});

t.test('what the stages tell of a time is of that time, also after a gap in it', async t => {
  const { uplink, hear, close } = uplinkOf({ noise: { kind: 'off' }, echo: { enabled: false } });
  const key = tone([770, 1336], 100, 8000);
  hear(silence(200, 8000));
  uplink.skip(50);
  hear(key);
  hear(silence(100, 8000));
  const heardMs = 200 + 500 + uplink.delayMs;
  t.equal(uplink.levels.untilMs, 900);
  for (const [atMs, isKey] of [
    [heardMs - 20, false],
    [heardMs + 50, true],
    [heardMs + 130, false],
  ] as const) {
    t.equal(uplink.tones.wasToneAt(atMs), isKey, `at ${atMs} ms`);
    t.equal(uplink.levels.levelAtDb(atMs) > -40, isKey, `at ${atMs} ms`);
  }
  t.equal(uplink.voice.windows, Math.floor(900 / 32));
  close();
});
