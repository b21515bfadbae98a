import t from 'tap';
import { available, readSamples, writePosition, writeSamples } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, type SlotView, slotView } from '../../src/calls/slot_buffers.ts';
import { HeardSink, SlotSpeech } from '../../src/calls/slot_ports.ts';
import { SpeechWriter } from '../../src/calls/speech_writer.ts';

const FRAME = 160;

function slot(): SlotView {
  return slotView(createSlotMemory(1), 0);
}

function frameOf(value: number): Float32Array {
  return new Float32Array(FRAME).fill(value / 32768);
}

function drain({ heard }: SlotView): Int16Array {
  const samples = new Int16Array(available(heard));
  readSamples(heard, samples);
  return samples;
}

t.test('a reader that was away finds media time in order: silence where frames found no room', async t => {
  const view = slot();
  const sink = new HeardSink(view, FRAME);
  const frames = Math.floor(view.heard.samples.length / FRAME);
  for (let i = 0; i < frames + 5; i += 1) sink.write(frameOf(i + 1));
  t.equal(view.control[CONTROL.heardOverflows], 5);
  t.equal(drain(view).length, frames * FRAME);
  sink.write(frameOf(9));
  const late = drain(view);
  t.equal(late.length, 6 * FRAME);
  t.ok(late.subarray(0, 5 * FRAME).every(sample => sample === 0));
  t.ok(late.subarray(5 * FRAME).every(sample => sample === 9));
  t.equal(writePosition(view.heard), (frames + 6) * FRAME);
});

t.test('skipped frames are silence', async t => {
  const view = slot();
  const sink = new HeardSink(view, FRAME);
  sink.write(frameOf(1));
  sink.skip(3);
  sink.write(frameOf(2));
  const heard = drain(view);
  t.equal(heard.length, 5 * FRAME);
  t.equal(heard[FRAME], 0);
  t.equal(heard[4 * FRAME], 2);
});

function spoken(length: number, value: number): Int16Array {
  return new Int16Array(length).fill(value);
}

function readAll(speech: SlotSpeech): number[] {
  const into = new Float32Array(1000);
  const count = speech.read(into, 0, into.length);
  return [...new Set(into.subarray(0, count).map(sample => sample * 32768))];
}

t.test('after a cut nothing old is heard, whenever it was written', async t => {
  const view = slot();
  const speech = new SlotSpeech(view);
  const writer = new SpeechWriter(view);
  writer.write(spoken(400, 1));
  speech.invalidate();
  t.ok(writer.isCut);
  t.equal(writer.write(spoken(100, 1)), 0, 'the writer is refused');
  t.strictSame(readAll(speech), [], 'nothing is read before it is discarded either');
  speech.discardVoid();
  // A write that had begun before the cut becomes visible only now.
  writeSamples(view.speech, spoken(50, 1));
  t.strictSame(readAll(speech), []);
  writeSamples(view.speech, spoken(50, 1));
  const from = writer.resume();
  t.equal(from, 500);
  writer.write(spoken(30, 2));
  speech.discardVoid();
  t.equal(speech.position, 500);
  t.strictSame(readAll(speech), [2]);
});

t.test('speech acknowledged before a second cut is old, too', async t => {
  const view = slot();
  const speech = new SlotSpeech(view);
  const writer = new SpeechWriter(view);
  writer.write(spoken(100, 1));
  speech.invalidate();
  writer.resume();
  writer.write(spoken(100, 2));
  speech.invalidate();
  speech.discardVoid();
  t.equal(speech.waiting, 0);
  t.ok(writer.isCut);
  writer.resume();
  writer.write(spoken(100, 3));
  speech.discardVoid();
  t.strictSame(readAll(speech), [3]);
});

t.test('new speech written between two looks is not thrown away with the old', async t => {
  const view = slot();
  const speech = new SlotSpeech(view);
  const writer = new SpeechWriter(view);
  writer.write(spoken(100, 1));
  speech.invalidate();
  speech.discardVoid();
  writer.resume();
  writer.write(spoken(100, 2));
  speech.discardVoid();
  speech.discardVoid();
  t.strictSame(readAll(speech), [2]);
});
