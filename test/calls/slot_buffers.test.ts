import t from 'tap';
import { discardTo, writePosition, writeSamples } from '../../src/calls/ring.ts';
import { CONTROL, clearSlot, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';

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
  clearSlot(slot);
  for (const name of RINGS) {
    t.ok(
      slot[name].samples.every(sample => sample === 0),
      name,
    );
    t.same([...slot[name].positions], [0, 0]);
  }
  t.ok(slot.control.every(word => word === 0));
  t.equal(neighbour.heard.samples[0], 5, 'another call goes on');
});
