import t, { type Test } from 'tap';
import { frameLength } from '../../pipeline/frame.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import type { NoisePolicy } from '../../pipeline/policy.ts';
import { NoiseSuppressor } from '../../pipeline/stages/noise_suppressor.ts';
import { throughKernels } from './kernel_stage_bench.ts';
import { KERNEL_FOLDER } from './kernels/legs.ts';
import { concat, mix, NO_FLITE, noise, silence, speech, tone } from './sounds.ts';
import { rms, steepest } from './stage_bench.ts';

const RATES = [8000, 16_000] as const;
const memory = await loadKernels(KERNEL_FOLDER, { denoise: 1, frame: 1 });
const LIGHT: NoisePolicy = { kind: 'light', depthDb: 15 };
const OFF: NoisePolicy = { kind: 'off', depthDb: 15 };

const decibels = (ratio: number): number => 20 * Math.log10(ratio);
const levelDb = (samples: Float32Array): number => decibels(rms(samples) + 1e-9);

for (const rateHz of RATES) {
  const length = frameLength(rateHz);
  const seconds = (from: number, to: number): [number, number] => [from * rateHz, to * rateHz];

  /** A suppressor that lives as long as the test, and what comes out of it. */
  const suppressor = (t: Pick<Test, 'teardown'>, policy: NoisePolicy) => {
    const stage = new NoiseSuppressor(memory, rateHz, policy);
    t.teardown(() => stage.close());
    return {
      stage,
      hear: (samples: Float32Array, before?: Parameters<typeof throughKernels>[4]) =>
        throughKernels(stage, memory, rateHz, samples, before),
    };
  };

  t.test(`steady noise at ${rateHz} Hz goes down by the depth, evenly`, async t => {
    const hiss = noise(4000, rateHz, 0.01, 5);
    const { stage, hear } = suppressor(t, LIGHT);
    const out = hear(hiss);
    const late = out.subarray(...seconds(1, 4));
    const loweredDb = levelDb(hiss) - levelDb(late);
    t.ok(loweredDb > 14 && loweredDb < 15.5, `by ${loweredDb} dB`);
    t.ok(Math.abs(stage.noiseDb! - levelDb(hiss)) < 1.5, `known to be at ${stage.noiseDb} dB`);
    t.equal(stage.snrDb, undefined, 'with no speech');
    t.ok(stage.speechPresence < 0.2, `${stage.speechPresence}`);
    // Musical noise would make the loudest tenth of a second much louder than the rest.
    const tenths = Array.from({ length: 30 }, (_, i) =>
      levelDb(late.subarray((i * rateHz) / 10, ((i + 1) * rateHz) / 10)),
    );
    const swingDb = Math.max(...tenths) - Math.min(...tenths);
    t.ok(swingDb < 2, `swings by ${swingDb} dB`);
  });

  t.test(`a fresh call at ${rateHz} Hz has quiet noise within 200 ms`, async t => {
    const out = suppressor(t, LIGHT).hear(noise(400, rateHz, 0.01, 6));
    const loweredDb = -40 - levelDb(out.subarray(...seconds(0.2, 0.4)));
    t.ok(loweredDb > 10, `down by ${loweredDb} dB`);
  });

  t.test(`noise at ${rateHz} Hz that rises by 20 dB is followed within two seconds`, async t => {
    const { hear } = suppressor(t, LIGHT);
    const out = hear(concat(noise(2000, rateHz, 0.003, 7), noise(3000, rateHz, 0.03, 8)));
    const loweredDb = decibels(0.03) - levelDb(out.subarray(...seconds(4, 5)));
    t.ok(loweredDb > 12, `down by ${loweredDb} dB`);
  });

  t.test(`switched off at ${rateHz} Hz it only delays by a frame, to the bit`, async t => {
    const sound = mix(tone([300, 1700], 300, rateHz), noise(300, rateHz, 0.02, 9));
    for (const policy of [OFF, { ...LIGHT, kind: 'strong' } as const]) {
      const { stage, hear } = suppressor(t, policy);
      t.same(hear(sound), concat(silence(10, rateHz), sound.subarray(0, -length)));
      t.equal(stage.delayMs, 10);
      t.equal(stage.noiseDb, undefined);
      t.equal(stage.speechPresence, 0);
      stage.close();
    }
  });

  t.test(`on, off and to another depth at ${rateHz} Hz without a click`, async t => {
    const { stage, hear } = suppressor(t, LIGHT);
    const voice = tone([300, 450], 3000, rateHz, 0.2);
    const sound = mix(voice, noise(3000, rateHz, 0.002, 10));
    const changes: Record<number, NoisePolicy> = {
      60: OFF,
      120: LIGHT,
      180: { ...LIGHT, depthDb: 30 },
      240: OFF,
    };
    const out = hear(sound, (_, i) => changes[i] && stage.tune(changes[i]));
    t.ok(steepest(out.subarray(rateHz / 10)) < 1.05 * steepest(sound), `${steepest(out)}`);
    t.same(
      out.subarray(280 * length, 290 * length),
      sound.subarray(279 * length, 289 * length),
      'off in the end',
    );
  });

  t.test(`switched off at ${rateHz} Hz the noise comes back little by little`, async t => {
    const { stage, hear } = suppressor(t, LIGHT);
    const hiss = noise(1300, rateHz, 0.01, 17);
    const out = hear(hiss, (_, i) => i === 100 && stage.tune(OFF));
    const risesDb = [1.03, 1.08, 1.2].map(at => levelDb(out.subarray(...seconds(at, at + 0.03))) + 40);
    t.ok(risesDb[0]! < -9 && risesDb[1]! > -10 && risesDb[1]! < -3 && risesDb[2]! > -1, `${risesDb} dB`);
  });

  t.test(`at ${rateHz} Hz what goes from passing to working is put together without a seam`, async t => {
    const { stage, hear } = suppressor(t, OFF);
    const sound = mix(tone([300, 1700], 600, rateHz), noise(600, rateHz, 0.02, 18));
    const changes: Record<number, NoisePolicy> = { 20: { ...LIGHT, depthDb: 0 }, 40: OFF };
    const out = hear(sound, (_, i) => changes[i] && stage.tune(changes[i]));
    const error = out.subarray(length).map((sample, i) => sample - sound[i]!);
    t.ok(error.every(value => Math.abs(value) < 1e-6));
  });

  t.test(`frames at ${rateHz} Hz that the line made up teach nothing`, async t => {
    const { stage, hear } = suppressor(t, LIGHT);
    hear(noise(1000, rateHz, 0.01, 11));
    const { noiseDb } = stage;
    hear(silence(3000, rateHz), frame => {
      frame.concealed = true;
    });
    hear(noise(3000, rateHz, 0.1, 12), frame => {
      frame.concealed = true;
    });
    t.equal(stage.noiseDb, noiseDb);
  });

  t.test(`gaps at ${rateHz} Hz, as of a phone that sends no pauses, teach nothing`, async t => {
    const { stage, hear } = suppressor(t, LIGHT);
    hear(noise(1000, rateHz, 0.01, 11));
    const { noiseDb } = stage;
    hear(silence(5000, rateHz));
    t.ok(Math.abs(stage.noiseDb! - noiseDb!) < 2);
  });

  t.test(`a reset at ${rateHz} Hz forgets all`, async t => {
    const { stage, hear } = suppressor(t, LIGHT);
    const sound = mix(tone([300], 500, rateHz, 0.1), noise(500, rateHz, 0.01, 13));
    const first = hear(sound);
    stage.reset();
    t.equal(stage.noiseDb, undefined);
    t.same(hear(sound), first);
  });

  t.test(`a voice at ${rateHz} Hz stays as it is`, { skip: NO_FLITE }, async t => {
    const said = speech(
      'I would like to move my appointment to Thursday, if that is possible.',
      rateHz,
      'slt',
    );
    const voice = concat(silence(1000, rateHz), said, silence(300, rateHz), said, silence(300, rateHz));
    const hiss = noise((voice.length * 1000) / rateHz, rateHz, rms(said) / 10, 14);
    const { stage, hear } = suppressor(t, LIGHT);
    let noisiest = Number.NEGATIVE_INFINITY;
    const out = hear(mix(voice, hiss), (_, i) => {
      if (i > 100) noisiest = Math.max(noisiest, stage.noiseDb!);
    });
    t.ok(noisiest - levelDb(hiss) < 6.5, `taken for noise up to ${noisiest - levelDb(hiss)} dB over it`);
    t.ok(stage.snrDb! > 14 && stage.snrDb! < 28, `heard ${stage.snrDb} dB over the noise`);
    const spoken = out.subarray(rateHz + length, rateHz + said.length + length);
    const lossDb = levelDb(said) - levelDb(spoken);
    t.ok(Math.abs(lossDb) < 1, `lost ${lossDb} dB`);
    const errorDb = levelDb(spoken.map((sample, i) => sample - said[i]!)) - levelDb(said);
    t.ok(errorDb < -20 - 1.5, `${errorDb} dB of all that is not the voice, where ${-20} dB came in`);
  });
}

t.test('without a slot left there is no suppressor', async t => {
  const only = new NoiseSuppressor(memory, 8000, LIGHT);
  t.throws(() => new NoiseSuppressor(memory, 8000, LIGHT), RangeError);
  only.close();
  only.close();
  t.equal(memory.pool('denoise').freeSlots, 1);
});
