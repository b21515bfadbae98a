import { join } from 'node:path';
import t from 'tap';
import type { CallPlan, EventClass } from '../../bench/bargein/event.ts';
import { EventCaller } from '../../bench/bargein/event_caller.ts';
import { HUMS, NOISES } from '../../bench/bargein/noises.ts';
import { readOwnSet } from '../../bench/bargein/own_set.ts';
import { asPlans, layOut } from '../../bench/bargein/plan_calls.ts';
import { activeLevelDb, atLevel, atRate, resampled, spanAbove } from '../../bench/bargein/shaping.ts';
import { classTable } from '../../bench/bargein/table.ts';
import {
  classFigures,
  GOALS,
  headlineOf,
  meetsGoals,
  type Outcome,
  wilson,
} from '../../bench/bargein/verdict.ts';
import { SeededRandom } from '../../bench/caller/random.ts';
import { tone } from '../../bench/load/sounds.ts';
import { formatWav, writeWav } from '../../bench/wire/wav.ts';
import { MADE_UP_EVENT } from './made_up_event.ts';

const RATE_HZ = 8000;

const outcome = (kind: EventClass, times: Partial<Outcome>): Outcome => ({
  kind,
  source: '',
  text: '',
  codec: 'PCMU',
  lengthMs: 500,
  onsetMs: 1000,
  duckMs: 80,
  isStopped: times.stopMs !== undefined,
  stopMs: undefined,
  resumeMs: undefined,
  loweredMs: 0,
  ...times,
});

t.test('figures: late, lost and false stops count where they should', t => {
  const outcomes = [
    ...Array.from({ length: 99 }, () => outcome('sentence', { stopMs: 200 })),
    outcome('sentenceInEcho', {}),
    ...Array.from({ length: 96 }, () => outcome('backchannel', { resumeMs: 300 })),
    ...Array.from({ length: 4 }, () => outcome('television', { stopMs: 900 })),
  ];
  const headline = headlineOf(outcomes);
  t.same(headline, {
    duckP95Ms: 80,
    stopP95Ms: 200,
    resumeP95Ms: 300,
    falseStopPct: 4,
    trueStopPct: 99,
    falseStopPctInterval: [1.6, 9.8],
    trueStopPctInterval: [94.6, 99.8],
    events: 200,
  });
  t.ok(meetsGoals(headline));
  t.notOk(meetsGoals({ ...headline, duckP95Ms: null }), 'an agent that is not lowered in time');
  t.notOk(meetsGoals({ ...headline, falseStopPct: GOALS.falseStopPct + 0.1 }));
  const deaf = outcomes.map(each => ({ ...each, duckMs: undefined }));
  t.equal(headlineOf(deaf).duckP95Ms, Infinity, 'not lowered is too late');
  const stuck = outcomes.map(each => (each.kind === 'backchannel' ? { ...each, resumeMs: Infinity } : each));
  t.equal(headlineOf(stuck).resumeP95Ms, Infinity, 'never back is too late');
  t.notOk(meetsGoals(headlineOf(stuck)));
  t.ok(meetsGoals({ ...headline, resumeP95Ms: null }), 'nothing was lowered for nothing');
  const classes = classFigures(outcomes);
  t.match(classes.television, { events: 4, stops: 4, stopPct: 100, stopMs: { median: 900 } });
  t.equal(classes.noise, undefined);
  t.match(classTable(classes), /backchannel +96 +0 +0–3\.8/);
  t.end();
});

t.test('intervals as Wilson has them', t => {
  t.same(wilson(0, 60), [0, 6]);
  t.same(wilson(30, 60), [37.7, 62.3]);
  t.same(wilson(60, 60), [94, 100]);
  t.same(wilson(0, 0), [0, 100]);
  t.end();
});

t.test(
  'calls: each event once, echo in calls of its own, both codecs, the first event one that may be',
  t => {
    const slots = (kind: EventClass): { kind: EventClass; index: number }[] =>
      Array.from({ length: 10 }, (_, index) => ({ kind, index }));
    const stock = {
      dry: [...slots('sentence'), ...slots('noise'), ...slots('backchannel')],
      television: slots('television'),
      echoOnly: slots('echoOnly'),
      inEcho: slots('sentenceInEcho'),
    };
    const layouts = layOut(stock, 4, 3, ({ kind }) => kind === 'sentence');
    const laid = layouts.flatMap(({ events }) => events.map(({ kind, index }) => `${kind} ${index}`));
    t.equal(laid.length, 60);
    t.equal(new Set(laid).size, 60);
    for (const { setting, events } of layouts) {
      t.ok(events.every(({ kind }) => /echo/i.test(kind) === (setting === 'echo')));
      const first = { nothing: 'sentence', echo: 'echoOnly', television: 'television' }[setting];
      t.equal(events[0]!.kind, first);
    }
    t.same(
      layOut(stock, 4, 3, ({ kind }) => kind === 'sentence'),
      layouts,
      'the same from the same seed',
    );
    const calls = layouts.map(layout => ({
      layout,
      events: layout.events.map(({ kind }) => ({ ...MADE_UP_EVENT, kind })),
      background: undefined,
    }));
    const plans = asPlans(calls, 3);
    t.same(new Set(plans.map(({ codec }) => codec)), new Set(['PCMU', 'G722']));
    for (const { echo, events } of plans)
      t.equal(
        echo !== undefined,
        events.every(({ kind }) => /echo/i.test(kind)),
      );
    t.end();
  },
);

t.test('a caller begins once the agent has been heard, and its echo is late and weak as the path says', t => {
  const echo = { kind: 'hybrid', delayMs: 100, erlDb: 12, seed: 5 } as const;
  const event = { ...MADE_UP_EVENT, pcm: new Int16Array(1600).fill(9000), afterMs: 500 };
  const plan: CallPlan = {
    codec: 'PCMU',
    echo,
    background: undefined,
    noiseDbfs: -90,
    seed: 1,
    events: [event],
  };
  const caller = new EventCaller(plan, RATE_HZ);
  const agent = tone(4000, RATE_HZ, 700, -20);
  const sent: number[] = [];
  const frame = new Int16Array(160);
  for (let ms = 0; ms < 4000; ms += 20) {
    caller.source(frame);
    caller.sent(ms);
    sent.push(...frame);
    const isHeard = ms >= 1000;
    caller.received(
      isHeard ? agent.subarray((ms * 8) % 16_000, ((ms * 8) % 16_000) + 160) : new Int16Array(160),
      ms,
    );
  }
  t.ok(caller.trials[0]!.onsetMs >= 1500 && caller.trials[0]!.onsetMs < 1600, `${caller.trials[0]?.onsetMs}`);
  const levelDb = (from: number, to: number): number => {
    const part = sent.slice(from * 8, to * 8);
    return (
      10 * Math.log10(part.reduce((sum, sample) => sum + (sample / 32_768) ** 2, 0) / part.length + 1e-12)
    );
  };
  t.ok(levelDb(1000, 1090) < -80, 'nothing before the delay');
  t.ok(levelDb(1120, 1400) < -24 && levelDb(1120, 1400) > -44, `${levelDb(1120, 1400)}`);
  const { onsetMs, endMs } = caller.trials[0]!;
  t.ok(levelDb(onsetMs, endMs) > -14, 'the event');
  t.ok(caller.isDone);
  t.end();
});

t.test('noises and hums: each with sound, finite, and the same from the same seed', t => {
  for (const [name, make] of Object.entries({ ...NOISES, ...HUMS })) {
    const sound = make(new SeededRandom(4, name));
    t.ok(sound.length > 100 && sound.every(Number.isFinite), name);
    t.same(make(new SeededRandom(4, name)), sound);
    t.ok(Math.abs(activeLevelDb(atLevel(sound, -40)) + 40) < 0.1, name);
  }
  t.end();
});

t.test('an event begins where it is heard', t => {
  const sound = new Float32Array(16_000);
  const wave = (at: number): number => Math.sin((2 * Math.PI * at) / 16);
  for (let i = 3200; i < 6400; i += 1) sound[i] = 0.001 * wave(i);
  for (let i = 6400; i < 9600; i += 1) sound[i] = 0.1 * wave(i);
  sound[1600] = 0.9;
  t.same(spanAbove(sound, -46), { fromMs: 400, toMs: 600 }, 'neither a breath nor a click');
  t.same(spanAbove(sound, -70), { fromMs: 200, toMs: 600 });
  t.equal(spanAbove(sound, -10), undefined);
  t.end();
});

t.test('rates: a tone stays a tone, where it was', t => {
  const wave = Float32Array.from(
    { length: 22_050 },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * 1000 * i) / 22_050),
  );
  const at16 = resampled(wave, 22_050);
  const worst = at16
    .subarray(200, 15_800)
    .reduce(
      (most, sample, i) => Math.max(most, Math.abs(sample - 0.5 * Math.sin((2 * Math.PI * (i + 200)) / 16))),
      0,
    );
  t.ok(worst < 0.01, `${worst}`);
  const pulse = new Int16Array(1600);
  pulse[800] = 20_000;
  const halved = atRate(pulse, 8000);
  t.equal(halved.indexOf(Math.max(...halved)), 400);
  t.end();
});

const OWN = { eventsOfACall: 8, seed: 1 } as const;

t.test('a set of one’s own is read from folders by class', t => {
  const folder = t.testdir({ sentenceInEcho: {}, noise: {}, 'README.txt': 'what is in it' });
  const pcm = tone(600, 48_000, 700, -20);
  for (const name of ['b.wav', 'a.WAV'])
    writeWav(join(folder, 'noise', name), { rateHz: 48_000, channels: [pcm, pcm] });
  writeWav(join(folder, 'sentenceInEcho', 'c.wav'), { rateHz: 8000, channels: [tone(600, 8000, 700, -20)] });
  const events = readOwnSet(folder, OWN).flatMap(plan => plan.events);
  t.same(events.map(({ kind, source }) => `${kind} ${source}`).toSorted(), [
    'echoOnly agent',
    'noise a.WAV',
    'noise b.wav',
    'sentenceInEcho c.wav',
  ]);
  const noiseEvent = events.find(({ kind }) => kind === 'noise')!;
  t.ok(Math.abs(noiseEvent.pcm.length - 9600) < 40, 'at 16 kHz');
  t.equal(readOwnSet(folder, { ...OWN, most: 1 }).flatMap(plan => plan.events).length, 3);
  t.end();
});

t.test('folders that are no set say what is wrong with them', t => {
  const file = formatWav({ rateHz: 8000, channels: [tone(600, 8000, 700, -20)] });
  const refused = (content: Record<string, unknown>, message: RegExp): void => {
    const folder = t.testdir(content as Record<string, string>);
    t.throws(() => readOwnSet(folder, OWN), { message });
  };
  t.throws(() => readOwnSet('/nowhere/at/all', OWN), { message: /no folder that can be read/ });
  refused({}, /no folder of a class: sentence, command/);
  refused({ shouting: { 'a.wav': file } }, /shouting is no class/);
  refused({ echoOnly: { 'a.wav': file } }, /echoOnly is no class/);
  refused({ noise: {} }, /noise has no WAV files/);
  refused({ noise: { 'a.wav': 'no sound' } }, /a\.wav can't be read: no RIFF/);
  refused({ noise: { 'a.wav': file.subarray(0, 400) } }, /a\.wav can't be read: .*cut off/);
  refused({ noise: { 'a.wav': formatWav({ rateHz: 8000, channels: [new Int16Array(8000)] }) } }, /silent/);
  refused({ noise: { 'a.wav': formatWav({ rateHz: 8000, channels: [new Int16Array(0)] }) } }, /empty/);
  refused(
    { noise: { 'a.wav': formatWav({ rateHz: 96_000, channels: [tone(600, 8000, 700, -20)] }) } },
    /96000 Hz/,
  );
  refused(
    { noise: { 'a.wav': formatWav({ rateHz: 8000, channels: [new Int16Array(200_000).fill(99)] }) } },
    /longer/,
  );
  t.end();
});
