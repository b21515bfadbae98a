import t from 'tap';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import { LIMITS } from '../../src/config/limits.ts';
import type { LlmDelta } from '../../src/providers/types.ts';
import { historyTokens } from '../../src/workflow/talk_history.ts';
import { understood, WORD_MS } from './fakes.ts';
import { Rig, settle } from './rig.ts';
import { ScriptedLlm } from './scripted_llm.ts';
import { talkFlow } from './talk_flow.ts';

const GREETING = 'This is an automated assistant. How can I help you?';

function goOn(way: string): LlmDelta {
  return { type: 'toolCall', call: { id: 'call_1', name: 'go_on', argumentsJson: JSON.stringify({ way }) } };
}

async function answered(): Promise<{ rig: Rig; llm: ScriptedLlm }> {
  const llm = new ScriptedLlm();
  const flow = talkFlow();
  const rig = await new Rig(
    () => ({}),
    ({ timers, faults, audio }) => {
      const onFault = (error: unknown) => faults.push(error);
      return {
        responder: new ModelResponder({
          flow,
          llm,
          after: timers.after,
          nowMs: () => audio.nowMs,
          onFault,
        }),
        initial: flow.initial,
      };
    },
  ).answer();
  await rig.listen();
  return { rig, llm };
}

async function say(rig: Rig, text: string): Promise<void> {
  rig.stt.finals.push(understood(text));
  await rig.speak();
}

t.test('the model is told what was said, and what it says is heard sentence by sentence', async t => {
  const { rig, llm } = await answered();
  t.same(rig.said(), [GREETING], 'the greeting is the workflow’s');
  llm.answers.push(['Of ', 'course. ', 'Is it a grand', ' piano, Mr. Smith? ', 'Or ', 'an upright?']);
  await say(rig, 'can you move my piano');
  await rig.listen();
  t.equal(rig.said().at(-1), 'Of course. Is it a grand piano, Mr. Smith? Or an upright?');
  t.same(rig.tts.rendered.slice(-3), ['Of course.', 'Is it a grand piano, Mr. Smith?', 'Or an upright?']);
  llm.answers.push(['Good.']);
  await say(rig, 'a grand');
  const [first, second] = llm.requests;
  t.match(first?.messages[0], { role: 'system', text: /receptionist of a piano mover/u });
  t.same(first?.messages.slice(2), [{ role: 'user', text: 'can you move my piano' }]);
  t.same(second?.messages.slice(2), [
    { role: 'user', text: 'can you move my piano' },
    { role: 'assistant', text: 'Of course. Is it a grand piano, Mr. Smith? Or an upright?' },
    { role: 'user', text: 'a grand' },
  ]);
});

t.test('it remembers no more of its words than were heard', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(['One two three four five six seven eight.']);
  await say(rig, 'tell me');
  await rig.pass(3 * WORD_MS);
  await rig.bargeIn();
  await rig.pass(300, 7);
  rig.stt.finals.push(understood('stop it'));
  await rig.endTurn();
  t.match(llm.requests.at(-1)?.messages.slice(-2), [
    { role: 'assistant', text: /^One two three$/u },
    { role: 'user', text: 'stop it' },
  ]);
});

t.test('it answers ahead of time, and what it thought of in vain leaves no trace', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(['A grand, I see.'], ['An upright, I see.']);
  rig.stt.settled.push(understood('a grand'), understood('a grand no an upright'));
  await rig.startSpeaking();
  await rig.pass(300, 7);
  await rig.fallSilent();
  t.equal(llm.requests.length, 1);
  t.equal(rig.tts.rendered.at(-1), 'A grand, I see.');
  await rig.startSpeaking();
  await rig.pass(300, 7);
  await rig.fallSilent();
  t.equal(llm.requests[0]?.signal.aborted, true, 'the first is given up');
  await rig.endTurn();
  await rig.listen();
  t.equal(llm.requests.length, 2);
  t.equal(rig.said().at(-1), 'An upright, I see.');
  llm.answers.push(['Good.']);
  await say(rig, 'yes');
  t.same(
    llm.requests
      .at(-1)
      ?.messages.slice(2)
      .map(message => 'text' in message && message.text),
    ['a grand no an upright', 'An upright, I see.', 'yes'],
  );
});

t.test('words that sound complete are answered at a gap, before the recogniser is sure of them', async t => {
  const { rig, llm } = await answered();
  const words = () =>
    llm.requests.map(({ messages }) => messages.at(-1)).map(last => last && 'text' in last && last.text);
  const gap = async (type: 'paused' | 'wentOn') => {
    rig.conversation.turn(
      type === 'paused' ? { type, atMs: rig.audio.nowMs, quietMs: 60 } : { type, atMs: rig.audio.nowMs },
    );
    await settle();
  };
  t.equal(rig.audio.policy?.tellsGaps, true);
  await rig.startSpeaking();
  rig.stt.sessions.at(-1)?.partial('i need to move a piano and');
  await gap('paused');
  t.same(words(), [], 'what goes on is waited for');
  await gap('wentOn');
  rig.stt.sessions.at(-1)?.partial('i need to move a piano tomorrow');
  t.same(words(), [], 'nothing while the caller speaks');
  await gap('paused');
  t.same(words(), ['i need to move a piano tomorrow']);
  rig.stt.sessions.at(-1)?.partial('i need to move a piano to morrow street');
  t.same(words().at(-1), 'i need to move a piano to morrow street', 'words that come late, too');
  t.equal(llm.requests[0]?.signal.aborted, true);
  rig.stt.finals.push(understood('i need to move a piano to morrow street'));
  await rig.endTurn();
  await rig.listen();
  t.equal(llm.requests.length, 2, 'the final is what was answered');
  t.match(rig.details('turn.caller').at(-1), {
    text: 'i need to move a piano to morrow street',
    confidence: 0.9,
  });
});

t.test(
  'the ledger tells when the model began to answer, and nothing of it where the workflow did',
  async t => {
    const { rig, llm } = await answered();
    llm.answers.push(['It is open until six.']);
    await say(rig, 'how long are you open');
    await rig.listen();
    await say(rig, 'could you repeat that');
    await rig.listen();
    const [model, workflow] = rig.details('turn.latency');
    t.ok(model!.firstTokenMs! >= model!.lastSoundMs && model!.firstTokenMs! <= model!.firstWordMs);
    t.equal(workflow?.firstTokenMs, undefined);
  },
);

t.test('in a long gap the recogniser is asked, whose words may have been late', async t => {
  for (const [final, requests] of [
    ['i need to move a piano and', 0],
    ['i need to move a piano and a bench tomorrow', 1],
  ] as const) {
    const { rig, llm } = await answered();
    await rig.startSpeaking();
    rig.stt.sessions.at(-1)?.partial('i need to move a piano and');
    rig.stt.settled = [understood(final)];
    for (const quietMs of [60, 120]) {
      t.equal(llm.requests.length, 0, 'the words so far go on');
      rig.conversation.turn({ type: 'paused', atMs: rig.audio.nowMs, quietMs });
      await settle();
    }
    t.equal(llm.requests.length, requests, final);
    rig.conversation.lineEnded();
  }
});

t.test('by a way that it chooses the workflow goes on, and the call ends by its words', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(['You are welcome.', goOn('done')]);
  await say(rig, 'thank you that was all');
  await rig.listen();
  t.equal(rig.said().at(-1), 'You are welcome. Thank you for calling. Goodbye.');
  t.same(rig.details('call.outcome'), [{ outcome: 'answered' }]);
  t.same(rig.audio.hangUps, [{ drain: true }]);
});

t.test('a way that was not heard was not taken', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(['You are very welcome indeed.', goOn('done')], ['What else?']);
  await say(rig, 'thank you');
  await rig.pass(2 * WORD_MS);
  await rig.bargeIn();
  await rig.pass(300, 7);
  rig.stt.finals.push(understood('wait one more thing'));
  await rig.endTurn();
  await rig.listen();
  t.same(rig.details('call.outcome'), []);
  t.equal(rig.said().at(-1), 'What else?');
});

t.test('ways that there are not, and tools that nobody offered, change nothing', async t => {
  for (const argumentsJson of ['{"way":"nowhere"}', '{"way":', 'null', '{"way":"__proto__"}']) {
    const { rig, llm } = await answered();
    const call = { id: 'call_1', name: 'go_on', argumentsJson };
    const other = { id: 'call_2', name: 'transfer_money', argumentsJson: '{"way":"done"}' };
    llm.answers.push(['Well.', { type: 'toolCall', call }, { type: 'toolCall', call: other }]);
    await say(rig, 'hello');
    await rig.listen();
    t.equal(rig.said().at(-1), 'Well.', argumentsJson);
    t.same(rig.audio.hangUps, []);
  }
});

t.test('without a model the call goes where the workflow says', async t => {
  for (const answer of [[new Error('dead')], [], ['  ', new Error('dead')]]) {
    const { rig, llm } = await answered();
    llm.answers.push(answer);
    await say(rig, 'hello');
    await rig.listen();
    t.equal(rig.said().at(-1), 'Somebody will call you back. Goodbye.');
    t.same(rig.details('call.outcome'), [{ outcome: 'callback' }]);
    t.equal(rig.faults.length, 1, 'and the fault is told once');
  }
  const { rig, llm } = await answered();
  llm.answers.push(['I can tell you that. ', 'It is', new Error('dead')]);
  await say(rig, 'hello');
  await rig.listen();
  t.equal(rig.said().at(-1), 'I can tell you that. Somebody will call you back. Goodbye.');
});

t.test('a model that thinks for long is covered up once, and the words are not its own', async t => {
  const { rig, llm } = await answered();
  llm.stuck = true;
  llm.answers.push(['It costs ninety dollars.']);
  await say(rig, 'how much');
  await rig.pass(1500);
  t.equal(rig.tts.rendered.at(-1), 'One moment please.');
  llm.unstick();
  await rig.listen();
  t.equal(rig.said().at(-1), 'One moment please. It costs ninety dollars.');
  await say(rig, 'fine');
  t.match(llm.requests.at(-1)?.messages.at(-2), { role: 'assistant', text: 'It costs ninety dollars.' });
});

t.test('a model that has nothing to say at last is given up, and not before', async t => {
  const { rig, llm } = await answered();
  llm.stuck = true;
  await say(rig, 'hello');
  await rig.pass(LIMITS.modelPatienceMs - 100);
  t.same(rig.faults, []);
  await rig.pass(200);
  t.match(rig.faults, [{ code: 'LLM_FAILED' }]);
  t.equal(llm.open, 0);
  await rig.listen();
  t.equal(rig.said().at(-1), 'One moment please. Somebody will call you back. Goodbye.');

  const { rig: other, llm: slow } = await answered();
  slow.answers.push(['I am here. ', 'And I go on.']);
  await say(other, 'hello');
  slow.stuck = true;
  await other.pass(LIMITS.modelPatienceMs + 500);
  t.same(other.faults, [], 'one that has spoken is waited for');
});

t.test('silence is the workflow’s: it says again what was said last', async t => {
  const { rig, llm } = await answered();
  llm.answers.push(['Which floor is it on?']);
  await say(rig, 'a grand');
  await rig.listen();
  await rig.silence();
  await rig.listen();
  t.equal(rig.said().at(-1), 'I did not hear you. Which floor is it on?');
  t.equal(llm.requests.length, 1);
});

t.test('hanging up in the middle of a thought leaves nothing open', async t => {
  const { rig, llm } = await answered();
  llm.stuck = true;
  await say(rig, 'hello');
  t.equal(llm.open, 1);
  rig.conversation.lineEnded();
  await settle();
  t.equal(llm.open, 0);
  t.equal(rig.timers.open, 0);
  t.same(rig.faults, []);
});

t.test('a long conversation stays within its limits', async t => {
  const { rig, llm } = await answered();
  const budgetTokens = 4_000;
  let most = 0;
  for (let turn = 0; turn < 45; turn += 1) {
    const answer = `That is number ${turn} of ours.`;
    llm.answers.push([answer]);
    llm.requests.length = 0;
    await say(rig, `and what of number ${turn}${' and of the other ones'.repeat(15)}`);
    await rig.listen();
    rig.audio.forgetHeard();
    rig.events.length = 0;
    rig.tts.rendered.length = 0;
    rig.stt.sessions.length = 0;
    const talk = talkFlow().talk?.(rig.conversation.state.flow);
    most = Math.max(most, talk === undefined ? Infinity : historyTokens(talk));
    const text = JSON.stringify(llm.requests[0]?.messages);
    if (!text.includes(`number ${turn - 1} of`) && turn > 0)
      t.fail(`turn ${turn} does not know the one before`);
  }
  t.ok(most <= budgetTokens, `a history of ${most} tokens at most`);
});
