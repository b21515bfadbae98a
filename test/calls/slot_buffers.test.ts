import t from 'tap';
import { discardTo, writePosition, writeSamples } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, openSlot, slotView } from '../../src/calls/slot_buffers.ts';

const RINGS = ['heard', 'speech', 'recording'] as const;

t.test('a slot is zeroed before its next call, however much the call before wrote', async t => {
  const memory = createSlotMemory(2);
  const [slot, neighbour] = [slotView(memory, 0), slotView(memory, 1)];
  writeSamples(neighbour.heard, Int16Array.of(5));
  const rounds = { heard: 0.3, speech: 1, recording: 1.5 };
  for (const name of RINGS) {
    const { samples } = slot[name];
    const chunk = new Int16Array(samples.length / 8).fill(7);
    for (let written = 0; written < samples.length * rounds[name]; written += chunk.length) {
      writeSamples(slot[name], chunk);
      discardTo(slot[name], writePosition(slot[name]));
    }
    t.ok(samples.includes(7), `${name} was written to`);
  }
  slot.control[CONTROL.generation] = 3;
  openSlot(memory, 0, 8000);
  for (const name of RINGS) {
    t.ok(
      slot[name].samples.every(sample => sample === 0),
      name,
    );
    t.same([...slot[name].positions], [0, 0]);
  }
  t.same(Array.from(slot.control.filter(word => word !== 0)), [8000]);
  t.equal(neighbour.heard.samples[0], 5, 'another call goes on');
});

t.test(
  'a call at 8 kHz walks through half of what one at 16 kHz does, and leaves nothing to one at 16 kHz',
  async t => {
    const memory = createSlotMemory(2);
    const wide = slotView(memory, 0);
    const narrow = openSlot(memory, 0, 8000);
    for (const name of RINGS) {
      t.equal(narrow[name].samples.length, wide[name].samples.length / 2);
      t.equal(narrow[name].samples.byteOffset, wide[name].samples.byteOffset);
      const chunk = new Int16Array(narrow[name].samples.length / 8).fill(9);
      for (let at = 0; at < 11; at += 1) {
        writeSamples(narrow[name], chunk);
        discardTo(narrow[name], writePosition(narrow[name]));
      }
      t.ok(wide[name].samples.subarray(narrow[name].samples.length).every(sample => sample === 0));
    }
    const next = openSlot(memory, 0, 16_000);
    for (const name of RINGS) {
      t.equal(next[name].samples.length, wide[name].samples.length);
      t.ok(next[name].samples.every(sample => sample === 0));
    }
    t.equal(
      slotView(memory, 0).heard.samples.length,
      next.heard.samples.length,
      'other threads see the same',
    );
  },
);
