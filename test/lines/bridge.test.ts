import t from 'tap';
import { createFrame, type PipelineRateHz } from '../../pipeline/frame.ts';
import { KeptFrame } from '../../pipeline/kept_frame.ts';
import { AGENT, Bridge, CALLER, type Hearing } from '../../src/lines/bridge.ts';
import type { LineEvents } from '../../src/lines/line.ts';
import { HandLine } from '../calls/hand_line.ts';
import { steepest } from '../pipeline/stage_bench.ts';
import { toneFill, toneShare } from './trunk_rig.ts';

const SILENT: LineEvents = {
  answered: () => {},
  dtmf: () => {},
  held: () => {},
  resumed: () => {},
  ended: () => {},
};

/** Each party says a tone of its own. */
const TONES_HZ = { caller: 300, agent: 500, a: 700, b: 1_100, c: 1_300 } as const;
const LEVEL = 0.2;

/** A bridge whose parties all speak, and what each hears. */
function rig(legs: readonly ('a' | 'b' | 'c')[], rateHz: PipelineRateHz = 8000, level = LEVEL) {
  const caller = new KeptFrame(rateHz);
  const agent = createFrame(rateHz);
  const bridge = new Bridge(rateHz, caller);
  const lines = new Map(legs.map(id => [id as string, new HandLine(rateHz, SILENT)]));
  for (const [id, line] of lines) bridge.add(id, line);
  const mouths = {
    caller: toneFill(TONES_HZ.caller, rateHz, level),
    agent: toneFill(TONES_HZ.agent, rateHz, level),
  };
  let toCaller: number[] = [];
  const run = (frames: number): void => {
    toCaller = [];
    for (const line of lines.values()) line.sent.length = 0;
    for (const [id, line] of lines) {
      const said = new Float32Array(frames * caller.samples.length);
      toneFill(TONES_HZ[id as 'a'], rateHz, level)(said);
      line.say(said);
    }
    for (let i = 0; i < frames; i += 1) {
      mouths.caller(caller.samples);
      mouths.agent(agent.samples);
      bridge.process(agent);
      toCaller.push(...agent.samples);
    }
  };
  const heardBy = (party: string): number[] => (party === CALLER ? toCaller : lines.get(party)!.sent);
  /** Level of a party's tone at another's ear after the first frames, relative to what was said. */
  const gain = (from: keyof typeof TONES_HZ, to: string): number => {
    const heard = heardBy(to).slice(rateHz / 10);
    const power = heard.reduce((sum, sample) => sum + sample * sample, 0) / heard.length;
    const share = toneShare(heard, TONES_HZ[from], rateHz);
    return Math.sqrt(2 * power * share) / level;
  };
  return { bridge, caller, agent, lines, run, heardBy, gain };
}

function hearing(from: string, to: string, gainDb = 0): Hearing {
  return { from, to, gainDb };
}

t.test('without legs and without a word said about it, the caller hears the agent as it is', async t => {
  const { run, gain } = rig([]);
  run(100);
  t.ok(Math.abs(gain('agent', CALLER) - 1) < 0.001);
  t.ok(gain('caller', CALLER) < 0.01);
});

t.test('each hears whom the matrix names, at its gain, and nobody else, at both rates', async t => {
  for (const rateHz of [8000, 16_000] as const) {
    const { bridge, run, gain } = rig(['a', 'b', 'c'], rateHz);
    bridge.hear([
      hearing('a', CALLER),
      hearing(CALLER, 'a', -6),
      hearing('b', 'a', -12),
      hearing(AGENT, 'b'),
      hearing('b', 'b'),
      hearing('nobody', 'b'),
    ]);
    run(200);
    const heard = Object.fromEntries(
      [CALLER, 'a', 'b', 'c'].map(to => [
        to,
        (['caller', 'agent', 'a', 'b', 'c'] as const).map(from => Math.round(gain(from, to) * 50) / 50),
      ]),
    );
    t.same(
      heard,
      { caller: [0, 0, 1, 0, 0], a: [0.5, 0, 0, 0.26, 0], b: [0, 1, 0, 0, 0], c: [0, 0, 0, 0, 0] },
      `${rateHz} Hz`,
    );
  }
});

t.test('four who all speak at full scale hear no clipping, and each all but itself', async t => {
  const { bridge, run, gain, heardBy } = rig(['a', 'b'], 8000, 0.9);
  const parties = ['caller', 'agent', 'a', 'b'] as const;
  bridge.hear(parties.flatMap(from => ['caller', 'a', 'b'].map(to => hearing(from, to))));
  run(300);
  for (const to of ['a', 'b'] as const) {
    const most = Math.max(...heardBy(to).map(Math.abs));
    t.ok(most <= 10 ** (-1 / 20) + 1e-6, `${to} hears a peak of ${most}`);
    t.ok(gain(to, to) < 0.05, `${to} does not hear itself`);
    for (const from of parties) if (from !== to) t.ok(gain(from, to) > 0.15, `${to} hears ${from}`);
  }
  t.ok(gain('caller', CALLER) < 0.05, 'the caller does not hear itself');
  t.ok(Math.max(...heardBy(CALLER).map(Math.abs)) > 1, 'what the caller hears the downlink limits');
});

t.test('what changes, changes within a frame, without a click', async t => {
  const { bridge, run, heardBy } = rig(['a']);
  bridge.hear([hearing('a', CALLER)]);
  run(5);
  const steepestTone = (2 * Math.PI * TONES_HZ.a * LEVEL) / 8000;
  bridge.hear([]);
  run(2);
  const fading = Float32Array.from(heardBy(CALLER));
  t.ok(steepest(fading) < 1.1 * steepestTone, `${steepest(fading)}`);
  t.ok(
    fading.subarray(80).every(sample => sample === 0),
    'silence from the second frame on',
  );
});

t.test('a leg that is gone is neither heard nor heard to, and its place is free again', async t => {
  const { bridge, lines, run, gain } = rig(['a', 'b', 'c']);
  bridge.hear([hearing('a', CALLER), hearing('a', 'b'), hearing('b', CALLER)]);
  run(20);
  bridge.remove('a');
  bridge.remove('nobody');
  run(100);
  t.same(lines.get('a')?.sent, []);
  t.ok(gain('a', CALLER) < 0.01);
  t.ok(gain('b', CALLER) > 0.95);
  const next = new HandLine(8000, SILENT);
  bridge.add('d', next);
  next.say(new Float32Array(8_000).fill(0.5));
  run(100);
  t.ok(gain('b', CALLER) > 0.95, 'who comes after is not heard by what was said of who was there before');
  bridge.add('e', new HandLine(8000, SILENT));
  t.ok(bridge.isFull);
  t.throws(() => bridge.add('f', new HandLine(8000, SILENT)), RangeError);
});

t.test('a leg that delivers poison harms nobody', async t => {
  const { bridge, lines, agent, caller } = rig(['a', 'b']);
  bridge.hear([hearing('a', CALLER), hearing('a', 'b'), hearing('b', CALLER)]);
  lines.get('a')!.say(new Float32Array(800).fill(Number.NaN));
  lines.get('b')!.say(new Float32Array(800).fill(Number.POSITIVE_INFINITY));
  caller.samples.fill(0);
  for (let i = 0; i < 10; i += 1) {
    agent.samples.fill(0);
    bridge.process(agent);
    t.ok(agent.samples.every(sample => Math.abs(sample) <= 1));
  }
  t.ok(lines.get('b')!.sent.every(sample => sample === 0));
});

/** Neither gives nor keeps anything. */
class StillLine extends HandLine {
  override pull(): void {}

  override push(): void {}
}

t.test('joined speech leaves no garbage', async t => {
  const { bridge, agent } = rig([]);
  const legs = ['a', 'b', 'c'];
  for (const id of legs) bridge.add(id, new StillLine(8000, SILENT));
  bridge.hear(legs.flatMap(to => [CALLER, AGENT, ...legs].map(from => hearing(from, to))));
  const run = (): number => {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 2_000; i += 1) bridge.process(agent);
    return (process.memoryUsage().heapUsed - before) / 2_000;
  };
  for (let i = 0; i < 10; i += 1) run();
  // A round may shrink by a collection.
  const [least = Infinity] = Array.from({ length: 9 }, run)
    .filter(growth => growth >= 0)
    .toSorted((a, b) => a - b);
  t.ok(least < 16, `${least} bytes a tick`);
});
