import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CallRecord } from '../../src/agent/call_record.ts';
import { StepHistory } from '../../src/agent/step_history.ts';
import type { EventDetail } from '../../src/store/events.ts';
import { loadFlow } from '../../src/workflow/load.ts';
import type { HistoryRow } from '../../src/workflow/replay/replay.ts';
import type { Heard } from '../../src/workflow/types.ts';
import { replayCall } from '../../tools/workflow/replay.ts';
import { ROOT } from '../tidy/sources.ts';
import { rowsOf } from '../workflow/replaying.ts';

const NAME = 'piano_removal';
const flow = await loadFlow(join(ROOT, 'workflows'), NAME);
const heard = (text: string): Heard => ({ type: 'speech', text, confidence: 1, alternatives: [] });
const HEARD = [
  { type: 'start' } as const,
  heard('no'),
  heard('an upright piano'),
  heard('421 Maple Street in Salem'),
];

/** What is written down of a call that hears these. */
function historyOf(inputs: readonly Heard[]): readonly HistoryRow[] {
  const steps: EventDetail<'flow.stepped'>[] = [];
  const sink = { append: ({ detail }: { detail: object }) => void steps.push(detail as never) };
  const record = new CallRecord(sink, { callId: 'call', tenantId: 'tenant' }, () => 0);
  const history = new StepHistory({ record, nowMs: () => 0 });
  const begun = { recordingConsent: 'ask', hasPhone: true, hasActs: true } as const;
  history.begun({ workflow: NAME, versions: { [NAME]: flow.version }, ...begun });
  const watched = history.watch(flow);
  let state = flow.initial;
  for (const one of inputs) {
    ({ state } = watched.next(state, one, { todayIso: '2025-01-01' }));
    history.stood(state);
  }
  return rowsOf(steps);
}

const rows = historyOf(HEARD);
const dir = t.testdir();
let files = 0;

/** Keeps that as a file, and replays it. */
async function replayed(history: object | string, ...args: readonly string[]) {
  files += 1;
  const file = join(dir, `${files}.json`);
  writeFileSync(file, typeof history === 'string' ? history : JSON.stringify(history));
  const lines: string[] = [];
  const tell = (line: string) => void lines.push(`${line}\n`);
  const status = await replayCall([file, ...args], { print: tell, warn: tell });
  return { out: lines.join(''), status };
}

const whole = { callId: 'call', endReason: null, steps: rows, next: null };

t.test('all of it, or up to a step', async t => {
  t.match(await replayed(whole), {
    out: /said .*[\s\S]*agrees[\s\S]*\nall 4 steps agree with the record\n$/u,
    status: 0,
  });
  const { out, status } = await replayed(whole, '--step', '3', '--json');
  t.equal(status, 0);
  const { steps, departs } = JSON.parse(out);
  t.equal(steps.length, 3);
  t.equal(departs, null);
  t.match(steps[2], { number: 3, now: { slots: { piano_type: { value: 'upright' } } }, differs: [] });
});

t.test('another document departs where it says something else', async t => {
  const text = readFileSync(join(ROOT, 'workflows', `${NAME}.yaml`), 'utf8');
  const asks = 'What type of piano do you want to move?';
  const edited = join(dir, 'edited.yaml');
  writeFileSync(edited, text.replaceAll(asks, 'Which kind of piano is it?'));
  const { out, status } = await replayed(whole, '--with', edited);
  t.match(out, /OTHER said: .*What type of piano.*Which kind of piano/u);
  t.match(out, /departs from the record at step 2\n$/u);
  t.equal(status, 1);
  writeFileSync(edited, text.replace(/^version: .*$/mu, 'version: 9.0.0'));
  t.match(await replayed(whole, '--with', edited), { out: /all 4 steps agree/u, status: 0 });
});

t.test('a record that is not what the engine comes to', async t => {
  const row = rows[2];
  const entry = row?.entry;
  if (row === undefined || entry?.kind !== 'step') throw new Error('no step');
  const cameOf = { ...entry.cameOf, stage: 'elsewhere', digest: '0'.repeat(24) };
  const forged = { ...whole, steps: rows.with(2, { ...row, entry: { ...entry, cameOf } }) };
  const { out, status } = await replayed(forged);
  t.match(out, /OTHER stage: was "elsewhere", is "[\s\S]*departs from the record at step 2\n$/u);
  t.equal(status, 1);
});

t.test('what is cut short or damaged is told', async t => {
  const text = JSON.stringify(whole);
  const isNone = /^.* is no history as the control plane tells it, or is cut short\n$/u;
  t.match(await replayed(text.slice(0, -100)), { out: isNone, status: 1 });
  t.match(await replayed({ ...whole, next: 200 }), {
    out: /ends after 5 rows, and there are more/u,
    status: 1,
  });
  t.match(await replayed({ ...whole, steps: rows.toSpliced(2, 1) }), {
    out: /step 2 goes on from a state that no step before it led to: some is missing\n$/u,
    status: 1,
  });
  t.match(await replayed({ ...whole, steps: rows.slice(1) }), {
    out: /^the beginning of the history is missing\n$/u,
  });
  const garbled = rows.with(2, { ...rows[2]!, entry: { kind: 'step', from: 7 } as never });
  t.match(await replayed({ ...whole, steps: garbled }), {
    out: /^row 3 of the history is damaged at entry.*\n$/u,
    status: 1,
  });
  t.match(await replayed({ ...whole, endReason: 'completed' }), {
    out: /the call was led to its end, and the history ends before that, after step 4\n$/u,
    status: 1,
  });
});
