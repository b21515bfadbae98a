import t from 'tap';
import { understood, WORD_MS } from './fakes.ts';
import { Rig } from './rig.ts';

const GRAND = 'A grand piano, all right.';
const UPRIGHT = 'An upright piano, all right.';

/** Says back which piano it was; each answer is a fact. */
async function asked(): Promise<Rig> {
  const rig = await new Rig((state, heard) => {
    if (state.stage === '0' || heard.type !== 'speech') return {};
    const say = [heard.text.includes('grand') ? GRAND : UPRIGHT, 'And which floor?'];
    return {
      say,
      effects: [{ type: 'slotSet', slot: 'piano', value: heard.text, confirmed: false, sensitive: false }],
    };
  }).answer();
  await rig.listen();
  rig.tts.rendered.length = 0;
  return rig;
}

t.test('the reply is ready before it is certain that the caller has ended', async t => {
  const rig = await asked();
  rig.stt.settled.push(understood('a grand piano'));
  rig.stt.finals.push(understood('what nobody asks for'));
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.fallSilent();
  t.same(rig.tts.rendered, [GRAND], 'its first sentence is rendered, and no more');
  t.equal(rig.audio.queuedSamples, 0, 'nothing is said');
  t.same(rig.details('slot.set'), [], 'nothing is done');
  rig.tts.stuck = true;
  await rig.endTurn();
  await rig.pass(WORD_MS);
  t.match(rig.details('slot.set'), [{ value: 'a grand piano' }]);
  t.match(rig.details('turn.caller').at(-1), { text: 'a grand piano' });
  rig.tts.unstick();
  await rig.listen();
  t.equal(rig.said().at(-1), `${GRAND} And which floor?`);
  t.equal(rig.flow.calls.length, 2, 'the workflow was asked once');
  t.equal(rig.stt.openSessions, 0);
});

t.test('a caller who goes on is answered to all of it', async t => {
  const rig = await asked();
  rig.stt.settled.push(understood('a grand piano'), understood('a grand piano no an upright'));
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.fallSilent();
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.fallSilent();
  rig.tts.rendered.length = 0;
  await rig.endTurn();
  await rig.listen();
  t.same(
    rig.details('slot.set').map(({ value }) => value),
    ['a grand piano no an upright'],
  );
  t.notOk(rig.tts.rendered.includes(GRAND), 'it was rendered once, before');
  t.equal(rig.details('turn.caller').length, 1);
  t.equal(rig.stt.sessions.length, 1, 'all in one utterance');
});

t.test('what the recogniser says at the very end counts, not what it said at a pause', async t => {
  const rig = await asked();
  rig.stt.settled.push(understood('a grand piano'));
  rig.stt.finals.push(understood('an upright piano'));
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.fallSilent();
  await rig.startSpeaking();
  await rig.pass(300, 7);
  await rig.fallSilent();
  await rig.endTurn();
  await rig.listen();
  t.same(
    rig.details('slot.set').map(({ value }) => value),
    ['an upright piano'],
  );
  t.equal(rig.said().at(-1), `${UPRIGHT} And which floor?`);
});

t.test('a workflow is asked again where the recogniser has become less sure of the same words', async t => {
  const rig = await asked();
  rig.stt.settled.push(understood('a grand piano', 0.9));
  rig.stt.finals.push(understood('a grand piano', 0.4));
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.fallSilent();
  await rig.startSpeaking();
  await rig.fallSilent();
  await rig.endTurn();
  t.match(rig.flow.calls.at(-1)?.heard, { text: 'a grand piano', confidence: 0.4 });
});

t.test('what is no word after a pause leaves the reply as it is', async t => {
  const rig = await asked();
  rig.stt.settled.push(understood('a grand piano'), understood('a grand piano'));
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.fallSilent();
  await rig.startSpeaking();
  await rig.fallSilent();
  await rig.endTurn();
  await rig.listen();
  t.equal(rig.tts.rendered.filter(text => text === GRAND).length, 1, 'rendered once');
  t.equal(rig.said().at(-1), `${GRAND} And which floor?`);
});

t.test('a recogniser that hangs at the pause does not keep the turn from ending', async t => {
  const rig = await asked();
  rig.stt.settling = new Promise<never>(() => undefined);
  rig.stt.finals.push(understood('an upright piano'));
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.fallSilent();
  await rig.endTurn(300);
  await rig.pass(200);
  await rig.listen();
  t.match(rig.details('slot.set'), [{ value: 'an upright piano' }]);
  t.equal(rig.stt.openSessions, 0);
});

t.test('the turn that ends while the recogniser still thinks of the pause waits for that', async t => {
  const rig = await asked();
  rig.stt.settled.push(understood('a grand piano'));
  await rig.startSpeaking();
  await rig.pass(500, 7);
  rig.conversation.turn({ type: 'speechEnded', atMs: rig.audio.nowMs });
  await rig.endTurn(0);
  await rig.listen();
  t.match(rig.details('slot.set'), [{ value: 'a grand piano' }]);
  t.equal(rig.said().at(-1), `${GRAND} And which floor?`);
});

t.test('a recogniser that has nothing to say of a pause is asked at the end', async t => {
  const rig = await asked();
  rig.stt.finals.push(understood('an upright piano'));
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.fallSilent();
  t.same(rig.tts.rendered, []);
  await rig.endTurn();
  await rig.listen();
  t.equal(rig.said().at(-1), `${UPRIGHT} And which floor?`);
});

t.test('what is not believed is answered as such, and only at the end', async t => {
  const rig = await asked();
  rig.stt.settled.push(understood('a grand piano', 0.1));
  await rig.startSpeaking();
  await rig.pass(500, 7);
  await rig.fallSilent();
  t.same(rig.tts.rendered, []);
  await rig.endTurn();
  await rig.listen();
  t.match(rig.flow.calls.at(-1)?.heard, { type: 'speech', text: '' });
});

t.test('keys, hanging up and a failing workflow leave nothing behind', async t => {
  for (const end of ['keys', 'hangUp'] as const) {
    const rig = await asked();
    rig.tts.stuck = true;
    rig.stt.settled.push(understood('a grand piano'));
    await rig.startSpeaking();
    await rig.fallSilent();
    t.equal(rig.tts.open, 1);
    if (end === 'keys') rig.conversation.dtmf('1');
    else rig.conversation.lineEnded();
    await rig.pass(10);
    t.equal(rig.tts.open, 0, end);
    t.equal(rig.stt.openSessions, 0, end);
    t.same(rig.details('slot.set'), [], end);
  }
  const rig = await asked();
  rig.flow.script = () => {
    throw new Error('broken');
  };
  rig.stt.settled.push(understood('a grand piano'));
  await rig.startSpeaking();
  await rig.fallSilent();
  t.same(rig.faults, [], 'not before the turn is over');
  await rig.endTurn();
  t.equal(rig.faults.length, 1);
});
