import t from 'tap';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import { BRIDGING_WORDS } from '../../src/agent/resumption.ts';
import type { LlmDelta } from '../../src/providers/types.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { callFlow } from '../../src/workflow/call_flow.ts';
import { DESK, flowsOf, QUOTES, TALKER } from '../workflow/desk_flows.ts';
import { CallRig } from './call_rig.ts';
import { ScriptedStt, understood, WORD_MS } from './fakes.ts';
import { Rig } from './rig.ts';
import { ScriptedLlm } from './scripted_llm.ts';

const QUOTE: LlmDelta = {
  type: 'toolCall',
  call: { id: 'call_1', name: 'go_on', argumentsJson: '{"way":"quote"}' },
};
const RECORDED = flowsOf([DESK, TALKER, QUOTES]);

async function answered(name: string) {
  const llm = new ScriptedLlm();
  const rig = await new Rig(
    () => ({}),
    ({ timers, faults }) => {
      const onFault = (error: unknown) => faults.push(error);
      const flow = callFlow(RECORDED, name, { onFault });
      return {
        responder: new ModelResponder({ flow, llm, after: timers.after, onFault }),
        initial: flow.initial,
      };
    },
  ).answer();
  await rig.listen();
  const say = async (text: string): Promise<void> => {
    rig.stt.finals.push(understood(text));
    await rig.speak();
  };
  const handOffs = () => rig.details('call.handedOver').map(({ from, to }) => `${from} ${to}`);
  return { rig, llm, say, handOffs };
}

t.test('a model hands over, and the next workflow goes on in the same call', async t => {
  const { rig, llm, say, handOffs } = await answered('talker');
  llm.answers.push(['Gladly.', QUOTE]);
  await say('a quote please');
  t.equal(rig.conversation.state.flow.workflow, 'talker', 'not before it was heard');
  await rig.listen();
  t.equal(rig.said().at(-1), 'Gladly. One moment. Quotes robot here. May I record?');
  t.equal(rig.conversation.state.flow.workflow, 'quotes');
  t.same(handOffs(), ['talker quotes']);
  await say('yes');
  await rig.listen();
  t.equal(rig.said().at(-1), 'Recorded. What size is it?');
  t.equal(rig.recording.length, 1, 'the recording that it asks for begins');
  t.equal(llm.requests.length, 1, 'no model leads any more');
  t.same(rig.faults, []);
});

t.test('what was only thought of hands nothing over', async t => {
  const { rig, llm, handOffs } = await answered('talker');
  llm.answers.push(['Gladly.', QUOTE], ['What is wrong with it?']);
  rig.stt.settled.push(understood('i want a quote'), understood('i want a quote repaired'));
  await rig.startSpeaking();
  await rig.pass(300, 7);
  await rig.fallSilent();
  t.equal(llm.requests.length, 1, 'it was thought of');
  await rig.startSpeaking();
  await rig.pass(300, 7);
  await rig.fallSilent();
  await rig.endTurn();
  await rig.listen();
  t.equal(rig.said().at(-1), 'What is wrong with it?');
  t.equal(rig.conversation.state.flow.workflow, 'talker');
  t.same(handOffs(), []);
});

t.test('what every workflow honours is honoured in all of a call', async t => {
  const { rig, llm, say } = await answered('talker');
  await say('take me off your list');
  await rig.listen();
  t.equal(llm.requests.length, 0, 'the model is not asked');
  t.notSame(
    rig.events.filter(({ type }) => type === 'intent.heard'),
    [],
  );
});

t.test('nor does what the caller did not let the agent say', async t => {
  const { rig, llm, say, handOffs } = await answered('talker');
  llm.answers.push(['One two three four five six seven eight.', QUOTE], ['Then not.']);
  await say('a quote please');
  await rig.pass(3 * WORD_MS);
  await rig.bargeIn();
  await rig.pass(300, 7);
  rig.stt.finals.push(understood('stop i want none'));
  await rig.endTurn();
  await rig.listen();
  t.equal(rig.said().at(-1), 'Then not.');
  t.same(handOffs(), []);
  t.equal(rig.conversation.state.flow.workflow, 'talker');
});

t.test('the process that takes a call over goes on in the workflow that it was in', async t => {
  const events: CallEvent[] = [];
  const [desk, quotes] = [RECORDED.get('desk')!, RECORDED.get('quotes')!];
  const rigOf = (finals: readonly string[], more: object = {}): CallRig => {
    const stt = new ScriptedStt();
    stt.finals = finals.map(text => understood(text));
    return new CallRig({ flow: desk, others: [quotes], stt, lineKind: 'trunk', events, ...more });
  };
  const first = await rigOf(['a big one', 'second floor', 'no']).answer();
  for (let i = 0; i < 3; i += 1) {
    await first.pass(4000);
    await first.speak(600);
  }
  await first.pass(5000);
  const last = first.sent.findLast(message => message.type === 'checkpoint');
  const checkpoint = last?.type === 'checkpoint' ? last.checkpoint : '';
  t.match(JSON.parse(checkpoint), { conversation: { flow: { workflow: 'quotes' } } });

  const second = await rigOf(['in acton'], { resume: { times: 1, checkpoint } }).answer();
  await second.pass(5000);
  await second.speak(600);
  await second.pass(6000);
  t.same(
    second
      .details('turn.agent')
      .slice(-2)
      .map(({ text }) => text),
    [
      `${BRIDGING_WORDS} What town is it in?`,
      'A big one on the second floor in Acton, Massachusetts. Right?',
    ],
  );
  t.equal(second.details('call.started').length, 1);
  t.match(second.details('call.handedOver'), [{ from: 'desk', to: 'quotes', version: quotes.version }]);
});
