import t from 'tap';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import {
  Candidates,
  candidateOf,
  type Provider,
  type ProviderKind,
} from '../../src/providers/failover/candidates.ts';
import { FailoverLlm } from '../../src/providers/failover/failover_llm.ts';
import { FailoverTts } from '../../src/providers/failover/failover_tts.ts';
import { CallRig } from './call_rig.ts';
import { ScriptedFlow, ScriptedStt, ScriptedTts, understood } from './fakes.ts';
import { Rig } from './rig.ts';
import { ScriptedLlm } from './scripted_llm.ts';
import { talkFlow } from './talk_flow.ts';

const OBSERVER = { attempt: () => undefined, switched: () => undefined };
const CLOCK = { nowMs: () => performance.now(), after: () => () => undefined };

function among<P extends Provider>(kind: ProviderKind, ...providers: readonly P[]) {
  return new Candidates(
    kind,
    providers.map(provider => candidateOf(provider, CLOCK)),
    CLOCK,
  );
}

function named<P extends Provider>(provider: P, name: string): P {
  return Object.defineProperty(provider, 'name', { value: name });
}

t.test('a model that goes on in mid-answer is named behind the one that began it', async t => {
  const [first, second] = [named(new ScriptedLlm(), 'first'), named(new ScriptedLlm(), 'second')];
  const llm = new FailoverLlm(among('llm', first, second), OBSERVER);
  const flow = talkFlow();
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
      initial: flow.initial,
    }),
  ).answer();
  await rig.listen();
  first.answers.push(['Of course. Which ', new Error('gone')], ['Good.']);
  second.answers.push(['floor is it on?']);
  for (const text of ['move it', 'the second']) {
    rig.stt.finals.push(understood(text));
    await rig.speak();
    await rig.listen();
  }
  t.same(rig.said().slice(1), ['Of course. Which floor is it on?', 'Good.']);
  const [latency, next] = rig.details('turn.latency');
  t.match(latency, { thoughtBy: { provider: 'first' } });
  t.same(rig.details('turn.takenOver'), [{ turn: latency?.turn, thought: ['second'], spoke: [] }]);
  t.match(next, { thoughtBy: { provider: 'first' } }, 'and of the next turn nobody else');
});

t.test('so is a voice', async t => {
  const [first, second] = [named(new ScriptedTts(), 'first'), named(new ScriptedTts(), 'second')];
  for (const tts of [first, second]) tts.sampleOf = () => 8000;
  const stt = new ScriptedStt();
  const rig = await new CallRig({
    flow: new ScriptedFlow(state =>
      state.stage === '0'
        ? { say: ['Which floor?'] }
        : { say: ['Thank you.', 'I have noted it.', 'Goodbye.', 'Bye.'] },
    ),
    stt,
    tts: new FailoverTts(among('tts', first, second), OBSERVER),
  }).answer();
  await rig.pass(2000);
  first.broken.add('I have noted it.');
  stt.finals.push(understood('second floor'));
  await rig.speak(900);
  await rig.pass(6000);
  const [latency] = rig.details('turn.latency');
  t.match(latency, { spokenBy: { provider: 'first' } });
  t.same(rig.details('turn.takenOver'), [{ turn: latency?.turn, thought: [], spoke: ['second', 'first'] }]);
});
