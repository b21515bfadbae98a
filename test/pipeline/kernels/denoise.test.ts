import t from 'tap';
import { frameLength, type PipelineRateHz } from '../../../pipeline/frame.ts';
import type { KernelMemory } from '../../../pipeline/kernels/kernel_memory.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { openSlot } from '../../../pipeline/kernels/open_slot.ts';
import { concat, mix, noise, silence, tone } from '../sounds.ts';
import { DenoiseTwin } from '../twins/denoise.ts';
import { KERNEL_FOLDER } from './legs.ts';

const RATES = [8000, 16_000] as const;
const FLOOR = 0.18;

/** One suppressor's slot, and a frame of its own to work on. */
class Suppressor {
  readonly slot: number;
  readonly #memory: KernelMemory;
  readonly #address: number;
  readonly #samples: Float32Array;
  readonly close: () => void;

  constructor(memory: KernelMemory, rateHz: PipelineRateHz) {
    const slot = openSlot(memory, 'denoise');
    const frame = openSlot(memory, 'frame');
    this.slot = slot.address;
    this.#memory = memory;
    this.#address = frame.address;
    this.#samples = new Float32Array(memory.buffer, frame.address, frameLength(rateHz));
    this.close = () => {
      slot.giveBack();
      frame.giveBack();
    };
  }

  process(samples: ArrayLike<number>, floor = FLOOR, mayTeach = true): Float32Array {
    this.#samples.set(samples);
    const { kernels } = this.#memory;
    kernels.denoise(this.slot, this.#address, this.#samples.length, floor, mayTeach ? 1 : 0);
    return this.#samples.slice();
  }

  get state(): Float32Array {
    return new Float32Array(this.#memory.buffer, this.slot, this.#memory.pool('denoise').slotBytes / 4);
  }
}

function framesOf(samples: Float32Array, length: number): Float32Array[] {
  return Array.from({ length: Math.floor(samples.length / length) }, (_, i) =>
    samples.slice(i * length, (i + 1) * length),
  );
}

/** Voiced syllables of changing pitch, four a second. */
function babbling(durationMs: number, rateHz: PipelineRateHz): Float32Array {
  let phase = 0;
  return silence(durationMs, rateHz).map((_, i) => {
    const seconds = i / rateHz;
    phase += (2 * Math.PI * (140 + 30 * Math.sin(3 * seconds))) / rateHz;
    const loudness = Math.max(0, Math.sin(2 * Math.PI * 2 * seconds)) ** 2;
    return 0.1 * loudness * [1, 2, 3, 5, 9].reduce((sum, order) => sum + Math.sin(order * phase) / order, 0);
  });
}

for (const rateHz of RATES) {
  const n = frameLength(rateHz);
  const memory = await loadKernels(KERNEL_FOLDER, { denoise: 3, frame: 3 });
  const hiss = noise(600, rateHz, 0.02, 99);

  const inputs: Record<string, Float32Array> = {
    'a voice in noise': mix(babbling(600, rateHz), noise(600, rateHz, 0.01, 7)),
    noise: hiss,
    'noise that rises': concat(noise(300, rateHz, 0.002, 3), noise(300, rateHz, 0.1, 4)),
    'a tone, then nothing': concat(tone([440], 200, rateHz), silence(200, rateHz)),
    silence: silence(100, rateHz),
    DC: silence(200, rateHz).fill(0.5),
    'full scale': noise(200, rateHz, 0.5, 5).map(sample => Math.sign(sample)),
  };
  for (const [name, samples] of Object.entries(inputs)) {
    t.test(`${name} at ${rateHz} Hz comes out as from the twin`, async t => {
      const kernel = new Suppressor(memory, rateHz);
      const twin = new DenoiseTwin(n);
      let most = 0;
      for (const [i, frame] of framesOf(samples, n).entries()) {
        // Every seventh frame was made up by the line.
        const mayTeach = i % 7 !== 3;
        const found = kernel.process(frame, FLOOR, mayTeach);
        const wanted = twin.process(frame, FLOOR, mayTeach);
        most = wanted.reduce((worst, sample, k) => Math.max(worst, Math.abs(sample - found[k]!)), most);
      }
      const loudest = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
      t.ok(most <= 2e-3 * loudest, `differs by ${most}`);
      t.ok(Math.abs(memory.kernels.speechPresence(kernel.slot) - twin.busy) < 0.01);
      const power = memory.kernels.noisePower(kernel.slot);
      t.ok(Math.abs(power - twin.noisePower) <= 0.03 * twin.noisePower + 1e-12, `${power}`);
      kernel.close();
    });
  }

  t.test(`garbage at ${rateHz} Hz leaves nothing behind that is not finite`, async t => {
    const kernel = new Suppressor(memory, rateHz);
    const garbage = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e38, -1e38, 1e-42];
    for (const value of garbage) {
      for (let i = 0; i < 5; i += 1) {
        const out = kernel.process(new Float32Array(n).fill(value));
        t.ok(out.every(Number.isFinite), `${value} in, finite out`);
      }
      t.ok(kernel.state.every(Number.isFinite), `${value} is forgotten`);
    }
    const later = framesOf(noise(3000, rateHz, 0.02, 11), n).map(frame => kernel.process(frame));
    const loudest = later.at(-1)!.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
    t.ok(loudest < 0.02, `noise is turned down again, to ${loudest}`);
    kernel.close();
  });

  t.test(`silence at ${rateHz} Hz comes to rest without denormals`, async t => {
    const kernel = new Suppressor(memory, rateHz);
    for (const frame of framesOf(hiss, n)) kernel.process(frame);
    for (let i = 0; i < 300; i += 1) kernel.process(new Float32Array(n).fill(1e-30));
    const denormal = kernel.state.subarray(16).filter(value => value !== 0 && Math.abs(value) < 1.2e-38);
    t.equal(denormal.length, 0);
    t.ok(kernel.process(new Float32Array(n)).every(sample => sample === 0));
    kernel.close();
  });

  t.test(
    `neighbours at ${rateHz} Hz do not hear each other, and the same sound gives the same bits`,
    async t => {
      const [one, other, third] = [1, 2, 3].map(() => new Suppressor(memory, rateHz));
      const alone = framesOf(hiss, n).map(frame => one!.process(frame));
      const beside = framesOf(hiss, n).map((frame, i) => {
        other!.process(noise(10, rateHz, 0.5, i + 1));
        return third!.process(frame);
      });
      t.same(beside, alone);
      for (const suppressor of [one!, other!, third!]) suppressor.close();
    },
  );
}

t.test('thousands of slots come and go wiped, with their guards whole', async t => {
  const memory = await loadKernels(KERNEL_FOLDER, { denoise: 2, frame: 2 });
  const bytes = memory.buffer.byteLength;
  const loud = noise(10, 16_000, 0.3, 21);
  for (let i = 0; i < 3000; i += 1) {
    const kernel = new Suppressor(memory, 16_000);
    if (i % 100 === 0)
      t.ok(
        kernel.state.every(value => value === 0),
        'taken empty',
      );
    kernel.process(loud);
    kernel.close();
  }
  t.equal(memory.pool('denoise').freeSlots, 2);
  t.equal(memory.pool('denoise').brokenSlots, 0);
  t.equal(memory.pool('frame').brokenSlots, 0);
  t.equal(memory.buffer.byteLength, bytes);
});
