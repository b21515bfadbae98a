import t, { type Test } from 'tap';
import type { ChaosCall } from '../../bench/chaos/call.ts';
import { judge } from '../../bench/chaos/judge.ts';
import { runJudged } from '../../bench/chaos/judged_run.ts';
import { FAULTS, KINDS, type Plan, POINTS, planRuns, TARGETS } from '../../bench/chaos/plan.ts';
import { SLOTS } from '../../bench/chaos/script.ts';
import { pitchesOf, wordsIn } from '../../bench/chaos/tone_words.ts';
import { textFrame, WebSocketFrames } from '../../bench/chaos/web_socket_frames.ts';
import { toneSpeech } from '../providers/servers/speech_script.ts';

const RUNS = 9;

/** One of each kind and fault, at points and targets that differ. */
function sample(): readonly Plan[] {
  const all = planRuns(360);
  return Array.from({ length: RUNS }, (_, at) => {
    const [kind, fault] = [KINDS[at % 3]!, FAULTS[Math.floor(at / 3) % 3]!];
    const [point, target] = [POINTS[(3 * at) % 10]!, TARGETS[at % 2]!];
    return all.find(
      plan =>
        plan.kind === kind && plan.fault.kind === fault && plan.point === point && plan.target === target,
    )!;
  });
}

t.test('every kind meets every fault at every point', async t => {
  const plans = planRuns(360);
  const combinations = new Set(plans.map(({ kind, fault, point }) => `${kind} ${fault.kind} ${point}`));
  t.equal(combinations.size, KINDS.length * FAULTS.length * POINTS.length);
  t.same(planRuns(360), plans, 'the same again');
});

t.test('words are told by their tones, and one that is cut in two is one', async t => {
  const text = 'Certainly we carry those every week.';
  const { pcm, words } = toneSpeech(text, 8000);
  t.same(wordsIn(pcm, 8000, text), pitchesOf(text));
  const cutAt = Math.round(8 * (words[0]!.startMs + 250));
  const late = Int16Array.from([...pcm.subarray(0, cutAt), ...new Int16Array(800), ...pcm.subarray(cutAt)]);
  t.same(wordsIn(late, 8000, text), pitchesOf(text));
  const twice = Int16Array.from([...pcm, ...pcm]);
  t.same(wordsIn(twice, 8000, text), [...pitchesOf(text), ...pitchesOf(text)]);
});

t.test('frames of a server are told apart, however they come', async t => {
  const frames = new WebSocketFrames();
  const texts = ['short', 'x'.repeat(300), 'y'.repeat(70_000)];
  const bytes = Buffer.concat([Buffer.from('HTTP/1.1 101 OK\r\n\r\n'), ...texts.map(textFrame)]);
  const seen: string[] = [];
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 7)
    out.push(
      frames.push(bytes.subarray(at, at + 7), text => {
        seen.push(text);
        return textFrame(text);
      }),
    );
  t.same(seen, texts);
  t.ok(Buffer.concat(out).equals(bytes));
});

t.test('the caller hears little of a provider that fails', async t => {
  const stray: unknown[] = [];
  const onStray = (reason: unknown) => void stray.push(reason);
  process.on('unhandledRejection', onStray);
  const plans = sample();
  const runs = await Promise.all(plans.map(runJudged));
  process.off('unhandledRejection', onStray);
  for (const { plan, verdict } of runs) {
    const { kind, fault, point, target, index } = plan;
    t.same(verdict.failures, [], `${index}: ${kind} ${fault.kind} ${point} (${target})`);
  }
  t.same(stray, []);
  t.ok(
    runs.some(({ call }) => call !== undefined && call.switches.length > 0),
    'others took over',
  );
  judgeIsStrict(t, runs[0]!.call!);
});

/** The same call with something wrong with it is found out. */
function judgeIsStrict(t: Test, call: ChaosCall): void {
  const wrong = (change: Partial<ChaosCall>) => judge({ ...call, ...change }).failures.join('; ');
  const without = (slot: string) =>
    call.events.filter(
      ({ type, detail }) => type !== 'slot.set' || (detail as { slot: string }).slot !== slot,
    );
  for (const slot of Object.keys(SLOTS)) t.match(wrong({ events: without(slot) }), `lost ${slot}`);
  const second = Math.round(8 * call.turns[1]!.lastSoundMs);
  const quiet = new Int16Array(8 * 3_500);
  const late = Int16Array.from([...call.heard.subarray(0, second), ...quiet, ...call.heard.subarray(second)]);
  const later = call.turns.map((turn, at) =>
    at > 1 ? { ...turn, onsetMs: turn.onsetMs + 3_500, lastSoundMs: turn.lastSoundMs + 3_500 } : turn,
  );
  t.match(wrong({ heard: late, turns: later }), /silent for \d+ ms/);
  const twice = call.events.map(event =>
    event.type === 'turn.agent'
      ? { ...event, detail: { ...event.detail, text: `${event.detail.text} ${event.detail.text}` } }
      : event,
  );
  t.match(wrong({ events: twice }), /said twice.*the transcript is not what was heard/u);
  t.match(wrong({ leftOpen: ['1 timers'] }), 'left open');
  t.match(wrong({ end: { failed: true, reason: 'INTERNAL' } }), 'ended by INTERNAL');
  t.match(wrong({ struckAtMs: undefined }), 'the moment never came');
}
