import t from 'tap';
import { callFlow } from '../../src/workflow/call_flow.ts';
import { flowOf } from '../../src/workflow/load.ts';
import type { Flow, FlowState, FlowStep, PersonBecame } from '../../src/workflow/types.ts';
import { PLACES } from '../bench/small_flow.ts';
import { flowsOf, RECEPTION } from './desk_flows.ts';

const NOW = { todayIso: '2026-11-21' };
const flow = flowsOf([RECEPTION]).get('reception')!;

function say(state: FlowState, text: string, by: Flow = flow): FlowStep {
  return by.next(state, { type: 'speech', text, confidence: 1, alternatives: [] }, NOW);
}

function became(state: FlowState, what: PersonBecame, by: Flow = flow): FlowStep {
  return by.next(state, { type: 'person', became: what }, NOW);
}

function wanted(by: Flow = flow): FlowStep {
  const { state } = by.next(by.initial, { type: 'start' }, NOW);
  return say(say(state, 'a big one', by).state, 'second floor', by);
}

t.test('a person is wanted once the form is filled, and told what is known', async t => {
  const step = wanted();
  t.same(step.say, ['I put you through.']);
  t.same(step.person, { person: 'sales', ringMs: 20_000, whisper: ['A caller has a big one.'] });
  t.equal(step.interruptible, false);
  t.equal(step.state.done, false);
});

t.test('whoever asks for a person is put through, whatever the form lacks', async t => {
  const { state } = flow.next(flow.initial, { type: 'start' }, NOW);
  t.match(say(state, 'i want to speak to a person').person, { person: 'sales', whisper: [] });
});

t.test('meanwhile nothing else is heard, and nobody is called twice', async t => {
  const { state } = wanted();
  for (const step of [
    say(state, 'goodbye'),
    flow.next(state, { type: 'silence' }, NOW),
    flow.next(state, { type: 'keys', digits: '1' }, NOW),
  ]) {
    t.same([step.say, step.person, step.effects], [[], undefined, []]);
    t.same(step.state, { ...state, memory: { ...state.memory, said: step.state.memory.said } });
  }
});

t.test('both speak with each other, and the call goes on after that', async t => {
  const joined = became(wanted().state, 'joined');
  t.same(joined.say, []);
  t.same(joined.effects, [{ type: 'outcome', outcome: 'transferred' }]);
  const left = became(joined.state, 'left');
  t.same(left.say, ['They have hung up.']);
  t.equal(left.state.stage, 'anything');

  const ending = flowOf(
    RECEPTION.replace('    after: anything\n', '').replace(/ {2}anything:.*\n/, ''),
    'reception.yaml',
    PLACES,
  );
  const last = became(became(wanted(ending).state, 'joined', ending).state, 'left', ending);
  t.same([last.say, last.state.done], [[], true], 'or ends');
});

t.test('a person whose own side takes the caller over ends the call, whatever would follow', async t => {
  const taken = became(wanted().state, 'taken');
  t.same([taken.say, taken.state.done], [[], true]);
  t.same(taken.effects, [{ type: 'outcome', outcome: 'transferred' }]);
  const joined = became(became(wanted().state, 'joined').state, 'taken');
  t.same([joined.effects, joined.state.done], [[], true], 'once');
});

t.test('who does not answer leaves the caller to the workflow', async t => {
  for (const what of ['busy', 'declined', 'noAnswer', 'failed', 'left'] as const) {
    const step = became(wanted().state, what);
    t.same([step.state.stage, step.say, step.person], ['later', ['Somebody will call you back.'], undefined]);
  }
  const late = became(became(wanted().state, 'busy').state, 'joined');
  t.same([late.say, late.effects], [[], []], 'what comes too late changes nothing');
});

t.test('a call that goes on after a gap has lost the person', async t => {
  const { state } = wanted();
  t.equal(flow.next(state, { type: 'start' }, NOW).state.stage, 'later');
  const joined = became(state, 'joined').state;
  t.equal(flow.next(joined, { type: 'start' }, NOW).state.stage, 'anything');
});

t.test('in a chat nobody can be put through', async t => {
  const chat = callFlow(flowsOf([RECEPTION]), 'reception', { hasPhone: false, onFault: () => undefined });
  const step = wanted(chat);
  t.same(step.say, ['I put you through.', 'Somebody will call you back.']);
  t.same([step.person, step.state.stage], [undefined, 'later']);
});

t.test('what is wrong with a person is told with its place', async t => {
  for (const [from, to, what] of [
    ['otherwise: later', 'otherwise: latter', /put_through\.otherwise: there is no stage latter/],
    ['after: anything', 'after: hello', /leads back to itself/],
    ['"It is in {town}."', '"It is in {city}."', /whisper\.1: there is no slot city/],
    ['ringSeconds: 20', 'ringSeconds: 90', /put_through\.ringSeconds/],
  ] as const)
    t.throws(() => flowOf(RECEPTION.replace(from, to), 'reception.yaml', PLACES), {
      code: 'WORKFLOW_INVALID',
      detail: what,
    });
});
