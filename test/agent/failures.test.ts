import t, { type Test } from 'tap';
import { AgentSpeech } from '../../src/agent/agent_speech.ts';
import { LAST_WORDS } from '../../src/agent/farewell.ts';
import { inOrder } from '../../src/agent/responder.ts';
import { TrunklineError } from '../../src/config/errors.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { understood } from './fakes.ts';
import { Rig, settle } from './rig.ts';

/** The caller hears the apology and a goodbye, then the line is hung up. */
async function apologises(t: Test, rig: Rig, reason: string): Promise<void> {
  await rig.listen();
  t.equal(rig.said().at(-1), LAST_WORDS.apology);
  t.same(rig.audio.hangUps, [{ drain: true }]);
  t.match(rig.conversation.lineEnded(), { failed: true, reason });
  t.equal(rig.faults.length, 1);
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

  t.test('fails twice', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.stt.finishFailures = 2;
    await rig.speak();
    await apologises(t, rig, 'INTERNAL');
  });

  t.test('cannot begin at all', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.stt.openFailures = 1000;
    await rig.speak();
    await apologises(t, rig, 'INTERNAL');
  });

  t.test('never answers', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.stt.stuck = true;
    await rig.speak();
    rig.timers.pass(LIMITS.sttFinalMs);
    await settle();
    t.equal(rig.stt.sessions.length, 2, 'asked once more');
    rig.timers.pass(LIMITS.sttFinalMs);
    await settle();
    await apologises(t, rig, 'STT_FAILED');
  });
});

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
