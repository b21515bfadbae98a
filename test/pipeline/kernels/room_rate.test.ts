import t from 'tap';
import type { PipelineRateHz } from '../../../pipeline/frame.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { ROOM_RATE_HZ, RoomRate } from '../../../pipeline/kernels/room_rate.ts';
import { concat, noise, silence, tone } from '../sounds.ts';
import { measureTone, sine, soundDb } from '../tones.ts';
import { raised, reduced } from '../twins/rate.ts';
import { KERNEL_FOLDER } from './legs.ts';

const memory = await loadKernels(KERNEL_FOLDER, { rate: 4 });

/** Whole frames of a sound through one direction of a room's rate. */
function through(rate: RoomRate, samples: Float32Array): Float32Array {
  const frames = Math.floor(samples.length / rate.input.length);
  const out = new Float32Array(frames * rate.output.length);
  for (let i = 0; i < frames; i += 1) {
    rate.input.set(samples.subarray(i * rate.input.length, (i + 1) * rate.input.length));
    rate.convert();
    out.set(rate.output, i * rate.output.length);
  }
  return out;
}

function converted(
  samples: Float32Array,
  rateHz: PipelineRateHz,
  direction: 'toRoom' | 'fromRoom',
): Float32Array {
  const rate = new RoomRate(memory, rateHz, direction);
  const out = through(rate, samples);
  rate.close();
  return out;
}

function furthest(found: Float32Array, wanted: Float64Array): number {
  return found.reduce((most, sample, i) => Math.max(most, Math.abs(sample - wanted[i]!)), 0);
}

for (const rateHz of [8000, 16_000] as const) {
  const factor = ROOM_RATE_HZ / rateHz;

  t.test(`kernel and twin agree at ${rateHz} Hz`, async t => {
    const sounds = concat(
      noise(40, rateHz, 0.2),
      tone([300, 1100], 40, rateHz),
      silence(20, rateHz),
      silence(20, rateHz).fill(1),
      silence(20, rateHz).map((_, i) => (i % 9 < 4 ? 1 : -1)),
    );
    const up = furthest(converted(sounds, rateHz, 'toRoom'), raised(sounds, factor));
    t.ok(up < 2e-6, `to the room: ${up}`);
    const wide = concat(noise(240, rateHz, 0.2, 5), sounds);
    const down = furthest(converted(wide, rateHz, 'fromRoom'), reduced(wide, factor));
    t.ok(down < 2e-6, `from the room: ${down}`);
  });

  t.test(`mirrors are 80 dB down, at ${rateHz} Hz`, async t => {
    const edge = (0.03 * rateHz) | 0;
    let [worstGainDb, worstUpDb, worstDownDb, worstStopDb] = [0, -200, -200, -200];
    for (let share = 0.02; share <= 0.425; share += 0.027) {
      const toneHz = share * rateHz;
      const up = converted(sine(toneHz, rateHz, rateHz / 10), rateHz, 'toRoom').subarray(edge * factor);
      const upLevels = measureTone(up, toneHz, ROOM_RATE_HZ);
      const down = converted(sine(toneHz, ROOM_RATE_HZ, 4800), rateHz, 'fromRoom').subarray(edge);
      const downLevels = measureTone(down, toneHz, rateHz);
      worstGainDb = Math.max(worstGainDb, Math.abs(upLevels.toneDb), Math.abs(downLevels.toneDb));
      worstUpDb = Math.max(worstUpDb, upLevels.restDb);
      worstDownDb = Math.max(worstDownDb, downLevels.restDb);
    }
    for (let toneHz = 0.575 * rateHz; toneHz < 24_000; toneHz += 431) {
      worstStopDb = Math.max(
        worstStopDb,
        soundDb(converted(sine(toneHz, ROOM_RATE_HZ, 4800), rateHz, 'fromRoom').subarray(edge)),
      );
    }
    t.ok(worstGainDb < 0.01, `speech passes as it is, but for ${worstGainDb} dB`);
    t.ok(worstUpDb < -80, `beside it in the room: ${worstUpDb} dB`);
    t.ok(worstDownDb < -80, `beside it in the pipeline: ${worstDownDb} dB`);
    t.ok(worstStopDb < -80, `what does not belong into the pipeline: ${worstStopDb} dB`);
  });
}

t.test('garbage is forgotten, and a slot knows nothing of the one before', async t => {
  const used = new RoomRate(memory, 8000, 'fromRoom');
  used.input.fill(Number.NaN);
  used.convert();
  used.input.fill(Number.POSITIVE_INFINITY);
  used.convert();
  used.input.fill(0);
  used.convert();
  used.convert();
  t.ok(used.output.every(sample => sample === 0));
  const sound = noise(60, 16_000, 0.3);
  const first = converted(sound, 16_000, 'toRoom');
  t.same(converted(sound, 16_000, 'toRoom'), first, 'the same bits each time');
  used.close();
  used.close();
  used.convert();
});

t.test('slots opened and closed by the thousand lie beside each other, and none is lost', async t => {
  const sound = noise(50, 8000, 0.3, 3);
  const alone = converted(sound, 8000, 'toRoom');
  const neighbour = new RoomRate(memory, 8000, 'toRoom');
  const heard: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    neighbour.input.set(sound.subarray(i * 80, (i + 1) * 80));
    neighbour.convert();
    heard.push(...neighbour.output);
    for (let k = 0; k < 400; k += 1) {
      const rate = new RoomRate(memory, k % 2 === 0 ? 8000 : 16_000, 'fromRoom');
      rate.input.fill(1);
      rate.convert();
      rate.close();
    }
  }
  t.same(Float32Array.from(heard), alone);
  const all = [0, 1, 2].map(() => new RoomRate(memory, 8000, 'toRoom'));
  t.throws(() => new RoomRate(memory, 8000, 'toRoom'), /no rate slot left/);
  for (const rate of [...all, neighbour]) rate.close();
  t.equal(memory.pool('rate').freeSlots, 4);
});
