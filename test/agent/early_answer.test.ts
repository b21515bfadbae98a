import t from 'tap';
import { understood, WORD_MS } from './fakes.ts';
import { Rig } from './rig.ts';

/** Longer than is waited for more behind a word over a question. */
const A_WHILE_MS = 1300;

/** A question behind a sentence of another kind, with the caller's word over its middle. */
async function asked(): Promise<Rig> {
  const rig = await new Rig(() => ({ say: ['One two three.', 'Four five six seven?'] })).answer();
  await rig.pass(5 * WORD_MS);
  return rig;
}

t.test('a word over a question is its answer when nothing else follows', async t => {
  const rig = await asked();
  rig.stt.finals = [understood('yes'), understood('yes it is')];
  await rig.interject();
  await rig.listen();
  t.same(rig.said(), ['One two three. Four five six seven?'], 'it is asked to its end');
  await rig.pass(A_WHILE_MS - 200);
  t.equal(rig.flow.calls.length, 1, 'there may be more to come');
  await rig.pass(200);
  t.match(rig.flow.calls[1]?.heard, { type: 'speech', text: 'yes it is' });
  const [nod, answer, ...others] = rig.stt.sessions;
  t.same(others, []);
  t.same([nod?.expectId, answer?.expectId], ['interjections', 'stage 1'], 'by what may be answered');
  t.same(answer?.written, nod?.written, 'the same sound');
  await rig.listen();
  t.match(rig.details('turn.caller'), [{ text: 'yes it is' }]);
  t.same(rig.details('turn.latency'), [], 'nobody waited from its last sound on');
  t.same(rig.faults, []);
  rig.conversation.lineEnded();
  t.equal(rig.timers.open, 0);
});

t.test('an answer whose interjection is understood after the question is taken as well', async t => {
  const rig = await asked();
  rig.stt.stuck = true;
  rig.stt.finals = [understood('yes'), understood('yes')];
  await rig.pass(WORD_MS);
  await rig.interject();
  await rig.listen();
  rig.stt.unstick();
  await rig.pass(A_WHILE_MS);
  t.match(rig.flow.calls[1]?.heard, { type: 'speech', text: 'yes' });
});

t.test('whoever says more is heard, and the word was a nod', async t => {
  const rig = await asked();
  rig.stt.finals = [understood('yes'), understood('no wait it is not')];
  await rig.interject();
  await rig.listen();
  await rig.pass(A_WHILE_MS - 300);
  await rig.speak();
  await rig.listen();
  await rig.pass(2 * A_WHILE_MS);
  t.equal(rig.flow.calls.length, 2);
  t.match(rig.flow.calls[1]?.heard, { text: 'no wait it is not' });
});

t.test('a nod before the question begins answers nothing', async t => {
  const rig = await new Rig(() => ({ say: ['One two three.', 'Four five six seven?'] })).answer();
  await rig.pass(WORD_MS);
  rig.stt.finals = [understood('yes'), understood('yes')];
  await rig.interject();
  await rig.listen();
  await rig.pass(2 * A_WHILE_MS);
  t.equal(rig.flow.calls.length, 1);
  t.equal(rig.stt.sessions.length, 1);
});

t.test('what is no answer, or not understood, is waited for as if nothing had been said', async t => {
  for (const prepare of [
    (rig: Rig) => rig.stt.finals.push(understood('mm hm'), understood('', 0)),
    (rig: Rig) => rig.stt.finals.push(understood('mm hm'), understood('blue', 0.5)),
    (rig: Rig) => {
      rig.stt.finals.push(understood('mm hm'));
      rig.stt.finishFailures = 3;
    },
  ]) {
    const rig = await asked();
    prepare(rig);
    await rig.interject();
    await rig.listen();
    await rig.pass(2 * A_WHILE_MS);
    t.equal(rig.flow.calls.length, 1);
    t.equal(rig.stt.openSessions, 0);
    t.same(rig.faults, []);
    rig.stt.finals = [understood('yes')];
    await rig.speak();
    t.equal(rig.flow.calls.length, 2, 'the answer after it is heard');
  }
});

t.test('what is understood when the agent speaks again is too late', async t => {
  const rig = await asked();
  rig.stt.finals = [understood('yes'), understood('yes')];
  await rig.interject();
  await rig.listen();
  rig.stt.stuck = true;
  await rig.pass(A_WHILE_MS);
  await rig.silence();
  t.equal(rig.flow.calls.at(-1)?.heard.type, 'silence');
  rig.stt.unstick();
  await rig.listen();
  await rig.pass(A_WHILE_MS);
  t.equal(rig.flow.calls.length, 2, 'one reply, not two');
  t.equal(rig.stt.openSessions, 0);
});

t.test('a key or the end of the line undoes it', async t => {
  const pressed = await asked();
  pressed.stt.finals = [understood('yes'), understood('yes')];
  await pressed.interject();
  await pressed.listen();
  pressed.conversation.dtmf('1');
  await pressed.pass(6000);
  t.match(
    pressed.flow.calls.map(({ heard }) => heard.type),
    ['start', 'keys'],
  );
  const gone = await asked();
  gone.stt.finals = [understood('yes'), understood('yes')];
  await gone.interject();
  await gone.listen();
  gone.conversation.lineEnded();
  t.equal(gone.timers.open, 0);
  await gone.pass(2 * A_WHILE_MS);
  t.equal(gone.flow.calls.length, 1);
});

t.test('who says "operator" or "zero" in short over the agent is answered by that word', async t => {
  const over = async (word: string, say: readonly string[]) => {
    const rig = await new Rig(() => ({ say })).answer();
    await rig.pass(3 * WORD_MS);
    rig.stt.finals = [understood(word, 0.95), understood(word, 0.95)];
    await rig.interject();
    t.equal(rig.audio.cuts, 1);
    t.same(rig.said(), ['One two three']);
    return rig;
  };
  const question = ['One two three four five six.'];
  for (const word of ['operator', 'zero']) {
    const rig = await over(word, question);
    t.match(rig.flow.calls.at(-1)?.heard, { type: 'speech', text: word });
    t.same(
      rig.stt.sessions.map(({ expectId }) => expectId),
      ['interjections', 'interjections'],
      'which the grammar of the question need not have',
    );
    await rig.listen();
    t.match(rig.details('turn.caller'), [{ text: word }]);
  }
  const before = ['One two three four.', 'Five six?'];
  t.match((await over('operator', before)).flow.calls.at(-1)?.heard, { text: 'operator' });
  const early = await over('zero', before);
  t.equal(early.flow.calls.length, 1, 'no answer to what was not asked: it may be said again');
});
