import { readdirSync } from 'node:fs';
import t from 'tap';
import { ClockedEar } from '../../bench/bargein/clocked_ear.ts';
import type { CallPlan } from '../../bench/bargein/event.ts';
import { judgeCall } from '../../bench/bargein/judge_call.ts';
import { readTickLateness } from '../../bench/bargein/media_files.ts';
import { keepProgrammes, type Programme } from '../../bench/bargein/programme.ts';
import { SpeakingTalk } from '../../bench/bargein/speaking_talk.ts';
import { playOverWire } from '../../bench/bargein/wire_calls.ts';
import { SeededRandom } from '../../bench/caller/random.ts';
import { babble } from '../../bench/load/sounds.ts';
import { startCarrier } from '../../bench/sip/carrier.ts';
import type { Interjection } from '../../src/agent/interjection.ts';
import { available, readSamples, writeFrame } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';

/** Speech without words stands for the agent's and the caller's. */
const speech = (lengthMs: number, rateHz: 8000 | 16_000, seed: number): Int16Array =>
  babble(lengthMs, rateHz, -20, new SeededRandom(seed, 'speech'));
const PROGRAMME: Programme = { 8000: speech(8000, 8000, 1), 16000: speech(8000, 16_000, 1) };

t.test('the agent talks without an end, is silent once it was cut, and begins anew after the turn', t => {
  const memory = createSlotMemory(1);
  const { speech: ring, control } = slotView(memory, 0);
  let nowMs = 0;
  const talk = new SpeakingTalk({
    memory,
    programmes: [PROGRAMME],
    ear: undefined,
    nowMs: () => nowMs,
    goOn: () => undefined,
    cut: () => undefined,
  });
  const heard = new Int16Array(80);
  const played: number[] = [];
  const tick = (): number => {
    nowMs += 10;
    talk.pump();
    const count = readSamples(ring, heard);
    played.push(...heard.subarray(0, count));
    return count;
  };
  talk.begin(0, 8000);
  const counts = Array.from({ length: 1000 }, tick);
  t.ok(counts.every(count => count === 80));
  t.same(played.slice(0, 64_000), Array.from(PROGRAMME[8000]), 'word for word');
  t.same(played.slice(64_000, 64_080), Array.from(PROGRAMME[8000].subarray(0, 80)), 'and round again');

  Atomics.add(control, CONTROL.generation, 1);
  talk.follow(0, { type: 'bargeIn', atMs: nowMs, heardSamples: 0 });
  const before = available(ring);
  for (let ticks = 0; ticks < 100; ticks += 1) talk.pump();
  t.equal(available(ring), before, 'nothing more of what was cut');
  talk.follow(0, { type: 'turnEnded', atMs: nowMs, lastSoundMs: nowMs });
  nowMs += 690;
  talk.pump();
  t.equal(Atomics.load(control, CONTROL.acknowledged), 0);
  nowMs += 20;
  talk.pump();
  t.equal(Atomics.load(control, CONTROL.acknowledged), 1);
  t.ok(available(ring) > before, 'it speaks again');
  talk.end(0);
  for (let ticks = 0; ticks < 200; ticks += 1) tick();
  t.equal(tick(), 0, 'the call is over');
  t.end();
});

t.test('a short command is understood from what was heard, and cuts what was said meanwhile', async t => {
  const memory = createSlotMemory(1);
  const view = slotView(memory, 0);
  const understood: Int16Array[] = [];
  const cuts: number[][] = [];
  const wentOn: number[][] = [];
  let meaning: Interjection = 'listen';
  const ear = new ClockedEar({
    understand: pcm => {
      understood.push(pcm);
      return Promise.resolve(meaning);
    },
  });
  let nowMs = 0;
  const talk = new SpeakingTalk({
    memory,
    programmes: [PROGRAMME],
    ear,
    nowMs: () => nowMs,
    goOn: (slot, hold) => wentOn.push([slot, hold]),
    cut: (slot, generation) => cuts.push([slot, generation]),
  });
  talk.begin(0, 8000);
  const pass = async (ms: number, level: number): Promise<void> => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
      nowMs += 10;
      writeFrame(view.heard, new Float32Array(80).fill(level));
      Atomics.store(view.control, CONTROL.mediaMs, nowMs);
      await ear.pass(nowMs);
      talk.pump();
    }
  };
  const interject = async (): Promise<void> => {
    const atMs = nowMs;
    await pass(300, 0.5);
    talk.follow(0, { type: 'backchannel', atMs, untilMs: nowMs, hold: 1 });
  };
  await pass(3000, 0);
  await interject();
  t.equal(understood[0]?.length, 700 * 8, 'with a little before it');
  t.ok(understood[0]!.subarray(0, 250 * 8).every(sample => sample === 0));
  t.ok(understood[0]!.subarray(250 * 8, 550 * 8).every(sample => sample > 16_000));
  t.ok(
    understood[0]!.subarray(550 * 8).every(sample => sample === 0),
    'and quiet behind it',
  );
  await pass(140, 0);
  t.same(cuts, [], 'not known yet');
  await pass(10, 0);
  t.same(cuts, [[0, 0]], 'always after the same time');
  meaning = 'nothing';
  await interject();
  talk.follow(0, { type: 'backchannel', atMs: nowMs - 100, untilMs: nowMs, hold: 0 });
  await pass(500, 0);
  t.equal(understood.length, 2, 'what the agent was not held for is nothing');
  t.same(wentOn, [], 'what is not understood may have more behind it');
  meaning = 'nod';
  await interject();
  await pass(500, 0);
  t.same(wentOn, [[0, 1]], 'a nod lets it go on');
  meaning = 'listen';
  await interject();
  talk.end(0);
  await pass(500, 0);
  t.same(cuts, [[0, 0]], 'nor is a call cut that is over');
});

t.test(
  'events reach an agent over the edge and the media process of every node, and the wire shows what it does',
  async t => {
    const folder = t.testdir({});
    keepProgrammes(folder, [PROGRAMME]);
    const script = new URL('../../bench/bargein/media_process.ts', import.meta.url);
    const stack = await startCarrier(1, { media: { script, argument: folder } });
    t.teardown(() => stack.stop());
    const event = {
      kind: 'sentence',
      source: 'babble',
      text: '',
      pcm: speech(1500, 16_000, 2),
      afterMs: 1200,
    } as const;
    const plan: CallPlan = {
      codec: 'PCMU',
      echo: undefined,
      background: undefined,
      noiseDbfs: -60,
      seed: 1,
      events: [event],
    };
    const [call] = await playOverWire([plan], stack.target, 1, () => {});
    t.equal(call!.fault, undefined);
    t.equal(call!.caller.trials.length, 1, 'the agent was heard for long enough');
    const { outcomes, missed } = judgeCall(plan, call!.caller, [PROGRAMME]);
    t.equal(missed, 0);
    t.match(outcomes, [{ kind: 'sentence', codec: 'PCMU' }]);
    await stack.stop();
    t.ok(readTickLateness(folder).length > 0, `${readdirSync(folder)}`);
  },
);
