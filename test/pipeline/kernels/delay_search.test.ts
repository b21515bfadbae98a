import t from 'tap';
import { frameLength, type PipelineRateHz } from '../../../pipeline/frame.ts';
import { KernelFrame } from '../../../pipeline/kernels/kernel_frame.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { openSlot } from '../../../pipeline/kernels/open_slot.ts';
import { EchoDelaySearch } from '../../../pipeline/stages/echo_delay_search.ts';
import { noise } from '../sounds.ts';
import { findDelay } from '../twins/delay_search.ts';
import { KERNEL_FOLDER } from './legs.ts';

const memory = await loadKernels(KERNEL_FOLDER, { echo: 2, frame: 2, delaySearch: 1 });
const far = new KernelFrame(memory, 16_000);
const heard = new KernelFrame(memory, 16_000);

interface Found {
  lag: number;
  sharpness: number;
}

/** A canceller's slot that was sent and heard so much. */
class Seeker {
  readonly heardMs = 1000;
  readonly address: number;
  readonly found: Found[] = [];

  constructor(rateHz: PipelineRateHz, sent: Float32Array, received: Float32Array) {
    this.address = openSlot(memory, 'echo').address;
    const n = frameLength(rateHz);
    memory.kernels.openEcho(this.address, n, 7, 1);
    for (let at = 0; at + n <= sent.length; at += n) {
      far.samples.set(sent.subarray(at, at + n));
      heard.samples.set(received.subarray(at, at + n));
      memory.kernels.cancelEcho(this.address, far.address, heard.address, 0);
    }
  }

  delayFound(lag: number, sharpness: number): void {
    this.found.push({ lag, sharpness });
  }

  close(): void {
    memory.pool('echo').giveBack(this.address);
  }
}

function delayed(sent: Float32Array, delay: number): Float32Array {
  return sent.map((_, i) => 0.2 * (sent[i - delay] ?? 0));
}

/** As the kernel keeps it: 16 bits, and at 16 kHz the sum of two neighbours. */
function kept(samples: Float32Array, rateHz: PipelineRateHz): Float64Array {
  const stride = rateHz / 8000;
  return new Float64Array(samples.length / stride).map((_, i) => {
    let sum = 0;
    for (let k = 0; k < stride; k += 1) sum += Math.round(samples[i * stride + k]! * 32768);
    return sum;
  });
}

for (const rateHz of [8000, 16_000] as const) {
  for (const delayMs of [0, 37.25, 431.5, 900]) {
    t.test(`finds an echo ${delayMs} ms late, as its twin does, at ${rateHz} Hz`, async t => {
      const sent = noise(2600, rateHz, 0.1, 11);
      const delay = (delayMs * rateHz) / 1000;
      const hiss = noise(2600, rateHz, 0.01, 12);
      const received = delayed(sent, delay).map((sample, i) => sample + hiss[i]!);
      const seeker = new Seeker(rateHz, sent, received);
      const search = new EchoDelaySearch(memory);
      search.request(seeker);
      for (let tick = 0; tick < 12; tick += 1) search.tick();
      const [found] = seeker.found;
      t.ok(Math.abs(found!.lag - delay) <= 2);
      const twin = findDelay(kept(sent, rateHz), kept(received, rateHz));
      t.equal(found!.lag, (twin.lag * rateHz) / 8000);
      t.ok(Math.abs(found!.sharpness / twin.sharpness - 1) < 0.01);
      t.ok(found!.sharpness > 5);
      search.close();
      seeker.close();
    });
  }
}

t.test('where there is no echo there is no sharp peak', async t => {
  const seeker = new Seeker(8000, noise(2600, 8000, 0.1, 21), noise(2600, 8000, 0.1, 22));
  const search = new EchoDelaySearch(memory);
  search.request(seeker);
  for (let tick = 0; tick < 12; tick += 1) search.tick();
  t.ok(seeker.found[0]!.sharpness < 1.4);
  search.close();
  seeker.close();
});

t.test('silence, and full scale, give an answer, too', async t => {
  for (const sound of [new Float32Array(20_800), noise(2600, 8000, 9, 1).map(Math.sign)]) {
    const seeker = new Seeker(8000, sound, sound);
    const search = new EchoDelaySearch(memory);
    search.request(seeker);
    for (let tick = 0; tick < 12; tick += 1) search.tick();
    t.ok(Number.isFinite(seeker.found[0]!.lag));
    t.ok(Number.isFinite(seeker.found[0]!.sharpness));
    search.close();
    seeker.close();
  }
});

t.test('searches one after the other, once for each who asks, and tells nobody who has left', async t => {
  const sent = noise(2600, 8000, 0.1, 31);
  const [one, two] = [new Seeker(8000, sent, delayed(sent, 400)), new Seeker(8000, sent, delayed(sent, 80))];
  const search = new EchoDelaySearch(memory);
  search.request(one);
  search.request(two);
  search.request(one);
  for (let tick = 0; tick < 40; tick += 1) search.tick();
  t.equal(one.found.length, 1);
  t.equal(one.found[0]!.lag, 400);
  t.equal(two.found[0]!.lag, 80);
  search.request(one);
  search.request(two);
  search.tick();
  search.withdraw(one);
  search.withdraw(two);
  for (let tick = 0; tick < 40; tick += 1) search.tick();
  t.equal(one.found.length + two.found.length, 2);
  search.close();
  t.equal(memory.pool('delaySearch').freeSlots, 1);
  t.equal(memory.pool('delaySearch').brokenSlots, 0);
  one.close();
  two.close();
});
