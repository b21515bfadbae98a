import t from 'tap';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import { LIMITS } from '../../src/config/limits.ts';
import type { LlmDelta } from '../../src/providers/types.ts';
import type { FlowState } from '../../src/workflow/types.ts';
import { understood } from './fakes.ts';
import { Rig, settle } from './rig.ts';
import { ScriptedLlm } from './scripted_llm.ts';
import { talkFlow } from './talk_flow.ts';

const SLOTS = `slots:
  size:
    kind: choice
    part: size
    values:
      big: { say: a big one, phrases: [big, big one] }
      small: { say: a small one, phrases: [small, small one] }
    repair: [{ by: again, prompt: Which size is it?, help: Big or small. }]
  rooms:
    kind: count
    part: rooms
    unit: { one: room, many: rooms }
    max: 20
    repair: [{ by: again, prompt: How many rooms?, help: A number. }]
  garden:
    kind: yes_no
    part: garden
    repair: [{ by: again, prompt: Is there a garden?, help: Yes or no. }]
`;
const STAGES = `stages:
  house:
    kind: form
    say: [This is an automated assistant.]
    purpose: We want to know the house.
    filler: One moment please.
    questions:
      - { slots: [size], prompt: What size is the house?, help: Big or small. }
      - { slots: [rooms], prompt: How many rooms does it have?, help: A number. }
      - { slots: [garden], prompt: Is there a garden?, help: Yes or no. }
    confirm: unsure
    readBack: [{ say: "{size} with {rooms}." }]
    next: [{ to: hello }]
`;
const MORE = `persona: { name: Robin, role: the assistant }
guardrails:
  neverSay: [{ phrases: [grandma], instead: I leave family out of it. }]
topics:
  hours: { kind: question, phrases: [what are your hours], answers: [We are open until six.] }`;
const flow = talkFlow(yaml =>
  yaml
    .replace('slots: {}\n', SLOTS)
    .replace('stages:\n', STAGES)
    .replace('start: hello', `start: house\nlead: model\n${MORE}`),
);

function note(values: Record<string, unknown>, said: string, asks = ''): LlmDelta {
  const argumentsJson = JSON.stringify({ values, said, asks });
  return { type: 'toolCall', call: { id: 'call_1', name: 'note', argumentsJson } };
}

function wants(what: string): LlmDelta {
  return {
    type: 'toolCall',
    call: { id: 'call_2', name: 'caller_wants', argumentsJson: JSON.stringify({ what }) },
  };
}

async function answered(initial: FlowState = flow.initial): Promise<{ rig: Rig; llm: ScriptedLlm }> {
  const llm = new ScriptedLlm();
  const rig = await new Rig(
    () => ({}),
    ({ timers, faults, audio }) => ({
      responder: new ModelResponder({
        flow,
        llm,
        after: timers.after,
        nowMs: () => audio.nowMs,
        onFault: error => faults.push(error),
      }),
      initial,
    }),
  ).answer();
  await rig.listen();
  return { rig, llm };
}

async function say(rig: Rig, text: string, confidence?: number): Promise<string | undefined> {
  rig.stt.finals.push({ ...understood(text), ...(confidence !== undefined && { confidence }) });
  await rig.speak();
  await rig.listen();
  return rig.said().at(-1);
}

function slotsOf(rig: Rig) {
  return Object.fromEntries(
    Object.entries(rig.conversation.state.flow.slots).map(([name, { value }]) => [name, value]),
  );
}

const FREE = 'well my uncle built a rather big one for all his children';

t.test('what the engine knows all of costs no understanding: the model words the next question', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(['Lovely. And how many rooms are in it?']);
  t.equal(await say(rig, 'a big one'), 'Lovely. And how many rooms are in it?');
  t.same(llm.requests[0]?.tools, undefined, 'nothing is to be noted');
  t.same(slotsOf(rig), { size: 'big' });
  t.same(rig.details('slot.set').length, 1);
  llm.answers.push(['And is there no garden?']);
  t.equal(await say(rig, 'seven'), 'Is there a garden?', 'yes and no are asked as the workflow asks them');
  t.equal(llm.requests.length, 1);
});

t.test('free speech is the model’s to understand, in one request where it asks what comes next', async t => {
  const { rig, llm } = await answered();
  llm.answers.push([
    'How nice of him. How many rooms does the house have?',
    note({ size: 'big' }, 'big one', 'rooms'),
  ]);
  t.equal(await say(rig, FREE), 'How nice of him. How many rooms does the house have?');
  t.equal(llm.requests.length, 1);
  t.match(llm.requests[0]?.messages[0], { text: /We want to know the house/u });
  t.same(slotsOf(rig), { size: 'big' });
  t.equal(rig.details('slot.set').length, 1, 'told once');
  llm.answers.push([note({ rooms: 7 }, 'seven')], ['ignored']);
  t.equal(await say(rig, 'oh there must be seven or so last time we counted them'), 'Is there a garden?');
  const turns = llm.requests[1]?.messages.slice(2).map(message => 'text' in message && message.text);
  t.same(turns, [
    FREE,
    'How nice of him. How many rooms does the house have?',
    'oh there must be seven or so last time we counted them',
  ]);
});

t.test('what nobody said is not written, and the model is told so', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(
    [note({ size: 'small', rooms: 9 }, 'small one')],
    [note({ size: 'big' }, 'big one')],
    ['So how many rooms?'],
  );
  t.equal(await say(rig, FREE), 'So how many rooms?');
  t.same(slotsOf(rig), { size: 'big' });
  const told = llm.requests[1]?.messages.at(-1);
  t.match(told, { role: 'tool', toolCallId: 'call_1', text: /not said|something else/u });
  t.same(
    rig.details('slot.set').map(({ slot }) => slot),
    ['size'],
  );
});

t.test('questions are answered beside the form, which asks again', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(['We need it to plan. What size is the house?', note({}, '', 'size')]);
  t.equal(
    await say(rig, 'we were wondering whether you work on saturdays at all'),
    'We need it to plan. What size is the house?',
  );
  llm.answers.push(['We need it to plan.', note({}, '')]);
  t.equal(
    await say(rig, 'and whether those crews of yours would bring their own blankets'),
    'We need it to plan. What size is the house?',
  );
  t.same(slotsOf(rig), {});
});

t.test(
  'what it may not say is not said, and what it wants for the caller has to be in their words',
  async t => {
    const { rig, llm } = await answered();
    llm.answers.push([
      'That will be 99 dollars. How many rooms does it have?',
      note({ size: 'big' }, 'big one', 'rooms'),
    ]);
    t.equal(await say(rig, FREE), 'How many rooms does it have?');
    llm.answers.push(['Goodbye!', wants('goodbye')], [wants('person')]);
    t.equal(
      await say(rig, 'our cousins painted half a dozen others in pink'),
      'What? A number. How many rooms does it have?',
    );
    t.equal(rig.faults.length, 2);
    llm.answers.push([wants('person')]);
    t.match(
      await say(rig, 'i would much rather have one of your colleagues ask me these questions'),
      /call you back/u,
    );
  },
);

t.test('a model that is late leaves the turn to the engine, with the same state', async t => {
  const { rig, llm } = await answered();
  llm.stuck = true;
  rig.stt.finals.push(understood('i think it is more of a big house'));
  await rig.speak();
  await rig.pass(1100);
  t.ok(rig.tts.rendered.includes('One moment please.'), 'the filler');
  await rig.pass(LIMITS.modelPatienceMs);
  await rig.listen();
  t.match(rig.said().at(-1), /How many rooms does it have\?$/u, 'as the engine heard it');
  t.same(slotsOf(rig), { size: 'big' });
  t.equal(rig.details('slot.set').length, 1, 'told once, though something was heard before');
  t.equal(llm.requests[0]?.signal.aborted, true);
  t.match(rig.faults, [{ code: 'LLM_FAILED' }]);
});

t.test('words for a question are not waited for as long', async t => {
  const { rig, llm } = await answered();
  llm.stuck = true;
  rig.stt.finals.push(understood('big'));
  await rig.speak();
  await rig.pass(LIMITS.modelWordingMs);
  await rig.listen();
  t.match(rig.said().at(-1), /How many rooms does it have\?$/u);
  t.same(slotsOf(rig), { size: 'big' });
});

t.test('after three faults in a row the engine leads alone for a while', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(
    ['Noted!'],
    [new Error('gone')],
    [{ type: 'toolCall', call: { id: 'x', name: 'pay', argumentsJson: '{}' } }],
  );
  for (const words of [
    'my aunt never told me',
    'my sister kept it all secret',
    'her neighbours would remember it perhaps',
  ])
    await say(rig, words);
  t.equal(llm.requests.length, 3);
  t.equal(rig.faults.length, 3);
  t.match(await say(rig, 'a big one'), /How many rooms does it have\?$/u);
  t.equal(llm.requests.length, 3, 'it is not asked');
  const { memory } = rig.conversation.state.flow;
  t.equal(memory.modelRestsUntil, 3 + LIMITS.modelRestTurns, 'which a checkpoint knows');
});

t.test('a guess leaves no trace, and one of words that the recogniser is not sure of is none', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(['Big, I see. How many rooms does it have?', note({ size: 'big' }, 'big one', 'rooms')]);
  await rig.startSpeaking();
  rig.stt.sessions.at(-1)?.partial(FREE);
  rig.conversation.turn({ type: 'paused', atMs: rig.audio.nowMs, quietMs: 60 });
  await settle();
  t.equal(llm.requests.length, 1, 'asked ahead of time');
  t.same(slotsOf(rig), {});
  t.same(rig.details('slot.set'), []);
  llm.answers.push([note({ size: 'big' }, 'big one')]);
  rig.stt.finals.push({ ...understood(FREE), confidence: 0.5 });
  await rig.endTurn();
  await rig.listen();
  t.equal(llm.requests.length, 3, 'asked again, and for the words of the next question');
  t.same(rig.conversation.state.flow.memory.doubtful, ['size'], 'to be read back');
  t.same(slotsOf(rig), { size: 'big' });
});

t.test('a topic that only the model hears is answered by the workflow, and leads nowhere', async t => {
  const { rig, llm } = await answered();
  const topic: LlmDelta = {
    type: 'toolCall',
    call: { id: 'call_3', name: 'caller_wants', argumentsJson: '{"what":"topic","topic":"hours"}' },
  };
  llm.answers.push([topic]);
  t.equal(
    await say(rig, 'my brothers could only let you in on saturdays'),
    'We are open until six. What size is the house?',
  );
  t.same(rig.conversation.state.flow.memory.topics, {});
  t.match(JSON.stringify(llm.requests[0]?.tools), /"topic"/u);
  t.match(llm.requests[0]?.messages[0], { text: /You are Robin, the assistant/u });
});

t.test('guardrails hold in forms', async t => {
  const { rig, llm } = await answered();
  llm.answers.push([
    'Grandma would be proud. How many rooms does it have?',
    note({ size: 'big' }, 'big one', 'rooms'),
  ]);
  t.equal(await say(rig, FREE), 'I leave family out of it. How many rooms does it have?');
});
