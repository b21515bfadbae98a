import t from 'tap';
import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import { DEFAULT_TURN_POLICY } from '../../pipeline/turn/turn_taker.ts';
import { AudioCall, type AudioCallEvents } from '../../src/calls/audio_call.ts';
import { available, readSamples } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { SpeechWriter } from '../../src/calls/speech_writer.ts';
import type { LineEndReason } from '../../src/lines/line.ts';
import { PLAIN_POLICY } from '../pipeline/plain_sound.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';
import { steepest } from '../pipeline/stage_bench.ts';
import * as halves from './halves.ts';
import { HandLine } from './hand_line.ts';
import { tellVoice } from './tell_voice.ts';

const RATE_HZ = 16_000;
const shared = await sharedParts(64);
const FRAME = 160;
/** Old speech and new can be told apart on the wire by their sign. */
const OLD = 8000;
const NEW = -8000;

function setUp(heldFrames = 0) {
  const slot = slotView(createSlotMemory(1), 0);
  const turns: TurnEvent[] = [];
  const told: string[] = [];
  const ends: LineEndReason[] = [];
  const events: AudioCallEvents = {
    answered: () => told.push('answered'),
    turn: event => turns.push(event),
    dtmf: (digit, atMs) => told.push(`key ${digit} at ${atMs}`),
    playoutStarted: (position, atMs) => told.push(`started ${position} at ${atMs}`),
    playoutDrained: (position, atMs) => told.push(`drained ${position} at ${atMs}`),
    ended: reason => ends.push(reason),
  };
  let line: HandLine | undefined;
  const call = new AudioCall(
    {
      slot,
      rateHz: RATE_HZ,
      shared,
      policy: PLAIN_POLICY,
      openLine: lineEvents => {
        line = new HandLine(RATE_HZ, lineEvents, heldFrames);
        return line;
      },
    },
    events,
  );
  const writer = new SpeechWriter(slot);
  /** What the network would say of the newest window. */
  const judge = (probability: number): void => tellVoice(shared, call, probability);
  const ticks = (count: number): void => {
    for (let i = 0; i < count; i += 1) {
      halves.hear(call);
      halves.speak(call);
    }
  };
  /** The caller sounds for so many windows, and the network says so, in time. */
  const speak = (windows: number): void => {
    line!.say(new Float32Array(windows * 512).map((_, i) => 0.3 * Math.sin(i / 5)));
    for (let i = 0; i < windows; i += 1) {
      ticks(i % 5 === 4 ? 4 : 3);
      judge(0.95);
    }
  };
  const say = (count: number, value: number): number => writer.write(new Int16Array(count).fill(value));
  return { slot, call, line: line!, writer, turns, told, ends, judge, ticks, speak, say };
}

t.test('before the answer nothing is told but the answer', async t => {
  const { call, line, told } = setUp();
  line.events.dtmf('1', 0);
  t.notOk(call.isUp);
  line.events.answered();
  line.events.answered();
  t.ok(call.isUp);
  t.strictSame(told, ['answered']);
});

t.test('an interruption silences the agent: no old sample follows, and the count is exact', async t => {
  const { slot, call, line, writer, turns, judge, ticks, speak, say } = setUp();
  line.events.answered();
  say(40_000, OLD);
  ticks(20);
  speak(20);
  ticks(2);
  const bargeIn = turns.find(event => event.type === 'bargeIn');
  t.match(
    turns.map(({ type }) => type),
    ['ducked', 'speechStarted', 'bargeIn'],
  );
  const sent = Float32Array.from(line.sent);
  const end = sent.indexOf(0);
  t.equal(end % FRAME, 80, 'speech until 5 ms into the frame in which it is held');
  t.ok(end < (bargeIn!.atMs / 10 - 1) * FRAME, 'which is long before the cut');
  t.ok(
    sent.subarray(end).every(sample => sample === 0),
    'none after it',
  );
  t.ok(steepest(sent) < 0.02, 'no click');
  t.equal(bargeIn!.heardSamples, end, 'what was counted was on the wire');
  t.equal(slot.control[CONTROL.played], end);

  t.equal(say(1000, OLD), 0, 'the old generation is refused');
  for (let window = 0; window < 5; window += 1) {
    ticks(3);
    judge(0);
  }
  writer.resume();
  say(2 * FRAME, NEW);
  ticks(3);
  t.ok(
    line.sent.slice(end).every(sample => sample <= 0),
    'nothing old is ever heard again',
  );
  t.equal(slot.control[CONTROL.played], bargeIn!.heardSamples + 2 * FRAME);
  t.ok(call.isUp);
});

t.test('what a line with a queue throws away at a cut was not heard', async t => {
  const { slot, line, turns, ticks, speak, say } = setUp(3);
  line.events.answered();
  say(40_000, OLD);
  ticks(20);
  speak(20);
  ticks(10);
  const bargeIn = turns.find(event => event.type === 'bargeIn');
  const heard = line.sent.filter(sample => sample > 0).length;
  t.equal(bargeIn?.heardSamples, heard);
  t.equal(slot.control[CONTROL.played], heard);
});

t.test('the agent counts as heard as long as its line plays on', async t => {
  const { line, turns, ticks, speak, say } = setUp(30);
  line.events.answered();
  say(10 * FRAME, OLD);
  ticks(15);
  speak(4);
  ticks(1);
  t.ok(
    turns.some(({ type }) => type === 'ducked'),
    'spoken over the last words, that are still on their way',
  );
});

t.test('a cut by the conversation: only of the generation that it means', async t => {
  const { slot, call, line, told, ticks, say } = setUp();
  line.events.answered();
  say(10_000, OLD);
  ticks(5);
  call.cut(7);
  t.equal(slot.control[CONTROL.generation], 0);
  call.cut(0);
  t.equal(slot.control[CONTROL.generation], 1);
  t.match(told.at(-1), /^drained 10000 at 50/);
  ticks(3);
  t.equal(slot.control[CONTROL.played], 5 * FRAME + 80);
  t.ok(line.sent.slice(5 * FRAME + 80).every(sample => sample === 0));
});

t.test('hanging up waits for what was said, and for the far end to have heard it', async t => {
  const { call, line, told, ends, ticks, say } = setUp(2);
  line.events.answered();
  say(10 * FRAME, OLD);
  ticks(2);
  call.hangUpWhenQuiet();
  ticks(10);
  t.ok(told.includes(`drained ${10 * FRAME} at 100`));
  t.strictSame(ends, [], 'not yet: it is not heard yet');
  ticks(30);
  t.strictSame(ends, ['localHangup']);
  t.equal(line.sent.filter(sample => sample > 0).length, 10 * FRAME);
});

t.test('hanging up before the answer does not wait', async t => {
  const { call, ends } = setUp();
  call.hangUpWhenQuiet();
  t.strictSame(ends, ['localHangup']);
  await call.closed();
  t.strictSame(ends, ['localHangup']);
});

t.test('a talk thread that neither reads nor writes disturbs nothing', async t => {
  const { slot, line, ticks } = setUp();
  line.events.answered();
  slot.control[CONTROL.recording] = 1;
  ticks(1500);
  t.ok(slot.control[CONTROL.heardOverflows]! > 0);
  t.ok(slot.control[CONTROL.recordingOverflows]! > 0);
  t.equal(slot.control[CONTROL.mediaMs], 15_000);
  t.equal(line.sent.length, 1500 * FRAME);
});

t.test('a line that delivers poison is heard as silence or clipped, never further', async t => {
  const { slot, line, ticks } = setUp();
  line.events.answered();
  line.say(new Float32Array(10 * FRAME).fill(Number.NaN));
  ticks(10);
  line.say(new Float32Array(10 * FRAME).fill(Number.POSITIVE_INFINITY));
  ticks(10);
  line.say(new Float32Array(100 * FRAME).map((_, i) => 0.3 * Math.sin(i / 5)));
  ticks(100);
  const heard = new Int16Array(available(slot.heard));
  readSamples(slot.heard, heard);
  t.equal(heard.length, 120 * FRAME);
  t.ok(Math.abs(Math.max(...heard.subarray(110 * FRAME)) - 0.3 * 32768) < 500, 'speech is itself again');
});

t.test('both sides are recorded at the same media time, also across a stall of the process', async t => {
  const { slot, call, line, ticks, say } = setUp();
  line.events.answered();
  slot.control[CONTROL.recording] = 1;
  say(50 * FRAME, OLD);
  line.say(new Float32Array(50 * FRAME).map((_, i) => 0.25 * Math.sin(i / 5)));
  ticks(20);
  call.skip(30);
  ticks(20);
  t.equal(slot.control[CONTROL.mediaMs], 700);
  line.events.ended('remoteHangup');
  const recorded = new Int16Array(available(slot.recording));
  readSamples(slot.recording, recorded);
  t.equal(recorded.length, 70 * FRAME * 2, 'as long as it took');
  const legs = (from: number, to: number) => recorded.subarray(from * FRAME * 2, to * FRAME * 2);
  t.ok(
    legs(20, 50).every(sample => sample === 0),
    'the stall is silent',
  );
  t.ok(
    legs(51, 70)
      .filter((_, i) => i % 2 === 1)
      .every(sample => sample > 7900),
    'agent right',
  );
  t.ok(Math.max(...legs(51, 70).filter((_, i) => i % 2 === 0)) > 7000, 'caller left');
});

t.test('the delay of the network is asked for as long as a recording runs', async t => {
  const { slot, line, ticks } = setUp();
  line.events.answered();
  ticks(1);
  t.notOk(line.measuresDelay);
  slot.control[CONTROL.recording] = 1;
  ticks(1);
  t.ok(line.measuresDelay);
  slot.control[CONTROL.recording] = 0;
  ticks(1);
  t.notOk(line.measuresDelay);
});

t.test('keys count as a sign of life', async t => {
  const { call, line, turns, told, ticks } = setUp();
  call.policy = { ...DEFAULT_TURN_POLICY, silencePromptMs: 1000 };
  line.events.answered();
  ticks(90);
  line.events.dtmf('5', 0);
  ticks(50);
  t.strictSame(turns, []);
  t.ok(told.includes('key 5 at 900'));
  ticks(60);
  t.strictSame(
    turns.map(({ type }) => type),
    ['silence'],
  );
});
