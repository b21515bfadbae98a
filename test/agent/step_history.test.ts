import { fileURLToPath } from 'node:url';
import t from 'tap';
import { CallRecord } from '../../src/agent/call_record.ts';
import type { Reply } from '../../src/agent/reply.ts';
import { StepHistory } from '../../src/agent/step_history.ts';
import { LIMITS } from '../../src/config/limits.ts';
import type { CallEvent, EventDetail } from '../../src/store/events.ts';
import { loadFlow } from '../../src/workflow/load.ts';
import { pinGate } from '../../src/workflow/pin_gate.ts';
import { historyIn } from '../../src/workflow/replay/recalled.ts';
import { HistoryFault } from '../../src/workflow/replay/replay.ts';
import type { Flow, FlowState, Heard } from '../../src/workflow/types.ts';
import { MASK } from '../../src/workflow/understand/intents/mask_card.ts';
import { differsIn, replayAll, rowsOf } from '../workflow/replaying.ts';
import { CallRig } from './call_rig.ts';
import { ScriptedStt, understood } from './fakes.ts';
import { talkFlow } from './talk_flow.ts';

const piano = await loadFlow(fileURLToPath(new URL('../../workflows', import.meta.url)), 'piano_removal');
const TODAY = { todayIso: '2025-01-01' };
const DIGITS = 'four one one one one one one one one one one one one one one one';

function stepsIn(events: readonly CallEvent[]): readonly EventDetail<'flow.stepped'>[] {
  return events.flatMap(({ type, detail }) => (type === 'flow.stepped' ? [detail] : []));
}

/** Numbers of the caller's turns. */
function callerTurns(events: readonly CallEvent[]): readonly number[] {
  return events.flatMap(({ type, detail }) => (type === 'turn.caller' ? [detail.turn] : []));
}

/** A call that hears these, one turn after the other. */
async function rigThatHears(
  finals: readonly string[],
  more: Partial<ConstructorParameters<typeof CallRig>[0]>,
) {
  const stt = new ScriptedStt();
  stt.finals = finals.map(text => understood(text));
  const rig = await new CallRig({ flow: piano, stt, ...more }).answer();
  await rig.pass(12_000);
  for (const _ of finals) {
    await rig.speak(600);
    await rig.pass(9000);
  }
  return rig;
}

t.test(
  'a call is led by the same inputs to the same states, also where another process goes on with it',
  async t => {
    const events: CallEvent[] = [];
    const first = await rigThatHears(['no', 'an upright piano'], { events, lineKind: 'trunk' });
    const last = first.sent.findLast(message => message.type === 'checkpoint');
    const checkpoint = last?.type === 'checkpoint' ? last.checkpoint : '';
    await rigThatHears(['421 Maple Street in Salem Massachusetts', 'yes'], {
      events,
      lineKind: 'trunk',
      resume: { times: 1, checkpoint },
    });
    const rows = rowsOf(stepsIn(events));
    const steps = replayAll(rows, piano);
    t.same(differsIn(steps), []);
    t.equal(steps.length, rows.length - 1);
    t.match(
      steps
        .flatMap(({ inputs }) => inputs.map(input => input.op === 'heard' && input.heard))
        .filter(heard => heard !== false && heard.type !== 'silence'),
      [
        { type: 'start' },
        { text: 'no', confidence: 0.9 },
        { text: 'an upright piano' },
        { type: 'start' },
        { text: /^421 Maple/u },
        { text: 'yes' },
      ],
    );
    t.match(steps.at(-1)?.after.slots, {
      piano_type: { value: 'upright' },
      origin_number: { value: 421, confirmed: true },
    });
    t.equal(rows.at(-1)?.turn, callerTurns(events).at(-1));
  },
);

t.test('digits behind the word that a card comes are in no history', async t => {
  const rig = await rigThatHears(
    ['no', 'let me give you my card number', 'one two three four', DIGITS, 'an upright piano'],
    {},
  );
  const rows = rowsOf(stepsIn(rig.events));
  t.match(JSON.stringify(rows), MASK);
  t.notMatch(JSON.stringify(rows), /one two three|one one/u);
  t.same(differsIn(replayAll(rows, piano)), []);
});

/** A workflow led by hand, with what is written down of it. */
class Led {
  readonly events: CallEvent[] = [];
  readonly history: StepHistory;
  readonly flow: Flow;
  state: FlowState;

  constructor(flow: Flow, around: (watched: Flow) => Flow = watched => watched) {
    const sink = { append: (event: CallEvent) => void this.events.push(event) };
    const record = new CallRecord(sink, { callId: 'call', tenantId: 'tenant' }, () => 0);
    this.history = new StepHistory({ record, nowMs: () => 0 });
    const { name, version } = flow;
    this.history.begun({
      workflow: name,
      versions: { [name]: version },
      recordingConsent: 'ask',
      hasPhone: true,
      hasActs: true,
    });
    this.flow = around(this.history.watch(flow));
    this.state = this.flow.initial;
  }

  hear(heard: Heard): void {
    this.stand(this.flow.next(this.state, heard, TODAY).state);
  }

  stand(state: FlowState, reply?: Reply): void {
    this.state = state;
    this.history.stood(state, reply);
  }

  /** Said in a talk with a model, and written down like this. */
  say(text: string, written: string): void {
    const { state } = this;
    const history = this.flow.talk?.(state) ?? historyIn(state);
    const after = this.flow.keepTurn?.(state, history, { by: 'caller', text });
    const answered = { recognition: understood(text), turn: { written } } as unknown as Reply['answered'];
    this.stand(after ?? state, { stands: true, ...(answered && { answered }) });
  }

  get rows() {
    return rowsOf(stepsIn(this.events));
  }
}

t.test('where a model remembers the digits of a card, the history goes on without them', t => {
  const flow = talkFlow();
  const led = new Led(flow);
  led.hear({ type: 'start' });
  led.say('my card is', 'my card is');
  led.say('one two three four', MASK);
  led.say('what do you move', 'what do you move');
  led.stand(led.flow.leaveTalk?.(led.state, undefined, TODAY).state ?? led.state);
  t.match(JSON.stringify(led.state.memory), /one two three four/u);
  const { rows } = led;
  t.notMatch(JSON.stringify(rows), /one two/u);
  const steps = replayAll(rows, flow);
  t.same(differsIn(steps), []);
  t.equal(steps.length, 5);
  t.end();
});

t.test('a PIN is in no history', t => {
  const led = new Led(piano, watched => pinGate(watched, '73914'));
  led.hear({ type: 'start' });
  led.hear({ type: 'keys', digits: '11111' });
  led.hear({ type: 'keys', digits: '73914' });
  led.hear({ type: 'keys', digits: '2' });
  const { rows } = led;
  t.notMatch(JSON.stringify(rows), /73914|11111/u);
  t.equal(rows.length, 3, 'what is behind the PIN alone');
  t.same(differsIn(replayAll(rows, piano)), []);
  t.end();
});

t.test('guesses leave nothing behind, nor does what is asked of the flow beside', t => {
  const led = new Led(piano);
  led.hear({ type: 'start' });
  const { state } = led;
  for (let guess = 0; guess < 10; guess += 1) led.flow.next(state, { type: 'silence' }, TODAY);
  led.history.stood(state);
  led.history.stood(state);
  t.equal(led.events.length, 2);
  t.end();
});

t.test('a call of too many steps says so, and what is too long is left out', t => {
  const led = new Led(piano);
  led.hear({ type: 'start' });
  const noise = Array.from({ length: LIMITS.historyPartBytes }, (_, at) =>
    ((at * 7919) % 65521).toString(36),
  );
  led.hear({ type: 'speech', text: noise.join(' '), confidence: 1, alternatives: [] });
  t.throws(
    () => replayAll(led.rows, piano),
    new HistoryFault('step 2: what led to it was too long to be kept'),
  );
  for (const { type, detail } of led.events)
    if (type === 'flow.stepped') t.ok(detail.part.length <= 4 * Math.ceil(LIMITS.historyPartBytes / 3));

  const long = new Led(piano);
  for (let step = 0; step < LIMITS.historySteps + 20; step += 1) {
    long.state = long.flow.initial;
    long.hear({ type: 'start' });
  }
  t.equal(long.events.length, LIMITS.historySteps + 2);
  t.match(rowsOf(stepsIn(long.events.slice(-1))), [{ entry: { kind: 'full' } }]);
  t.end();
});

t.test('what is missing or damaged is told by its place', t => {
  const led = new Led(piano);
  led.hear({ type: 'start' });
  for (let turn = 0; turn < 3; turn += 1) led.hear({ type: 'silence' });
  const { rows } = led;
  t.same(differsIn(replayAll(rows, piano)), []);
  const missing = 'step 2 goes on from a state that no step before it led to: some is missing';
  t.throws(() => replayAll(rows.toSpliced(2, 1), piano), new HistoryFault(missing));
  const damaged = rows.with(3, { ...rows[3]!, entry: null });
  t.throws(() => replayAll(damaged, piano), new HistoryFault('step 3 is damaged'));
  t.end();
});

t.test('another engine departs at the step where it comes to something else', t => {
  const led = new Led(piano);
  led.hear({ type: 'start' });
  led.hear({ type: 'speech', text: 'no', confidence: 1, alternatives: [] });
  led.hear({ type: 'silence' });
  const changed: Flow = {
    ...piano,
    next: (state, heard, context) => {
      const step = piano.next(state, heard, context);
      return heard.type === 'silence'
        ? { ...step, state: { ...step.state, memory: { ...step.state.memory, x: 1 } } }
        : step;
    },
  };
  t.match(differsIn(replayAll(led.rows, changed)), [/^3: what the engine keeps for itself/u]);
  const words: Flow = {
    ...piano,
    next: (state, heard, context) => ({
      ...piano.next(state, heard, context),
      ...(heard.type === 'speech' && { say: ['Hm.'] }),
    }),
  };
  t.match(differsIn(replayAll(led.rows, words)), [/^2: said: was \[".*is \["Hm\."\]$/u]);
  t.end();
});
