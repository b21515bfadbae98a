import t from 'tap';
import { frameLength, type PipelineRateHz } from '../../../pipeline/frame.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { openSlot } from '../../../pipeline/kernels/open_slot.ts';
import { comfortNoise, noise, silence, tone } from '../sounds.ts';
import { EchoTwin } from '../twins/echo.ts';
import { KERNEL_FOLDER } from './legs.ts';

const PARTITIONS = 7;

/** Noise whose level rises and falls as that of syllables does, and pauses. */
function babble(durationMs: number, rateHz: PipelineRateHz, seed: number): Float32Array {
  return noise(durationMs, rateHz, 0.1, seed).map((sample, i) => {
    const seconds = i / rateHz;
    return seconds % 1.4 > 1 ? 0 : sample * (0.1 + Math.sin(9 * seconds + seed) ** 2);
  });
}

function echoOf(sent: Float32Array, delay: number, gain: number): Float32Array {
  return sent.map((_, i) => gain * ((sent[i - delay] ?? 0) - 0.5 * (sent[i - delay - 5] ?? 0)));
}

function plus(...parts: readonly Float32Array[]): Float32Array {
  return parts[0]!.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0));
}

const memory = await loadKernels(KERNEL_FOLDER, { echo: 3, frame: 2 });
const farAt = openSlot(memory, 'frame').address;
const heardAt = openSlot(memory, 'frame').address;

/** One canceller's kernel, fed with plain samples. */
class Kernel {
  readonly address: number;
  readonly giveBack: () => void;
  readonly #n: number;

  constructor(rateHz: PipelineRateHz) {
    const { address, giveBack } = openSlot(memory, 'echo');
    [this.address, this.giveBack, this.#n] = [address, giveBack, frameLength(rateHz)];
    memory.kernels.openEcho(address, this.#n, PARTITIONS, 1);
  }

  process(far: Float32Array, heard: Float32Array, isConcealed = false): Float32Array {
    const samples = new Float32Array(memory.buffer, heardAt, this.#n);
    new Float32Array(memory.buffer, farAt, this.#n).set(far);
    samples.set(heard);
    memory.kernels.cancelEcho(this.address, farAt, heardAt, isConcealed ? 1 : 0);
    return samples.slice();
  }

  run(far: Float32Array, heard: Float32Array): Float32Array {
    const out = new Float32Array(heard.length);
    for (let at = 0; at + this.#n <= heard.length; at += this.#n) {
      out.set(this.process(far.subarray(at, at + this.#n), heard.subarray(at, at + this.#n)), at);
    }
    return out;
  }
}

function energy(samples: ArrayLike<number>): number {
  return Array.from(samples).reduce((sum, sample) => sum + sample * sample, 0);
}

function scenes(rateHz: PipelineRateHz): Record<string, [far: Float32Array, heard: Float32Array]> {
  const ms = 1600;
  const sent = babble(ms, rateHz, 3);
  const echo = echoOf(sent, rateHz / 200, 0.3);
  const moved = echoOf(sent, rateHz / 40, 0.3);
  const hum = comfortNoise(ms, rateHz);
  const none = silence(ms, rateHz);
  return {
    echo: [sent, plus(echo, hum)],
    'double talk': [sent, plus(echo, babble(ms, rateHz, 8))],
    'a near talker alone': [none, babble(ms, rateHz, 8)],
    silence: [none, none],
    DC: [none.map(() => 0.4), none.map(() => -0.3)],
    'full scale': [sent.map(Math.sign), echo.map(Math.sign)],
    tones: [tone([500, 1100], ms, rateHz), tone([500, 700], ms, rateHz)],
    'an echo that moves': [sent, plus(echo, hum).map((sample, i) => (i < rateHz ? sample : moved[i]!))],
    'a path that turns over': [sent, echo.map((sample, i) => (i < 0.8 * rateHz ? sample : -sample))],
  };
}

for (const rateHz of [8000, 16_000] as const) {
  const all = Object.entries(scenes(rateHz));
  // The twin takes four times as long at twice the rate.
  for (const [name, [far, heard]] of rateHz === 8000 ? all : all.slice(0, 2)) {
    t.test(`does what its twin does with ${name}, at ${rateHz} Hz`, async t => {
      const n = frameLength(rateHz);
      const kernel = new Kernel(rateHz);
      const twin = new EchoTwin(n, PARTITIONS);
      const [wanted, differences]: number[][] = [[], []];
      for (let at = 0; at + n <= heard.length; at += n) {
        const isConcealed = at % (50 * n) === 30 * n;
        const frames = [far.subarray(at, at + n), heard.subarray(at, at + n)] as const;
        const ours = kernel.process(...frames, isConcealed);
        const theirs = twin.process(...frames, isConcealed);
        wanted!.push(energy(theirs));
        differences!.push(energy(ours.map((sample, i) => sample - theirs[i]!)));
      }
      kernel.giveBack();
      const sum = (values: number[]): number => values.reduce((before, value) => before + value, 0);
      t.ok(sum(differences!) < 1e-6 * sum(wanted!) + 1e-10, 'less than −60 dB apart');
    });
  }
}

t.test('the same sound gives the same bits, in any slot, whoever is beside it', async t => {
  const [far, heard] = scenes(8000).echo!;
  const [one, two, three] = [new Kernel(8000), new Kernel(8000), new Kernel(8000)];
  const alone = one.run(far, heard);
  const among = new Float32Array(heard.length);
  const other = babble(1600, 8000, 5);
  for (let at = 0; at + 80 <= heard.length; at += 80) {
    const frames = [far.subarray(at, at + 80), heard.subarray(at, at + 80)] as const;
    three.process(other.subarray(at, at + 80), other.subarray(at, at + 80));
    among.set(two.process(...frames), at);
  }
  t.equal(
    alone.findIndex((sample, i) => !Object.is(sample, among[i])),
    -1,
  );
  for (const kernel of [one, two, three]) kernel.giveBack();
});

t.test('recovers from what is no sound at all', async t => {
  const [far, heard] = scenes(8000).echo!;
  const kernel = new Kernel(8000);
  for (const garbage of [Number.NaN, Infinity, -Infinity, 1e30, -3e38]) {
    const frame = new Float32Array(80).fill(garbage);
    kernel.process(frame, heard.subarray(0, 80));
    kernel.process(far.subarray(0, 80), frame);
    kernel.process(frame, frame);
  }
  for (let round = 0; round < 2; round += 1) t.ok(kernel.run(far, heard).every(Number.isFinite));
  const out = kernel.run(far, heard);
  t.ok(energy(out.subarray(4000, 8000)) < 0.02 * energy(heard.subarray(4000, 8000)), 'and cancels');
  kernel.giveBack();
});

t.test('nothing in a slot becomes denormal, however long it is silent', async t => {
  const [far, heard] = scenes(8000).echo!;
  const kernel = new Kernel(8000);
  kernel.run(far, heard);
  const state = new Float32Array(memory.buffer, kernel.address, 24_000);
  const isDenormal = (value: number): boolean => value !== 0 && Math.abs(value) < 1.2e-38;
  // The words before the first row count frames.
  const rows = state.subarray(64);
  const none = silence(3000, 8000);
  const steady = noise(3000, 8000, 0.01, 4);
  for (const [sent, received] of [
    [none, none],
    [steady, none],
    [none, steady],
  ] as const) {
    kernel.run(sent, received);
    t.equal(rows.filter(isDenormal).length, 0);
  }
  kernel.giveBack();
});

t.test('slots come and go by the thousand, wiped and within their guards', async t => {
  const pool = memory.pool('echo');
  const bytes = memory.buffer.byteLength;
  const [far, heard] = [noise(10, 16_000, 0.5, 1), noise(10, 16_000, 0.5, 2)];
  for (let i = 0; i < 2000; i += 1) {
    const kernel = new Kernel(16_000);
    if (i % 100 === 0) {
      memory.kernels.tuneEcho(kernel.address, 26, 1);
      memory.kernels.alignEcho(kernel.address, 14_720, 0);
      for (let frame = 0; frame < 240; frame += 1) kernel.process(far, heard);
      memory.kernels.moveEcho(kernel.address, 1);
    }
    kernel.giveBack();
  }
  t.equal(memory.buffer.byteLength, bytes);
  t.equal(pool.brokenSlots, 0);
  t.equal(pool.freeSlots, 3);
  const slots = [pool.take()!, pool.take()!, pool.take()!];
  for (const slot of slots) {
    t.ok(new Uint8Array(memory.buffer, slot, pool.slotBytes).every(byte => byte === 0));
    pool.giveBack(slot);
  }
});
