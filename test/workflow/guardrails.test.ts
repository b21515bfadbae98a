import t from 'tap';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import type { LoadedFlow } from '../../src/workflow/load.ts';
import type { FlowState, FlowStep } from '../../src/workflow/types.ts';
import { ScriptedLlm } from '../agent/scripted_llm.ts';
import { conversation, insurer, speech, TODAY } from './insurance_flow.ts';

const MUST = 'This is not an offer of insurance.';
const INSTEAD = 'I can not promise that.';
const NO_PRICE = 'I can only name prices from our list.';

/** The insurer with guardrails, and another change. */
function guarded(guardrails: string, change: (yaml: string) => string = yaml => yaml): LoadedFlow {
  return insurer(yaml => change(yaml.replace('slots:\n', `guardrails:\n${guardrails}slots:\n`)));
}

function mustSay(where: string, text = MUST): string {
  return `  mustSay:\n    - { text: "${text}", ${where} }\n`;
}

const NEVER = `  neverSay:
    - { phrases: [guaranteed approval, "you're covered"], instead: ${INSTEAD} }
    - { prices: true, instead: ${NO_PRICE} }
`;

function talking(flow: LoadedFlow): FlowState {
  return conversation(flow, ['new york']).at(-1)!.state;
}

/** How often a sentence is said in the steps of a call. */
function times(steps: readonly FlowStep[], sentence: string): number {
  return steps.flatMap(({ say }) => say).filter(said => said === sentence).length;
}

function faultOf(make: () => unknown): string {
  try {
    make();
    return 'taken';
  } catch (error) {
    return (error as { detail?: string }).detail ?? String(error);
  }
}

t.test('what must be said before a stage is said before it, and once', async t => {
  const flow = guarded(mustSay('before: bye'));
  const steps = conversation(flow, ['new york', 'a plan please', 'dental']);
  t.same(steps.at(-1)?.say, [MUST, 'Goodbye.']);
  t.equal(steps.at(-1)?.interruptible, false, 'and is heard to its end');
  const own = guarded(mustSay('before: bye'), yaml =>
    yaml.replace('say: [How can I help you?]', `say: ["${MUST} How can I help you?"]`),
  );
  t.equal(
    times(conversation(own, ['new york', 'a plan please', 'dental']), MUST),
    0,
    'the workflow said it itself',
  );
});

t.test('what must be said in a stage is said before it is left', async t => {
  const flow = guarded(mustSay('in: desk'));
  const [, , left] = conversation(flow, ['new york', 'a plan please']);
  t.same(left?.say, [MUST, 'Which plan?'], 'no model has said it');
  const { state } = conversation(flow, ['new york']).at(-1)!;
  const wayOut = flow.leaveTalk!(state, 'end', TODAY);
  t.same(wayOut.say, [MUST, 'Goodbye.'], 'nor one that chose its way');
  const said = {
    ...state,
    memory: { ...state.memory, talk: [{ by: 'agent', text: 'well, this is not an offer of insurance' }] },
  };
  t.same(flow.leaveTalk!(said, 'end', TODAY).say, ['Goodbye.'], 'a model has said it');
  const half = {
    ...state,
    memory: { ...state.memory, talk: [{ by: 'agent', text: 'This is not an offer' }] },
  };
  t.equal(flow.leaveTalk!(half, 'end', TODAY).say[0], MUST, 'one that was interrupted has not');
  const form = guarded(mustSay('in: state'));
  t.equal(conversation(form, ['new york'])[1]?.say[0], MUST, 'in a form');
  const end = guarded(mustSay('in: bye'));
  t.same(end.leaveTalk!(talking(end), 'end', TODAY).say, ['Goodbye.', MUST], 'in an end');
});

t.test('who takes leave or wants no more calls is not held up; who wants a person is', async t => {
  const flow = guarded(mustSay('in: desk'));
  t.notOk(conversation(flow, ['new york', 'take me off your list']).at(-1)?.say.includes(MUST));
  t.equal(times(conversation(flow, ['new york', 'let me talk to a person']), MUST), 1);
});

t.test('what must be said by the law of a state', async t => {
  const flow = guarded(mustSay('in: desk, when: { slot: state, is: ca }', '{notice}.'), yaml =>
    yaml.replace('say: ["{notice}."]', 'say: []'),
  );
  const leave = (words: readonly string[]) => conversation(flow, words).at(-1)!.say[0];
  t.equal(
    leave(['california', 'yes', 'plan']),
    'This call is recorded, which the law of California has me tell you.',
  );
  t.equal(leave(['new york', 'plan']), 'Which plan?');
});

t.test('what a model must never say is replaced', async t => {
  const flow = guarded(NEVER);
  const state = talking(flow);
  const spoken = (sentence: string, before = '') => flow.guard!(state, sentence, before);
  for (const sentence of ['How can I help you?', 'Approval is never guaranteed.', 'You are in New York.'])
    t.same(spoken(sentence), [sentence], sentence);
  for (const sentence of [
    'We offer guaranteed approval.',
    'GUARANTEED  APPROVAL!',
    'It is guaranteed, approval and all.',
    'It is guaranteed-approval.',
    'guáranteed\u200b approval',
    'You’re covered.',
  ])
    t.same(spoken(sentence), [INSTEAD], sentence);
  t.same(spoken('approval for all.', 'We have guaranteed'), [INSTEAD], 'in two pieces');
  t.same(spoken('And more.', 'We have guaranteed approval.'), ['And more.'], 'what was said before is over');
  t.same(spoken('Guaranteed approval.', INSTEAD), [], 'once in an answer');
});

t.test('prices that a model makes up', async t => {
  const flow = guarded(NEVER, yaml =>
    yaml.replace('Sell plans.', 'The dental plan is $45 a month. Vision has 5% off.'),
  );
  const state = talking(flow);
  const spoken = (sentence: string, at = state) => flow.guard!(at, sentence, '')[0];
  for (const sentence of [
    'It is $39.99 a month.',
    'It costs thirty nine dollars.',
    'That makes forty five dollars and ten cents.',
    'The premium is about 40.',
    'Only 40 a month.',
    'You get ten percent off.',
    'I can give you a discount of 10 %.',
    'You can have it for free.',
    'There is no charge.',
    'It is USD 20.',
    'It is 20 euros.',
  ])
    t.equal(spoken(sentence), NO_PRICE, sentence);
  for (const sentence of [
    'The dental plan is forty five dollars a month.',
    'It is $45.',
    'It is 45 dollars.',
    'With vision you save 5 percent.',
    'I am a hundred percent sure.',
    'We have 3 plans, feel free to ask.',
    'There are 24 hours a day.',
    'Call us at nine.',
  ])
    t.equal(spoken(sentence), sentence, sentence);
  const told = {
    ...state,
    memory: {
      ...state.memory,
      talk: [
        {
          by: 'tool',
          id: 'a',
          tool: 'x',
          argumentsJson: '{}',
          text: '{"premiumCents":3950,"fee":12.5,"off":10}',
        },
      ],
    },
  };
  for (const sentence of [
    'It is $39.50.',
    'The fee is twelve dollars and fifty cents.',
    'That is 10 percent off.',
  ])
    t.equal(spoken(sentence, told), sentence, `${sentence} (a tool has answered it)`);
  t.equal(spoken('It is $3950.', told), NO_PRICE, 'cents are no dollars');
  const claimed = {
    ...state,
    memory: { ...state.memory, talk: [{ by: 'caller', text: 'so it is 20 dollars' }] },
  };
  t.equal(spoken('Yes, 20 dollars.', claimed), NO_PRICE, 'a caller makes no prices');
});

t.test('rules for some stages, and where something holds', async t => {
  const rule = (where: string) =>
    guarded(`  neverSay:\n    - { phrases: [cheap], ${where}, instead: ${INSTEAD} }\n`);
  const spoken = (flow: LoadedFlow) => flow.guard!(talking(flow), 'It is cheap.', '')[0];
  t.equal(spoken(rule('in: [desk]')), INSTEAD);
  t.equal(spoken(rule('in: [plan]')), 'It is cheap.');
  t.equal(spoken(rule('when: { slot: state, is: ny }')), INSTEAD);
  t.equal(spoken(rule('when: { slot: state, is: ca }')), 'It is cheap.');
});

t.test('no sentence of a model passes them by in a call', async t => {
  const flow = guarded(`${mustSay('in: desk')}${NEVER}`);
  const llm = new ScriptedLlm();
  const parts = {
    flow,
    llm,
    after: () => () => undefined,
    onFault: (error: unknown) => t.fail(String(error)),
  };
  const responder = new ModelResponder(parts);
  const answer = async (state: FlowState, answers: ScriptedLlm['answers']) => {
    llm.answers = answers;
    const response = responder.respond(state, speech('what does it cost'), TODAY.todayIso);
    response.commit();
    const said: string[] = [];
    for await (const sentence of response.sentences) said.push(sentence);
    return { said, step: response.closed(said.join(' ')) };
  };
  const { said, step } = await answer(talking(flow), [
    [
      'Sure! It is only 20',
      ' dollars a month, and with guaranteed',
      ' approval. You save 50 percent. Shall we?',
    ],
  ]);
  t.same(said, ['Sure!', INSTEAD, NO_PRICE, 'Shall we?']);
  t.match(
    step.state.memory.talk,
    [{ by: 'caller' }, { by: 'agent', text: `Sure! ${INSTEAD} ${NO_PRICE} Shall we?` }],
    'as it was heard',
  );
  const { messages } = llm.requests[0]!;
  t.match(
    messages[0]?.text,
    `Before this part of the conversation ends, say in exactly these words: ${MUST}`,
  );
  t.match(
    messages[0]?.text,
    /Never say any of these, in no sense: guaranteed approval; you're covered\.\nName no price/,
  );
  const way = { type: 'toolCall', call: { id: 'c', name: 'go_on', argumentsJson: '{"way":"end"}' } } as const;
  const left = await answer(step.state, [['You are welcome.', way]]);
  t.same(left.said, ['You are welcome.', MUST, 'Goodbye.'], 'a model that skips a disclosure');
  t.ok(left.step.state.done);
  responder.close();
});

t.test('sentences of the workflow itself that a rule forbids', async t => {
  const never = '  neverSay:\n    - { phrases: [help you], instead: x }\n';
  t.match(
    faultOf(() => guarded(never)),
    /insurer\.yaml:\d+:\d+: stages\.desk\.say\.0: says "help you", which guardrails\.neverSay forbids/,
  );
  const inBye = never.replace('instead', 'in: [bye], instead');
  t.equal(
    faultOf(() => guarded(inBye)),
    'taken',
    'where it may be said',
  );
  const places: readonly (readonly [string, string])[] = [
    ['stages.plan.questions.0.help', 'Dental or vision.'],
    ['slots.plan.repair.0.help', 'A plan.'],
    ['phrases.sorry.0', 'Sorry.'],
    ['texts.notice.default.say', 'this call may be recorded'],
    ['slots.state.values.ca.say', 'say: California'],
    ['stages.consent.granted', 'granted: Thank you.'],
    ['always.slower', ''],
  ];
  for (const [path, text] of places) {
    const change = (yaml: string) =>
      text === ''
        ? yaml.replace('slots:\n', 'always: { slower: "Now, help-you, slowly." }\nslots:\n')
        : yaml
            .replace(text, `${text.replace('.', '')} help you${text.endsWith('.') ? '.' : ''}`)
            .replace('How can I help you?', 'Hello.');
    t.match(
      faultOf(() => guarded(never, yaml => change(yaml).replace('How can I help you?', 'Hello.'))),
      `${path}: says`,
      path,
    );
  }
});

t.test('guardrails that can’t be', async t => {
  const cases: readonly (readonly [guardrails: string, fault: RegExp])[] = [
    [mustSay('before: nowhere'), /guardrails\.mustSay\.0\.before: there is no stage nowhere/],
    [mustSay('in: nowhere'), /guardrails\.mustSay\.0\.in: there is no stage nowhere/],
    [mustSay('in: desk, before: bye'), /guardrails\.mustSay\.0: either before or in/],
    ['  mustSay:\n    - { text: x }\n', /guardrails\.mustSay\.0: either before or in/],
    [mustSay('in: desk', '{nothing}'), /guardrails\.mustSay\.0\.text\.0: there is no slot nothing/],
    [
      mustSay('in: desk, when: { slot: nothing, is: 1 }'),
      /guardrails\.mustSay\.0\.when: there is no slot nothing/,
    ],
    ['  neverSay:\n    - { instead: x }\n', /guardrails\.neverSay\.0: phrases or prices/],
    ['  neverSay:\n    - { phrases: [a] }\n', /guardrails\.neverSay\.0\.instead/],
    [
      '  neverSay:\n    - { phrases: ["50%"], instead: x }\n',
      /guardrails\.neverSay\.0\.phrases\.0: lower-case words/,
    ],
    [
      '  neverSay:\n    - { prices: true, in: [nowhere], instead: x }\n',
      /guardrails\.neverSay\.0\.in\.0: there is no stage/,
    ],
  ];
  for (const [guardrails, fault] of cases)
    t.match(
      faultOf(() => guarded(guardrails)),
      fault,
      guardrails,
    );
});
