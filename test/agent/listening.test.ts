import t from 'tap';
import { understood } from './fakes.ts';
import { Rig } from './rig.ts';

t.test('endpointing is as patient as the step asks for', async t => {
  const rig = await new Rig(state => ({ patience: state.stage === '0' ? 'yesNo' : 'long' })).answer();
  t.equal(rig.audio.policy?.endOfTurnPauseMs, rig.turn.endOfTurnPauseMs.yesNo);
  t.equal(rig.audio.policy?.tellsGaps, false, 'nobody would think at a gap');
  await rig.listen();
  rig.tts.stuck = true;
  await rig.speak();
  t.equal(rig.audio.policy?.endOfTurnPauseMs, rig.turn.endOfTurnPauseMs.long);
  await rig.startSpeaking();
  const { yesNo, long } = rig.turn.endOfTurnPauseMs;
  const pauseMs = rig.audio.policy?.endOfTurnPauseMs ?? 0;
  t.ok(pauseMs > yesNo && pauseMs < long, 'the question still stands, with more patience after a cut-off');
});

t.test('endpointing follows the words, also while the caller pauses', async t => {
  const rig = await new Rig(() => ({ patience: 'normal' })).answer();
  await rig.listen();
  const { normal } = rig.turn.endOfTurnPauseMs;
  const pauseAfter = async (text: string): Promise<number> => {
    rig.stt.sessions.at(-1)?.partial(text);
    await rig.pass(20, 7);
    return rig.audio.policy?.endOfTurnPauseMs ?? 0;
  };
  await rig.startSpeaking();
  t.equal(rig.audio.policy?.endOfTurnPauseMs, normal);
  t.ok((await pauseAfter('my number is five five five')) > normal, 'a number that goes on');
  t.ok((await pauseAfter('i would like to book it for next friday please')) < normal, 'a whole sentence');
  rig.stt.settled.push(understood('i would like to book it and'));
  await rig.fallSilent();
  t.ok((rig.audio.policy?.endOfTurnPauseMs ?? 0) > normal, 'what the recogniser says at the pause counts');
  await rig.endTurn();
  const late = rig.audio.policy?.endOfTurnPauseMs;
  rig.stt.sessions[0]?.partial('yes');
  t.equal(rig.audio.policy?.endOfTurnPauseMs, late, 'words of a turn that is over change nothing');
});

t.test('words that came after the last sound are all that are waited for', async t => {
  const rig = await new Rig(() => ({ patience: 'yesNo' })).answer();
  await rig.listen();
  await rig.startSpeaking();
  rig.stt.sessions.at(-1)?.partial('yes');
  const pauseMs = (): number => rig.audio.policy?.endOfTurnPauseMs ?? 0;
  t.ok(pauseMs() > 230, 'there may be others on their way');
  await rig.pass(130);
  rig.stt.settled.push(understood('yes'));
  rig.conversation.turn({ type: 'speechEnded', atMs: rig.audio.nowMs - 130 });
  await rig.pass(10);
  t.ok(pauseMs() < 250, `${pauseMs()}`);
});
