import t from 'tap';
import { RecordingSink } from '../../src/calls/recording_sink.ts';
import { available, readSamples } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';

const FRAME = 160;

/** Each frame is written with its number, the agent's negative; frames are read back as numbers. */
function setUp() {
  const view = slotView(createSlotMemory(1), 0);
  const line = { heldBackMs: 0 };
  const sink = new RecordingSink(view, FRAME, line);
  const frameOf = (value: number) => new Float32Array(FRAME).fill(value / 32768);
  const write = (from: number, to: number): void => {
    for (let frame = from; frame <= to; frame += 1) sink.write(frameOf(frame), frameOf(-frame));
  };
  const record = (wanted: boolean): void => {
    view.control[CONTROL.recording] = wanted ? 1 : 0;
  };
  const recorded = (): { caller: number[]; agent: number[] } => {
    sink.end();
    const samples = new Int16Array(available(view.recording));
    readSamples(view.recording, samples);
    const leg = (first: number) =>
      Array.from({ length: samples.length / (2 * FRAME) }, (_, frame) => samples[frame * 2 * FRAME + first]!);
    return { caller: leg(0), agent: leg(1).map(value => 0 - value) };
  };
  return { view, line, sink, write, record, recorded };
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

t.test('both legs are recorded while wanted, and only then', async t => {
  const { view, sink, write, record, recorded } = setUp();
  write(1, 50);
  sink.skip(2);
  t.equal(available(view.recording), 0);
  record(true);
  write(51, 80);
  t.strictSame(recorded(), { caller: numbers(51, 80), agent: numbers(51, 80) });
  record(false);
  write(81, 120);
  t.equal(available(view.recording), 0);
  record(true);
  write(121, 140);
  t.strictSame(recorded(), { caller: numbers(121, 140), agent: numbers(121, 140) }, 'nothing from before');
});

t.test('nothing that was said before the consent gets in, however late it came', async t => {
  const { line, write, record, recorded } = setUp();
  line.heldBackMs = 80;
  write(1, 20);
  record(true);
  // Arrived 80 ms ago, and so on.
  write(13, 60);
  const { caller, agent } = recorded();
  t.equal(agent[0], 13);
  t.equal(caller[0], 21, 'the frame that arrived as the recording began');
});

t.test('while it is paused silence is recorded, also of what was on its way', async t => {
  const { view, write, record, recorded } = setUp();
  record(true);
  write(1, 40);
  view.control[CONTROL.recordingPaused] = 1;
  write(41, 60);
  view.control[CONTROL.recordingPaused] = 0;
  write(61, 80);
  const { caller, agent } = recorded();
  t.equal(caller.length, 80, 'time goes on');
  for (const leg of [caller, agent]) {
    t.same(leg.slice(60), numbers(61, 80));
    t.ok(leg.slice(40, 60).every(value => value === 0));
    t.ok(
      leg.slice(16, 40).every(value => value === 0),
      'what was held back',
    );
    t.same(leg.slice(0, 15), numbers(1, 15), 'what was in the ring already');
  }
});

t.test('what is skipped is silence after what was held back', async t => {
  for (const skipped of [3, 60]) {
    const { sink, write, record, recorded } = setUp();
    record(true);
    write(1, 20);
    sink.skip(skipped);
    write(21, 40);
    const { caller, agent } = recorded();
    const silence = Array.from({ length: skipped }, () => 0);
    const expected = [...numbers(1, 20), ...silence, ...numbers(21, 40)];
    t.strictSame(caller, expected);
    t.strictSame(agent, expected);
  }
});

t.test(
  'what was made up to wait for late frames is left out, what was merged gets its time back',
  async t => {
    const { line, write, record, recorded } = setUp();
    line.heldBackMs = 20;
    record(true);
    write(1, 20);
    line.heldBackMs = 30;
    write(999, 999);
    write(21, 30);
    line.heldBackMs = 20;
    // Frame 32 is 31 and 32 in one.
    write(32, 60);
    const { caller, agent } = recorded();
    t.strictSame(caller, [...numbers(3, 30), 32, ...numbers(32, 60), 0, 0]);
    t.equal(agent[20], 999, 'the agent is recorded as sent');
    t.equal(caller.length, agent.length);
  },
);

t.test('a line that holds back more than there is room for loses alignment, nothing else', async t => {
  const { line, write, record, recorded } = setUp();
  record(true);
  line.heldBackMs = 5000;
  write(1, 30);
  line.heldBackMs = 0;
  write(31, 60);
  const { caller, agent } = recorded();
  t.strictSame(agent, numbers(1, 60));
  t.strictSame(caller.slice(-30), numbers(31, 60));
});
