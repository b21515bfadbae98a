import t from 'tap';
import { callFlow } from '../../src/workflow/call_flow.ts';
import { handOffFaults } from '../../src/workflow/check/hand_offs.ts';
import { parseWorkflow } from '../../src/workflow/document.ts';
import { flowsOf } from './desk_flows.ts';
import { choiceSlot, countSlot, ENDS, slotsOf, Talking, workflow } from './rich_flows.ts';

const TOPICS = `topics:
  price: { kind: objection, phrases: [too expensive], answers: [First answer., Second answer.] }
escalation: [{ objections: 2, to: later }]`;
const NUMBER =
  'points: { kind: number, part: points, max: 100, repair: [{ by: again, prompt: How many points? }] }';

const FRONT = workflow(
  'hello',
  `scores: { lead: { base: 7, rules: [{ when: { slot: trade, is: roofer }, points: 30 }] } }`,
  TOPICS,
  slotsOf(choiceSlot('trade', ['roofer', 'plumber'])),
  `stages:
  hello:
    kind: form
    say: [Front robot here.]
    questions: [{ slots: [trade], prompt: What trade?, help: A trade. }]
    confirm: unsure
    readBack: [{ say: "{trade}." }]
    next: [{ to: pass_on }]
  pass_on: { kind: hand_off, to: rear, slots: { points: lead, trade: trade } }
${ENDS}`,
).replace('name: rich', 'name: front');
const REAR = workflow(
  'ask',
  'takeOver: { start: ask }',
  TOPICS,
  slotsOf(
    choiceSlot('trade', ['roofer', 'plumber']),
    NUMBER,
    countSlot('staff', 60, ', given: true'),
    countSlot('years'),
  ),
  `stages:
  ask:
    kind: form
    questions:
      - { slots: [points], prompt: How many points?, help: A number. }
      - { slots: [staff], prompt: How many people?, help: A number. }
      - { slots: [years], prompt: How many years?, help: A number. }
    confirm: unsure
    readBack: [{ say: "{points}." }]
    next: [{ to: bye }]
${ENDS}`,
).replace('name: rich', 'name: rear');

t.test('scores, topics and what was given go on with the call', async t => {
  const flow = callFlow(flowsOf([FRONT, REAR]), 'front', { onFault: error => t.fail(String(error)) });
  const call = new Talking(flow, { given: { staff: 8, years: 3 } });
  call.say('too expensive', 'roofer');
  t.equal(call.state.workflow, 'rear');
  t.same(call.step.say, ['How many years?'], 'which may not be given');
  t.same([call.value('points'), call.value('staff'), call.value('trade')], [37, 8, 'roofer']);
  t.match(call.effects, [
    { type: 'topic', count: 1 },
    { type: 'slotSet', slot: 'trade' },
    { type: 'scored', score: 'lead', value: 37 },
    { type: 'handedOver' },
    { type: 'slotSet', slot: 'points', value: 37 },
    { type: 'slotSet', slot: 'staff', value: 8 },
  ]);
  t.same(
    call.say('too expensive').say,
    ['Second answer.', 'How many years?'],
    'and no escalation of the front desk’s',
  );
});

t.test('a score can only go to a number', async t => {
  const faults = (rear: string) =>
    handOffFaults(
      new Map([FRONT, rear].map(text => [/name: (\w+)/.exec(text)![1]!, parseWorkflow(text, 'f.yaml')])),
    );
  t.same(faults(REAR), []);
  const count = REAR.replace(NUMBER, countSlot('points'));
  t.match(faults(count), [/slots\.points: points of rear is of kind count, and can't take a score/]);
});

t.test('what nobody is asked for needs no repair, and what is asked for does', async t => {
  const bare = slotsOf(
    'plan: { kind: choice, part: plan, values: { a: { say: a, phrases: [a] }, b: { say: b, phrases: [b] } }, given: true }',
  );
  const text = workflow(
    'told',
    bare,
    `stages:\n  told: { kind: say, say: ["Plan {plan}."], next: [{ to: bye }] }\n${ENDS}`,
  );
  const call = new Talking(flowsOf([text]).get('rich')!, { given: { plan: 'b' } });
  t.same(call.step.say, ['Plan b.', 'Goodbye.']);
  t.throws(() => flowsOf([FRONT.replace(', repair: [{ by: again, prompt: "Which trade?" }]', '')]), {
    code: 'WORKFLOW_INVALID',
    detail: /questions\.0: trade needs a repair, since it is asked for/,
  });
});
