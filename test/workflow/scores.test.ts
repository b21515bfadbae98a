import t from 'tap';
import { EMPTY_MEMORY, memorySchema } from '../../src/workflow/engine/memory.ts';
import {
  choiceSlot,
  countSlot,
  ENDS,
  flowFrom,
  slotsOf,
  Talking,
  workflow,
  yesNoSlot,
} from './rich_flows.ts';

const LEADS = workflow(
  'hello',
  `scores:
  lead:
    base: 10
    min: -20
    max: 60
    rules:
      - { when: { slot: trade, in: [roofer, plumber] }, points: 25 }
      - { when: { slot: staff, atLeast: 10 }, points: 40 }
      - { when: { slot: insured, is: false }, points: -50 }`,
  slotsOf(
    choiceSlot('trade', ['roofer', 'plumber', 'baker'], ', given: true'),
    countSlot('staff', 60, ', given: confirmed'),
    yesNoSlot('insured'),
    yesNoSlot('owner'),
    choiceSlot('note', ['hot', 'cold']),
  ),
  `stages:
  hello:
    kind: form
    say: [Robot here.]
    questions:
      - { slots: [trade], prompt: What trade?, help: A trade. }
      - { slots: [staff], prompt: How many people?, help: A number. }
      - { slots: [insured], prompt: Are you insured?, help: Yes or no. }
      - { slots: [owner], prompt: Are you the owner?, help: Yes or no., when: { slot: insured, is: false } }
    confirm: unsure
    readBack: [{ say: "{trade}." }]
    next:
      - { when: { slot: lead, atLeast: 50 }, to: hot }
      - { to: bye }
  hot: { kind: set, set: { note: hot, owner: true, staff: 11 }, next: [{ to: told }] }
  told: { kind: say, say: ["Your score is {lead}."], next: [{ to: done }] }
  done: { kind: end, outcome: "hot_lead" }
${ENDS}`,
);
const flow = flowFrom(LEADS);

t.test('a score counts the points of what holds, and branches look at it', async t => {
  const call = new Talking(flow);
  const last = call.say('roofer', 'twelve', 'yes');
  t.same(last.say, ['Your score is sixty.'], 'no more than its most');
  t.same(call.effects.slice(-2), [
    { type: 'scored', score: 'lead', value: 60 },
    { type: 'outcome', outcome: 'hot_lead' },
  ]);
  t.same(
    [call.value('note'), call.value('owner'), call.value('staff')],
    ['hot', true, 11],
    'set by the workflow',
  );
  t.equal(call.state.slots.note?.confirmed, true);
});

t.test('nor less than its least', async t => {
  const call = new Talking(flow);
  t.equal(call.say('baker', 'three', 'no', 'yes').state.stage, 'bye');
  t.match(call.effects.at(-2), { type: 'scored', value: -20 });
});

t.test('what was given is not asked, unless it can not be', async t => {
  const call = new Talking(flow, {
    given: { trade: 'baker', staff: 12, insured: true, other: 'x', note: 'hot' },
  });
  t.same(call.step.say, ['Robot here.', 'Are you insured?'], 'insured may not be given');
  t.same(call.state.slots, {
    trade: { value: 'baker', confirmed: false },
    staff: { value: 12, confirmed: true },
  });
  t.equal(call.effects.filter(({ type }) => type === 'slotSet').length, 2);
  const odd = new Talking(flow, { given: { trade: 'butcher', staff: 61 } });
  t.same(odd.state.slots, {});
  t.same(odd.step.say, ['Robot here.', 'What trade?']);
});

t.test('what was given is known again when the caller starts over', async t => {
  const call = new Talking(flow, { given: { trade: 'baker' } });
  t.match(call.say('three', 'start over', 'yes').say, [/./, 'How many people?']);
  t.equal(call.value('trade'), 'baker');
});

t.test('what is given by hostile hands is bounded, and never a fault', async t => {
  const given = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, at) => [`x${at}`, at % 2 === 0 ? 'y' : 'y'.repeat(100_000)]),
  );
  const call = new Talking(flow, { given: { ...given, __proto__: 'x', constructor: 'y' } });
  t.ok(JSON.stringify(call.state).length < 4_000);
  t.match(call.step.say, ['Robot here.', 'What trade?']);
});

t.test('a question that no longer holds leaves no answer behind', async t => {
  const call = new Talking(flow);
  call.say('baker', 'three', 'no');
  t.match(call.step.say, ['Are you the owner?']);
  const text = LEADS.replace('confirm: unsure', 'confirm: always');
  const other = new Talking(flowFrom(text));
  other.say('baker', 'three', 'no', 'yes');
  t.equal(other.value('owner'), true);
  other.say('no', 'insured', 'yes');
  t.equal(other.value('insured'), true);
  t.equal(other.value('owner'), undefined);
});

t.test('checkpoints of before are read with what they did not know of', async t => {
  const added = [
    'acts',
    'actsDone',
    'isUndoUnsure',
    'given',
    'topics',
    'objections',
    'missed',
    'confidences',
    'negative',
    'escalated',
  ];
  const old = Object.fromEntries(Object.entries(EMPTY_MEMORY).filter(([key]) => !added.includes(key)));
  t.equal(Object.keys(old).length, Object.keys(EMPTY_MEMORY).length - added.length);
  t.same(memorySchema.parse(old), EMPTY_MEMORY);
  const { state } = new Talking(flow);
  const asked = Object.fromEntries(Object.entries(state.memory).filter(([key]) => !added.includes(key)));
  const step = flow.next(
    { ...state, memory: asked },
    { type: 'speech', text: 'baker', confidence: 1, alternatives: [] },
    { todayIso: '2026-11-21' },
  );
  t.same(step.say, ['How many people?']);
});

t.test('what is wrong with scores and what is set is told with its place', async t => {
  for (const [from, to, what] of [
    ['slot: trade, in', 'slot: lead, in', /scores\.lead\.rules\.0\.when: there is no slot lead/],
    ['min: -20', 'min: 90', /scores\.lead: min must not be above max/],
    ['  lead:\n', '  trade:\n', /scores\.trade: is a slot as well/],
    ['note: hot', 'note: warm', /hot\.set\.note: is no value of note/],
    ['owner: true', 'owner: 1', /hot\.set\.owner: is no value of owner/],
    ['staff: 11', 'stuff: 11', /hot\.set\.stuff: there is no slot stuff/],
    ['"Your score is {lead}."', '"Your score is {leads}."', /there is no slot leads/],
    ['slot: lead, atLeast', 'slot: leads, atLeast', /hello\.next\.0\.when: there is no slot leads/],
  ] as const)
    t.throws(
      () => flowFrom(LEADS.replace(from, to)),
      { code: 'WORKFLOW_INVALID', detail: what },
      String(what),
    );
});
