import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { provideKernels } from '../../../pipeline/kernels/build.ts';
import { CodecLeg } from '../../../pipeline/kernels/codec_leg.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { createTrial, decodeAll, encodeAll, KERNEL_FOLDER, openLeg } from './legs.ts';

t.test('the memory holds what it was made for, no more, and never grows', async t => {
  const memory = await loadKernels(KERNEL_FOLDER, { leg: 20 });
  const bytes = memory.buffer.byteLength;
  const legs = Array.from({ length: 20 }, () => openLeg('G722', memory));
  t.equal(memory.pool('leg').freeSlots, 0);
  t.equal(CodecLeg.open(8000, memory), undefined);
  legs[3]!.close();
  legs[3]!.close();
  t.equal(memory.pool('leg').freeSlots, 1, 'closing twice gives back once');
  openLeg('PCMU', memory);
  t.equal(memory.buffer.byteLength, bytes);
});

t.test('tables lie apart from all slots, and are found by name', async t => {
  const tables = { first: Float32Array.of(1, 2, 3), second: new Float32Array(1000).fill(7) };
  const memory = await loadKernels(KERNEL_FOLDER, { leg: 2 }, tables);
  const legs = memory.pool('leg');
  for (let i = 0; i < 2; i += 1) new Uint8Array(memory.buffer, legs.take(), legs.slotBytes).fill(255);
  for (const [name, table] of Object.entries(tables)) {
    const address = memory.table(name);
    t.equal(address % 16, 0);
    t.same(new Float32Array(memory.buffer, address, table.length), table, name);
  }
  t.throws(() => memory.table('third'), { name: 'RangeError', message: /no table third/ });
});

t.test('legs beside each other do not hear each other', async t => {
  const memory = await loadKernels(KERNEL_FOLDER, { leg: 3 });
  const [one, two, three] = [openLeg('G722', memory), openLeg('G722', memory), openLeg('G722', memory)];
  const alone = openLeg('G722', await loadKernels(KERNEL_FOLDER, { leg: 1 }));
  const trial = createTrial(16_000);
  const expected = encodeAll(alone, trial, 160);
  const pieces: number[] = [];
  for (let at = 0; at < trial.length; at += 160) {
    encodeAll(one, createTrial(160), 160);
    pieces.push(...encodeAll(two, trial.subarray(at, at + 160), 160));
    decodeAll(three, expected.subarray(0, 80), 80);
  }
  t.same(pieces, [...expected]);
});

t.test('a slot that comes back is wiped, down to the last byte', async t => {
  const memory = await loadKernels(KERNEL_FOLDER, { leg: 1 });
  const leg = openLeg('G722', memory);
  encodeAll(leg, createTrial(16_000), 160);
  decodeAll(leg, encodeAll(leg, createTrial(960), 960), 480);
  leg.conceal(new Float32Array(160), 0, 160);
  leg.close();
  const slot = memory.pool('leg').take()!;
  const left = new Uint8Array(memory.buffer, slot, memory.pool('leg').slotBytes);
  t.ok(left.every(byte => byte === 0));
});

t.test('the longest packets stay inside their slot', async t => {
  const memory = await loadKernels(KERNEL_FOLDER, { leg: 2 });
  for (const name of ['G722', 'PCMA'] as const) {
    const legs = [openLeg(name, memory), openLeg(name, memory)];
    for (const leg of legs) {
      leg.encode(new Float32Array(960).fill(1), new Uint8Array(960), 0);
      leg.decode(new Uint8Array(480), 0, 480, new Float32Array(960), 0);
      leg.conceal(new Float32Array(960), 0, 960);
    }
    for (const leg of legs) leg.close();
  }
  t.equal(memory.pool('leg').freeSlots, 2);
  t.equal(memory.pool('leg').brokenSlots, 0);
});

t.test('a slot whose guards were overwritten is never handed out again', async t => {
  const memory = await loadKernels(KERNEL_FOLDER, { leg: 2 });
  const slot = memory.pool('leg').take()!;
  new Uint8Array(memory.buffer)[slot + memory.pool('leg').slotBytes] = 1;
  memory.pool('leg').giveBack(slot);
  t.equal(memory.pool('leg').brokenSlots, 1);
  t.equal(memory.pool('leg').freeSlots, 1);
});

t.test('the kernels are compiled once, whole, and by many at once', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'kernels-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const [one, two] = await Promise.all([provideKernels(folder), provideKernels(folder)]);
  t.equal(one, two);
  t.equal(await provideKernels(folder), one);
  t.same(await readdir(folder), [one.slice(folder.length + 1)], 'nothing half-made stays');
  t.same(await readFile(one), await readFile(await provideKernels(KERNEL_FOLDER)));
});

t.test('a folder that cannot be made is an error', async t => {
  await t.rejects(loadKernels(join(import.meta.filename, 'kernels'), { leg: 1 }), { code: 'ENOTDIR' });
});
