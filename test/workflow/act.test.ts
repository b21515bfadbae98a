import t from 'tap';
import { callFlow } from '../../src/workflow/call_flow.ts';
import type { ActOutcome, Flow, FlowState, FlowStep } from '../../src/workflow/types.ts';
import { VISITS, visits } from './act_flows.ts';

const NOW = { todayIso: '2026-11-21' };
const flow = visits();

function say(state: FlowState, text: string, by: Flow = flow): FlowStep {
  return by.next(state, { type: 'speech', text, confidence: 1, alternatives: [] }, NOW);
}

function acted(
  step: FlowStep,
  outcome: ActOutcome,
  saves: Record<string, unknown> = {},
  by: Flow = flow,
): FlowStep {
  return by.next(step.state, { type: 'acted', id: step.act!.id, outcome, saves }, NOW);
}

function wanted(by: Flow = flow): FlowStep {
  const { state } = by.next(by.initial, { type: 'start' }, NOW);
  return say(say(state, 'a big one', by).state, 'three rooms', by);
}

/** Up to the last of the three tools. */
function atLast(by: Flow = flow): FlowStep {
  return acted(acted(wanted(by), 'done', { visit: 42 }, by), 'done', {}, by);
}

t.test('a tool is wanted with the values of the slots, each in its type', async t => {
  const step = wanted();
  t.same(step.say, ['I book it.']);
  t.same(step.act, {
    id: 'visits.book.1',
    tool: 'reserve',
    args: { what: 'big', many: 3 },
    filler: 'Still at it.',
  });
  t.equal(step.state.done, false);
  t.same(step.state.memory.pending, {
    ask: 'act',
    id: 'visits.book.1',
    tool: 'reserve',
    args: { what: 'big', many: 3 },
    isUndoing: false,
  });
});

t.test('one step follows the other, with what the one before left in the slots', async t => {
  const second = acted(wanted(), 'done', { visit: 42, size: 'small', other: 1 });
  t.same(second.effects, [
    { type: 'acted', tool: 'reserve', outcome: 'done' },
    { type: 'slotSet', slot: 'visit', value: 42, confirmed: false, sensitive: false },
  ]);
  t.same([second.act?.id, second.act?.tool], ['visits.book.2', 'note_down']);
  t.same(second.act?.args, { text: 'a big piano, 3', kind: 'visit' });
  const third = acted(second, 'done');
  t.same([third.act?.tool, third.act?.args], ['tell', { urgent: false }]);
  const last = acted(third, 'done');
  t.same([last.act, last.say, last.state.done], [undefined, ['Booked.'], true]);
});

t.test('what a slot does not take is not saved', async t => {
  const second = acted(wanted(), 'done', { visit: 'forty two' });
  t.equal(second.state.slots.visit, undefined);
});

t.test('after a failure all that was done is undone, the last one first', async t => {
  const first = acted(atLast(), 'failed');
  t.same([first.act?.tool, first.act?.args], ['strike_out', { text_before: 'a big piano, 3' }]);
  t.same(first.say, []);
  const second = acted(first, 'done');
  t.same([second.act?.tool, second.act?.args], ['release', { visit_id: 42, size_before: 'big' }]);
  t.equal(new Set([first.act?.id, second.act?.id]).size, 2);
  const last = acted(second, 'done');
  t.same([last.say, last.state.stage], [['It could not be booked.'], 'not_booked']);
});

t.test('what nobody knows of is undone as well, where the workflow has no words for it', async t => {
  const text = VISITS.replace('note_down, args', 'note_down, args')
    .replace('    failed: not_booked', '    failed: not_booked\n    unknown: unsure')
    .replace('stages:', 'stages:\n  unsure: { kind: end, outcome: unsure, say: [Who knows.] }');
  const known = visits(text);
  const kept = acted(atLast(known), 'unknown', {}, known);
  t.same([kept.act, kept.state.stage], [undefined, 'unsure'], 'with words for it all stays as it is');

  const second = acted(wanted(), 'done', { visit: 42 });
  const undone = acted(second, 'unknown');
  t.equal(undone.act?.tool, 'strike_out', 'itself first');
  t.equal(acted(undone, 'done').act?.tool, 'release');
});

t.test('what could not be undone is unknown', async t => {
  const text = VISITS.replace(
    '    failed: not_booked',
    '    failed: not_booked\n    unknown: unsure',
  ).replace('stages:', 'stages:\n  unsure: { kind: end, outcome: unsure, say: [Who knows.] }');
  const known = visits(text);
  const first = acted(atLast(known), 'failed', {}, known);
  const second = acted(first, 'failed', {}, known);
  t.equal(second.act?.tool, 'release', 'the others are undone all the same');
  t.equal(acted(second, 'done', {}, known).state.stage, 'unsure');
});

t.test('what its tool would refuse is not sent', async t => {
  const tight = visits(VISITS.replace('many: { type: integer }', 'many: { type: integer, maximum: 2 }'));
  const step = wanted(tight);
  t.same([step.act, step.state.stage], [undefined, 'not_booked']);
});

t.test('who speaks meanwhile is told to wait, and nothing is done twice', async t => {
  const step = wanted();
  for (const heard of [
    say(step.state, 'hello are you there'),
    flow.next(step.state, { type: 'silence' }, NOW),
    flow.next(step.state, { type: 'start' }, NOW),
  ]) {
    t.same([heard.say, heard.act], [['Still at it.'], step.act]);
    t.same(heard.state.memory.pending, step.state.memory.pending);
  }
  const other = flow.next(
    step.state,
    { type: 'acted', id: 'visits.book.7', outcome: 'done', saves: {} },
    NOW,
  );
  t.same(
    [other.say, other.act, other.effects],
    [[], step.act, []],
    'what came of another act is none of this one',
  );
  const late = flow.next(
    acted(atLast(), 'done').state,
    { type: 'acted', id: 'visits.book.3', outcome: 'failed', saves: {} },
    NOW,
  );
  t.same([late.say, late.effects], [[], []], 'nor does what comes too late');
});

t.test('what matters more than waiting is heard', async t => {
  const step = wanted();
  t.match(say(step.state, 'there is a fire help').say, [/nine one one/]);
  const off = say(step.state, 'take me off your list');
  t.match(off.effects, [{ type: 'intent', intent: 'optOut' }]);
  t.same(off.act, step.act, 'the tool is used all the same');
  const rest = acted(acted(acted(off, 'done', { visit: 1 }), 'done'), 'done');
  t.same([rest.state.stage, rest.state.done], ['bye', true], 'and then nothing more is said of it');
  const person = acted(say(step.state, 'i want to speak to a person'), 'failed');
  t.equal(person.state.stage, 'later');
});

t.test('a wish for a person, or for no more calls, is written down by a tool, once', async t => {
  const text = VISITS.replace('person: later', 'person: wish, optOut: wish').replace(
    'stages:',
    'stages:\n  wish: { kind: act, tool: tell, args: { urgent: true }, next: [{ to: later }], failed: bye }',
  );
  const wishes = visits(text);
  const { state } = wishes.next(wishes.initial, { type: 'start' }, NOW);
  for (const words of ['I want to speak with a person', 'stop calling me']) {
    const step = say(state, words, wishes);
    t.same([step.act?.tool, step.act?.args], ['tell', { urgent: true }]);
    const twice = say(step.state, 'let me talk to a real person please', wishes);
    const after = acted(twice, 'done', {}, wishes);
    t.same([after.act, after.state.stage], [undefined, 'later']);
    t.equal(acted(step, 'failed', {}, wishes).state.stage, 'bye');
  }
  t.throws(
    () => visits(VISITS.replace('goodbye: bye', 'goodbye: book')),
    { code: 'WORKFLOW_INVALID', detail: /exits\.goodbye: book must be a stage of kind end/ },
    'other exits end the call',
  );
});

t.test('where nobody uses tools, all of them fail', async t => {
  const flows = new Map([['visits', flow]]);
  const chat = callFlow(flows, 'visits', { hasActs: false, onFault: () => undefined });
  const step = wanted(chat);
  t.same(
    [step.say, step.act, step.state.stage],
    [['I book it.', 'It could not be booked.'], undefined, 'not_booked'],
  );
  t.equal(wanted(callFlow(flows, 'visits', { onFault: () => undefined })).act?.tool, 'reserve');
});

t.test('what is wrong with an act is told with its place', async t => {
  for (const [from, to, what] of [
    ['tool: tell, args: { urgent: false }', 'tool: tall', /book\.steps\.2\.tool: there is no tool tall/],
    ['{ urgent: false }', '{ urgent: 1 }', /book\.steps\.2\.args\.urgent: is not what urgent of tell takes/],
    ['{ urgent: false }', '{}', /book\.steps\.2\.args: tell needs urgent/],
    ['{ urgent: false }', '{ urgent: true, loud: true }', /args\.loud: tell has no parameter loud/],
    ['"{rooms}", note', '"{room}", note', /book\.steps\.0\.args\.many: there is no slot room/],
    ['failed: not_booked', 'failed: not_there', /book\.failed: there is no stage not_there/],
    ['failed: not_booked', 'failed: hello', /leads back to itself/],
    ['filler: Still at it.', 'filler: "Still at {it}."', /book\.filler\.0: there is no slot it/],
    ['"{text}" } }', '"{rooms_before}" } }', /compensate\.args\.text_before: there is no slot rooms_before/],
    ['tool: strike_out', 'tool: strike', /compensate\.tool: there is no tool strike/],
    [
      '    filler: Still at it.',
      '    filler: Still at it.\n    tool: tell',
      /either tool with its args, or steps/,
    ],
  ] as const)
    t.throws(
      () => visits(VISITS.replace(from, to)),
      { code: 'WORKFLOW_INVALID', detail: what },
      String(what),
    );
});
