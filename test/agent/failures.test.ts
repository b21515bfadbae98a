import t, { type Test } from 'tap';
import { AgentSpeech } from '../../src/agent/agent_speech.ts';
import { LAST_WORDS } from '../../src/agent/farewell.ts';
import { HOLDING_WORDS } from '../../src/agent/holding.ts';
import { inOrder } from '../../src/agent/responder.ts';
import { TrunklineError } from '../../src/config/errors.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { understood } from './fakes.ts';
import { Rig, settle } from './rig.ts';

/** The caller hears the apology and a goodbye, then the line is hung up. */
async function apologises(t: Test, rig: Rig, reason: string, faults = 1): Promise<void> {
  await rig.listen();
  t.equal(rig.said().at(-1), LAST_WORDS.apology);
  t.same(rig.audio.hangUps, [{ drain: true }]);
  t.match(rig.conversation.lineEnded(), { failed: true, reason });
  t.equal(rig.faults.length, faults);
  t.equal(rig.timers.open, 0);
  t.equal(rig.stt.openSessions, 0);
  t.equal(rig.tts.open, 0);
}

t.test('voice', async t => {
  t.test('one failure is made up for', async t => {
    const rig = await new Rig().prepare();
    rig.tts.failures = 1;
    rig.conversation.answered();
    await rig.listen();
    t.same(rig.said(), ['Question number 1 please.']);
    t.same(rig.faults, []);
  });

  t.test('none at all for the greeting', async t => {
    const rig = await new Rig().prepare();
    rig.tts.broken.add('Question number 1 please.');
    rig.conversation.answered();
    await apologises(t, rig, 'INTERNAL');
  });

  t.test('none in the middle of a reply: what is queued is heard first', async t => {
    const rig = await new Rig(() => ({ say: ['One two.', 'Three four.', 'Five six.'] })).prepare();
    rig.tts.broken.add('Three four.');
    rig.conversation.answered();
    await apologises(t, rig, 'INTERNAL');
    t.same(rig.said(), ['One two.', LAST_WORDS.apology]);
  });

  t.test('none in the goodbye', async t => {
    const rig = await new Rig(() => ({ say: ['That is all.', 'Goodbye.'], done: true })).prepare();
    rig.tts.broken.add('Goodbye.');
    rig.conversation.answered();
    await apologises(t, rig, 'INTERNAL');
  });

  t.test('a voice that never comes', async t => {
    const rig = await new Rig().prepare();
    rig.tts.stuck = true;
    rig.conversation.answered();
    await rig.pass(100);
    rig.timers.pass(LIMITS.ttsSentenceMs);
    await settle();
    t.same(rig.faults, [], 'it is tried once more');
    rig.timers.pass(LIMITS.ttsSentenceMs);
    await settle();
    await apologises(t, rig, 'TTS_FAILED');
  });

  t.test('the transcript keeps what the caller said before it', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.tts.broken.add('Question number 2 please.');
    rig.stt.finals.push(understood('a grand piano'));
    await rig.speak();
    await apologises(t, rig, 'INTERNAL');
    t.match(rig.details('turn.caller'), [{ text: 'a grand piano' }]);
  });
});

t.test('recogniser', async t => {
  const openFails = (rig: Rig) => (rig.stt.openFailures = 1);
  const writeFails = (rig: Rig) => (rig.stt.writeFailures = 1);
  const finishFails = (rig: Rig) => (rig.stt.finishFailures = 1);
  for (const breakIt of [openFails, writeFails, finishFails]) {
    t.test(`${breakIt.name}: it is given the whole utterance once more`, async t => {
      const rig = await new Rig().answer();
      await rig.listen();
      breakIt(rig);
      await rig.speak();
      await rig.listen();
      t.same(rig.faults, []);
      t.equal(rig.said().at(-1), 'Question number 2 please.');
      const whole = rig.stt.sessions.at(-1)?.written.filter(sample => sample === 7).length;
      t.equal(whole, 560 * 8);
      t.equal(rig.stt.openSessions, 0);
    });
  }

  t.test('fails twice: the caller is asked again', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.stt.finishFailures = 2;
    await rig.speak();
    await rig.listen();
    t.same(rig.said(), ['Question number 1 please.', 'Question number 2 please.']);
    t.match(rig.flow.calls.at(-1)?.heard, { type: 'speech', text: '' });
    t.equal(rig.faults.length, 1);
    t.same(rig.details('turn.latency'), [], 'there was no final');
    rig.stt.finals.push(understood('a grand piano'));
    await rig.speak();
    await rig.listen();
    rig.stt.finishFailures = 2;
    await rig.speak();
    await rig.listen();
    t.same(rig.audio.hangUps, [], 'and again, where something was understood in between');
  });

  t.test('fails for two turns in a row', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.stt.finishFailures = 4;
    await rig.speak();
    await rig.listen();
    await rig.speak();
    await apologises(t, rig, 'INTERNAL', 2);
  });

  t.test('cannot begin at all', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.stt.openFailures = 1000;
    await rig.speak();
    await rig.listen();
    await rig.speak();
    await apologises(t, rig, 'INTERNAL', 2);
  });

  t.test('never answers: it is not asked anew, and the caller is not left in silence', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.stt.stuck = true;
    await rig.speak();
    const silentMs = await longestSilenceMs(rig, LIMITS.sttFinalMs + 100);
    t.equal(rig.stt.sessions.length, 1);
    await rig.listen();
    t.same(rig.said(), ['Question number 1 please.', HOLDING_WORDS, 'Question number 2 please.']);
    t.ok(silentMs < 3_000, `silent for ${silentMs} ms`);
    await rig.speak();
    await rig.pass(LIMITS.sttFinalMs + 100);
    await apologises(t, rig, 'STT_FAILED', 2);
    t.match(rig.said().slice(-2), [HOLDING_WORDS, LAST_WORDS.apology]);
  });
});

/** While so much time passes. */
async function longestSilenceMs(rig: Rig, ms: number): Promise<number> {
  let [silentMs, longestMs] = [0, 0];
  for (let passedMs = 0; passedMs < ms; passedMs += 10) {
    const played = rig.audio.playedSamples();
    await rig.pass(10);
    silentMs = rig.audio.playedSamples() > played ? 0 : silentMs + 10;
    longestMs = Math.max(longestMs, silentMs);
  }
  return longestMs;
}

t.test('a recogniser that is merely late', async t => {
  t.test('is waited for, with words for the caller meanwhile', async t => {
    const rig = await lateRig();
    await rig.pass(3_000);
    rig.stt.unstick();
    await rig.listen();
    t.same(rig.said(), ['Question number 1 please.', HOLDING_WORDS, 'Question number 2 please.']);
    t.same(rig.faults, []);
    t.equal(rig.stt.sessions.length, 1);
    const [caller, [, held, answer]] = [rig.details('turn.caller'), rig.details('turn.agent')];
    t.match(caller, [{ turn: 2, text: 'a grand piano' }]);
    t.match([held?.turn, answer?.turn], [3, 4], 'in the order of the conversation');
    t.ok(held!.endMs <= answer!.startMs);
  });

  t.test('that answers in time is waited for in silence', async t => {
    const rig = await lateRig();
    await rig.pass(1_500);
    rig.stt.unstick();
    await rig.listen();
    t.same(rig.said(), ['Question number 1 please.', 'Question number 2 please.']);
    t.equal(rig.timers.open, 1, 'the time limit of the call alone');
  });

  t.test('a caller who goes on over the words takes the turn back', async t => {
    const rig = await lateRig();
    await rig.pass(2_300);
    await rig.startSpeaking();
    t.equal(rig.stt.openSessions, 2, 'the audio thread decides');
    rig.stt.stuck = false;
    rig.stt.finals = [understood('a grand piano or two')];
    await rig.bargeIn();
    t.match(rig.details('turn.agent').at(-1), { text: 'One', interrupted: true });
    await rig.pass(500, 7);
    await rig.endTurn();
    await rig.listen();
    t.match(rig.details('turn.caller'), [{ text: 'a grand piano or two' }], 'all of it is one turn');
    t.equal(rig.said().at(-1), 'Question number 2 please.');
    t.equal(rig.stt.openSessions, 0);
  });

  t.test('a line that ends meanwhile keeps what was heard', async t => {
    const rig = await lateRig();
    await rig.pass(2_300);
    rig.conversation.lineEnded();
    await settle();
    t.match(rig.details('turn.agent').at(-1), { text: 'One', interrupted: true });
    t.equal(rig.timers.open, 0);
    t.equal(rig.tts.open, 0);
    t.equal(rig.stt.openSessions, 0);
  });
});

/** A caller has spoken, and the recogniser says nothing until it is told to. */
async function lateRig(): Promise<Rig> {
  const rig = await new Rig().answer();
  await rig.listen();
  rig.stt.stuck = true;
  rig.stt.finals.push(understood('a grand piano'));
  await rig.speak();
  return rig;
}

t.test('workflow', async t => {
  t.test('throws at the greeting', async t => {
    const rig = await new Rig(() => {
      throw new Error('broken workflow');
    }).answer();
    await apologises(t, rig, 'INTERNAL');
  });

  t.test('throws in mid-call', async t => {
    const rig = await new Rig((_, heard) => {
      if (heard.type === 'speech') throw new TrunklineError('WORKFLOW_INVALID', 'stage');
      return {};
    }).answer();
    await rig.listen();
    await rig.speak();
    await apologises(t, rig, 'WORKFLOW_INVALID');
  });

  t.test('says nothing: the caller has the floor', async t => {
    const rig = await new Rig(() => ({ say: [] })).answer();
    await rig.listen();
    await rig.speak();
    await rig.listen();
    t.same(rig.said(), []);
    t.equal(rig.flow.calls.length, 2);
  });

  t.test('says nothing and is done: the line is hung up', async t => {
    const rig = await new Rig(() => ({ say: [' ', ''], done: true })).answer();
    await rig.listen();
    t.same(rig.audio.hangUps, [{ drain: true }]);
  });

  t.test('says too much: cut at a sentence', async t => {
    const sentence = `${'many words '.repeat(30)}end.`;
    const rig = await new Rig(() => ({ say: Array.from({ length: 50 }, () => sentence) })).prepare();
    const sentences = inOrder(Array.from({ length: 50 }, () => sentence));
    const speech = new AgentSpeech(rig.audio, rig.voice, sentences);
    rig.audio.lookAheadSamples = Number.POSITIVE_INFINITY;
    await speech.say();
    const text = speech.heard(Number.POSITIVE_INFINITY);
    t.ok(text.length <= LIMITS.turnCharacters);
    t.ok(text.endsWith('end.'));
  });
});

t.test('a second failure, in the last words, ends the call', async t => {
  const rig = await new Rig().answer();
  await rig.listen();
  rig.conversation.fail(new Error('first'));
  await settle();
  rig.conversation.fail(new Error('second'));
  t.same(rig.audio.hangUps, [{ drain: true }]);
});
