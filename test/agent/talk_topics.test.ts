import t, { type Test } from 'tap';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import type { LlmDelta } from '../../src/providers/types.ts';
import type { Heard } from '../../src/workflow/types.ts';
import { flowFrom } from '../workflow/rich_flows.ts';
import { SALES } from '../workflow/sales_flow.ts';
import { ScriptedLlm } from './scripted_llm.ts';
import { talkFlow } from './talk_flow.ts';
import { holdTextCall } from './text_calls.ts';

const TOPICS = `topics:
  price:
    kind: objection
    phrases: [too expensive, cannot afford]
    answers: [Most moves cost less than people think., You can pay by the month.]
    to: bye
  how_long:
    kind: question
    phrases: [how long does it|this take]
    answers: [It takes five minutes.]
  not_now:
    kind: objection
    phrases: [not interested, call me later]
    answers: [I will be brief.]
escalation:
  - { objections: 3, to: later }
slots: {}`;

const talker = talkFlow(yaml => yaml.replace('slots: {}', TOPICS));

/** A conversation by text; where `answers` are used up, the model says yes to everything. */
async function talk(
  t: Test,
  texts: readonly string[],
  answers: readonly (readonly (LlmDelta | string)[])[],
  flow = talker,
) {
  const llm = new ScriptedLlm();
  llm.answers.push(...answers.map(answer => [...answer]));
  const faults: unknown[] = [];
  const after = () => () => undefined;
  const responder = new ModelResponder({
    flow,
    llm,
    after,
    medium: 'text',
    onFault: fault => faults.push(fault),
  });
  t.teardown(() => responder.close());
  const rest = [...texts];
  const reply = (): Heard => {
    const text = rest.shift() ?? '';
    return { type: 'speech', text, confidence: 0.9, alternatives: [] };
  };
  const call = await holdTextCall(responder, flow.initial, reply, {
    todayIso: '2026-11-22',
    mostTurns: texts.length + 1,
  });
  const said = call.lines.filter(({ by }) => by === 'agent').map(({ text }) => text);
  const topics = call.effects.flatMap(effect =>
    effect.type === 'topic' ? [[effect.topic, effect.count]] : [],
  );
  return { ...call, llm, said: said.slice(1), topics, faults };
}

t.test('the workflow answers a topic, and what the model had asked stays open', async t => {
  const { said, topics, state, llm } = await talk(
    t,
    ['can you move my piano', "well isn't that too expensive", 'a grand'],
    [['Of course. Is it a grand, or an upright?'], ['Good. And where is it?']],
  );
  t.same(said, [
    'Of course. Is it a grand, or an upright?',
    'Most moves cost less than people think. Is it a grand, or an upright?',
    'Good. And where is it?',
  ]);
  t.same(topics, [['price', 1]]);
  t.match(state.memory, { topics: { price: 1 }, objections: 1 });
  t.equal(llm.requests.length, 2, 'the model is not asked for it');
  t.match(
    llm.requests[1]?.messages.slice(-3),
    [
      { role: 'user', text: "well isn't that too expensive" },
      { role: 'assistant', text: 'Most moves cost less than people think. Is it a grand, or an upright?' },
      { role: 'user', text: 'a grand' },
    ],
    'and knows of it',
  );
});

t.test('before the model has said anything, the question of the stage is open', async t => {
  const { said } = await talk(t, ['how long does it take'], []);
  t.same(said, ['It takes five minutes. How can I help you?']);
});

t.test('a question of no kind is not asked again', async t => {
  const { said } = await talk(t, ['hello', 'how long does it take'], [['Tell me about it.']]);
  t.same(said.at(-1), 'It takes five minutes.');
});

t.test('a topic that comes too often leads where the workflow says', async t => {
  const { said, state } = await talk(t, ['too expensive', 'i cannot afford that', 'it is too expensive'], []);
  t.same(said.slice(0, 2), [
    'Most moves cost less than people think. How can I help you?',
    'You can pay by the month. How can I help you?',
  ]);
  t.equal(said.at(-1), 'Thank you for calling. Goodbye.');
  t.equal(state.stage, 'bye');
});

t.test('rules of escalation count the objections, and nothing is asked that is not waited for', async t => {
  const { said, state, effects } = await talk(
    t,
    ['too expensive', 'how long does it take', 'i am not interested', 'please call me later'],
    [],
  );
  t.equal(state.stage, 'later');
  t.equal(said.at(-1), 'I will be brief. Somebody will call you back. Goodbye.');
  t.match(
    effects.filter(({ type }) => type === 'escalated'),
    [{ rule: 'objections' }],
  );
});

t.test('it is the caller’s words that count, whatever a model does', async t => {
  const way = JSON.stringify({ way: 'done' });
  const { said, topics, faults } = await talk(
    t,
    ['is it not too expensive', 'so it is', 'a friend says it is not too expensive', 'how long does it take'],
    [
      ['It is too expensive, and I am not interested. Shall I call you later?'],
      [{ type: 'toolCall', call: { id: 'c', name: 'price', argumentsJson: way } }, 'We are free of charge.'],
    ],
  );
  t.same(topics, [
    ['price', 1],
    ['how_long', 1],
  ]);
  t.equal(said[0], 'Most moves cost less than people think. How can I help you?');
  t.match(said.at(-1), /^It takes five minutes\./);
  t.same(faults, []);
});

t.test('in a form that a model leads, topics of the model’s own do not count', async t => {
  const wish = { what: 'topic', topic: 'too_expensive' };
  const call = { id: 'c', name: 'caller_wants', argumentsJson: JSON.stringify(wish) };
  const texts = ['no', 'roofer', 'you would have to ask my brother'];
  const { said, topics, state, llm } = await talk(
    t,
    [...texts, "that's too expensive for me", 'how long does it take'],
    [['What trade?'], ['How many people?'], [{ type: 'toolCall', call }]],
    flowFrom(SALES.replace('scores:', 'lead: model\nscores:')),
  );
  t.equal(
    said[2],
    'Most people save money. How many people?',
    'what the model thinks it has heard is answered',
  );
  t.equal(said[3], 'Most people save money. How many people?', 'but does not count');
  t.equal(said[4], 'It takes five minutes. How many people?');
  t.same(topics.slice(-2), [
    ['too_expensive', 1],
    ['how_long', 1],
  ]);
  t.match(state.memory, { topics: { too_expensive: 1, how_long: 1 }, objections: 1 });
  const asked = JSON.stringify(llm.requests);
  t.notMatch(asked, /expensive for me/, 'the model is not asked for what the workflow hears itself');
});

t.test('words that the recogniser is not sure of bring nothing up', t => {
  const heard = { type: 'speech', text: 'too expensive', confidence: 0.2, alternatives: [] } as const;
  const flow = talker;
  const { state } = flow.next(flow.initial, { type: 'start' }, { todayIso: '2026-11-22' });
  t.equal(flow.concerns?.(state, heard), false);
  t.equal(flow.concerns?.(state, { ...heard, confidence: 0.9 }), true);
  t.equal(flow.concerns?.(state, { ...heard, text: 'it is not too expensive', confidence: 0.9 }), false);
  t.end();
});

t.test('without a model it is the same', t => {
  const todayIso = '2026-11-22';
  const flow = talker;
  const { state } = flow.next(flow.initial, { type: 'start' }, { todayIso });
  const heard = { type: 'speech', text: 'too expensive', confidence: 0.9, alternatives: [] } as const;
  const step = flow.next(state, heard, { todayIso });
  t.same(step.say, ['Most moves cost less than people think.', 'How can I help you?']);
  t.equal(step.state.stage, 'hello');
  t.match(step.state.memory, { topics: { price: 1 }, objections: 1 });
  t.end();
});
