import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { readSamples, writeSamples } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, type SlotView, slotView } from '../../src/calls/slot_buffers.ts';
import { TalkAudio } from '../../src/calls/talk_audio.ts';
import type { ToAudio } from '../../src/calls/thread_messages.ts';
import type { PlayingReport } from './playing_thread.ts';

const RATE_HZ = 16000;

function start() {
  const slot = slotView(createSlotMemory(2), 1);
  const sent: ToAudio[] = [];
  const audio = new TalkAudio(slot, RATE_HZ, 0, message => sent.push(message));
  const heard: { samples: number[]; endMs: number }[] = [];
  const pump = () => audio.pump((pcm, endMs) => heard.push({ samples: [...pcm], endMs }));
  return { slot, sent, audio, heard, pump };
}

/** What the audio thread does in a tick, without its pipeline. */
function play(slot: SlotView, samples: number): number[] {
  const into = new Int16Array(samples);
  const count = readSamples(slot.speech, into);
  Atomics.add(slot.control, CONTROL.played, count);
  Atomics.add(slot.control, CONTROL.mediaMs, 10);
  return [...into.subarray(0, count)];
}

function cut(slot: SlotView): void {
  Atomics.add(slot.control, CONTROL.generation, 1);
  readSamples(slot.speech, new Int16Array(slot.speech.samples.length));
}

t.test('hands on what the caller said with its media time', async t => {
  const { slot, heard, pump } = start();
  writeSamples(
    slot.heard,
    Int16Array.from({ length: 2000 }, (_, i) => i),
  );
  Atomics.store(slot.control, CONTROL.mediaMs, 5000);
  pump();
  t.same(
    heard.flatMap(({ samples }) => samples),
    Array.from({ length: 2000 }, (_, i) => i),
  );
  t.same(
    heard.map(({ endMs }) => endMs),
    [4975, 5000],
  );
  pump();
  t.equal(heard.length, 2);
});

t.test('queues no more than it takes to be gapless', async t => {
  const { slot, audio, pump } = start();
  const second = new Int16Array(RATE_HZ).fill(1);
  const positions: (number | undefined)[] = [];
  for (let i = 0; i < 4; i += 1) void audio.speak(0, second).then(position => positions.push(position));
  pump();
  await nextTurn();
  t.same(positions, [0, RATE_HZ], 'the third waits');
  play(slot, RATE_HZ);
  pump();
  await nextTurn();
  t.same(positions, [0, RATE_HZ, 2 * RATE_HZ]);
  t.equal(audio.playedSamples(), RATE_HZ);
});

t.test('after a cut positions go on from what was heard', async t => {
  const { slot, audio, pump } = start();
  const speech = new Int16Array(RATE_HZ).fill(1);
  await audio.speak(0, speech);
  const waiting = [audio.speak(0, speech), audio.speak(0, speech)];
  play(slot, 1000);
  cut(slot);
  t.equal(audio.generation, 1);
  pump();
  t.same(await waiting[1], undefined, 'what waited is refused');
  t.equal(await audio.speak(0, speech), undefined, 'and what comes late');
  const next = audio.speak(1, speech.fill(2));
  pump();
  t.same(play(slot, 100), [], 'not before the old is counted');
  pump();
  t.equal(await next, 1000);
  t.equal(Atomics.load(slot.control, CONTROL.acknowledged), 1);
  t.same(new Set(play(slot, 100)), new Set([2]));
});

t.test('what was nothing is told by the number of the hold', async t => {
  const { sent, audio } = start();
  audio.goOn(3);
  t.same(sent, [{ type: 'goOn', slot: 1, hold: 3 }]);
});

t.test('its own cut counts at once', async t => {
  const { slot, sent, audio, pump } = start();
  await audio.speak(0, new Int16Array(RATE_HZ));
  audio.cut();
  t.same(sent, [{ type: 'cut', slot: 1, generation: 0 }]);
  t.equal(audio.generation, 1);
  const next = audio.speak(1, new Int16Array(10).fill(2));
  pump();
  play(slot, 100);
  cut(slot);
  pump();
  play(slot, 100);
  pump();
  t.equal(await next, 100);
  audio.cut();
  audio.cut();
  t.match(sent.slice(1), [
    { type: 'cut', generation: 1 },
    { type: 'cut', generation: 2 },
  ]);
});

t.test('once closed it takes nothing and holds up nobody', async t => {
  const { sent, audio } = start();
  const second = new Int16Array(RATE_HZ);
  const speaking = [0, 1, 2, 3].map(() => audio.speak(0, second));
  audio.close();
  t.same(await Promise.all(speaking), [0, RATE_HZ, undefined, undefined]);
  t.equal(await audio.speak(0, second), undefined);
  audio.hangUp({ drain: true });
  t.same(sent, []);
});

t.test('with a thread that plays and cuts: nothing stale is ever heard, and positions stay true', async t => {
  const memory = createSlotMemory(1);
  const slot = slotView(memory, 0);
  const audio = new TalkAudio(slot, RATE_HZ, 0, () => undefined);
  const worker = new Worker(new URL('./playing_thread.ts', import.meta.url), {
    workerData: { memory, ticks: 4000 },
    execArgv: [],
    env: {},
  });
  const exited = once(worker, 'exit');
  const reports: PlayingReport[] = [];
  worker.on('message', report => reports.push(report));
  const firstPosition: Record<number, number> = {};
  const sayAll = async () => {
    while (reports.length === 0) {
      const { generation } = audio;
      const pcm = new Int16Array(100 + Math.floor(Math.random() * 4000)).fill(generation);
      const position = await audio.speak(generation, pcm);
      if (position !== undefined) firstPosition[generation] ??= position;
    }
  };
  const saying = sayAll();
  while (reports.length === 0) {
    audio.pump(() => undefined);
    await nextTurn();
  }
  audio.close();
  await Promise.all([saying, exited]);
  const report = reports[0]!;
  t.equal(report.staleSamples, 0);
  t.ok(report.cuts > 100);
  const generations = Object.keys(report.firstPlayed).map(Number);
  t.ok(generations.length > 50, `${generations.length} generations were heard`);
  const wrong = generations.filter(
    generation => report.firstPlayed[generation] !== firstPosition[generation],
  );
  t.same(wrong, [], 'speech is heard where its position says');
});
