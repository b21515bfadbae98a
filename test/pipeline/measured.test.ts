import t from 'tap';
import { Chain } from '../../pipeline/chain.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import { loadKernels } from '../../pipeline/kernels/load.ts';
import { measured, StageMeter } from '../../pipeline/measured.ts';
import type { Stage } from '../../pipeline/stage.ts';
import { KERNEL_FOLDER } from './kernels/legs.ts';

const memory = await loadKernels(KERNEL_FOLDER, { frame: 2 });

function halve(calls: string[]): Stage {
  return {
    name: 'halve',
    delayMs: 10,
    process: ({ samples }) => {
      for (let i = 0; i < samples.length; i += 1) samples[i] = samples[i]! / 2;
    },
    reset: () => calls.push('reset'),
    close: () => calls.push('close'),
  };
}

t.test('a measured stage does what the stage does, and its meter adds up what it took', async t => {
  const calls: string[] = [];
  const meter = new StageMeter();
  const times = [0, 0.004, 1, 1.01];
  let at = 0;
  const stage = measured(halve(calls), meter, () => times[at++] ?? 0);
  t.equal(meter.meanUs, 0);
  const chain = new Chain('trial', 8000, [stage]);
  const frame = new KernelFrame(memory, 8000);
  frame.samples.fill(0.5);
  chain.process(frame);
  chain.process(frame);
  t.ok(frame.samples.every(sample => sample === 0.125));
  t.equal(meter.frames, 2);
  t.equal(Math.round(meter.meanUs), 7);
  t.equal(Math.round(meter.mostUs), 10);
  t.equal(chain.delayMs, 10);
  t.equal(chain.describe(), 'trial at 8 kHz: halve');
  chain.reset();
  chain.close();
  t.same(calls, ['reset', 'close']);
  frame.close();
});

t.test('frames lie in slots of their own, full of zeros, and give them back once', async t => {
  const one = new KernelFrame(memory, 8000);
  const two = new KernelFrame(memory, 16_000);
  t.equal(one.samples.length, 80);
  t.equal(two.samples.length, 160);
  t.equal(one.address % 16, 0);
  t.throws(() => new KernelFrame(memory, 8000), /no frame slot left/);
  two.samples.fill(1);
  t.ok(one.samples.every(sample => sample === 0));
  two.close();
  two.close();
  const three = new KernelFrame(memory, 16_000);
  t.equal(three.address, two.address);
  t.ok(three.samples.every(sample => sample === 0));
  t.equal(memory.pool('frame').freeSlots, 0);
  t.equal(memory.pool('leg').freeSlots, 0);
});
