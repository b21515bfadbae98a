import t from 'tap';
import { understood, WORD_MS } from './fakes.ts';
import { Rig } from './rig.ts';

t.test('speaks sentence by sentence, rendering no further ahead than one', async t => {
  const say = ['One two three.', 'Four five six.', 'Seven eight nine.', 'Ten eleven twelve.', 'The end.'];
  const rig = await new Rig(() => ({ say })).answer();
  t.match(rig.tts.rendered, ['One two three.', 'Four five six.', 'Seven eight nine.']);
  t.equal(rig.tts.rendered.length, 3, 'one queued, one waiting, one ahead');
  await rig.pass(WORD_MS);
  t.same(rig.heardSentences(), [1], 'the first words come at once');
  await rig.listen();
  t.same(rig.heardSentences(), [1, 2, 3, 4, 5]);
  t.same(rig.said(), [say.join(' ')]);
  t.equal(rig.details('turn.agent')[0]?.interrupted, false);
});

t.test('hears an answer from before its onset and asks on', async t => {
  const rig = await new Rig(state =>
    state.stage === '1'
      ? { effects: [{ type: 'slotSet', slot: 'floor', value: 2, confirmed: false, sensitive: false }] }
      : {},
  ).answer();
  await rig.listen();
  await rig.pass(500, 3);
  await rig.startSpeaking();
  const [session] = rig.stt.sessions;
  t.equal(session?.expectId, 'stage 1');
  t.equal(session?.written.filter(sample => sample === 3).length, 500 * 8, 'half a second before the onset');
  t.equal(session?.written.filter(sample => sample === 7).length, 60 * 8, 'all since the onset');
  rig.stt.finals.push(understood('second floor'));
  await rig.pass(440, 7);
  await rig.endTurn();
  t.equal(session?.written.filter(sample => sample === 7).length, 500 * 8);
  t.same(rig.flow.calls.at(-1), {
    stage: '1',
    heard: { type: 'speech', text: 'second floor', confidence: 0.9, alternatives: [] },
  });
  t.same(rig.details('slot.set'), [], 'no effect before the reply is heard');
  await rig.pass(WORD_MS);
  t.same(rig.details('slot.set'), [{ slot: 'floor', value: 2, confirmed: false, sensitive: false }]);
  await rig.listen();
  t.match(rig.said(), ['Question number 1 please.', 'Question number 2 please.']);
  const [caller] = rig.details('turn.caller');
  t.match(caller, { turn: 2, text: 'second floor', confidence: 0.9 });
  t.equal(caller!.endMs - caller!.startMs, 500);
  const [latency] = rig.details('turn.latency');
  const { lastSoundMs, endOfTurnMs, sttFinalMs, firstWordMs, firstAudioMs, firstFrameMs } = latency!;
  t.equal(latency?.turn, 2);
  t.equal(endOfTurnMs - lastSoundMs, 300);
  t.ok(endOfTurnMs <= sttFinalMs && sttFinalMs <= firstWordMs);
  t.ok(firstWordMs <= firstAudioMs && firstAudioMs < firstFrameMs);
  t.equal(new Set(rig.events.map(event => event.key)).size, rig.events.length, 'every event has its own key');
});

t.test('an interruption leaves in the transcript what was heard, and nothing stale in the air', async t => {
  const rig = await new Rig(state =>
    state.stage === '0' ? { say: ['Alpha beta gamma delta epsilon.', 'Zeta eta.', 'Theta.', 'Iota.'] } : {},
  ).answer();
  await rig.pass(2 * WORD_MS + 100);
  await rig.startSpeaking();
  await rig.pass(60, 7);
  await rig.bargeIn();
  const heard = rig.audio.playedSamples();
  t.equal(rig.audio.queuedSamples, 0);
  t.same(rig.said(), ['Alpha beta'], 'gamma was cut');
  t.equal(rig.details('turn.agent')[0]?.interrupted, true);
  await rig.pass(300, 7);
  t.equal(rig.audio.playedSamples(), heard, 'not a sample more');
  await rig.endTurn();
  await rig.listen();
  t.same(rig.flow.calls.at(-1)?.stage, '1', 'the greeting stood');
  t.same(rig.said(), ['Alpha beta', 'Question number 2 please.']);
  t.notOk(rig.tts.rendered.includes('Iota.'), 'what was not said was not rendered');
  t.equal(rig.tts.open, 0);
});

t.test('a reply of which no word was heard did not happen', async t => {
  const effects = [{ type: 'outcome', outcome: 'quoted' }] as const;
  const rig = await new Rig(state => (state.stage === '1' ? { effects } : {})).answer();
  await rig.listen();
  rig.stt.finals.push(understood('my address is'), understood('my address is main street'));
  await rig.speak();
  await rig.pass(WORD_MS - 100);
  t.ok(rig.audio.playedSamples() > 0);
  await rig.startSpeaking();
  await rig.bargeIn();
  t.same(rig.details('turn.caller'), []);
  await rig.pass(400, 7);
  await rig.endTurn();
  t.same(
    rig.flow.calls.map(call => call.stage),
    ['0', '1', '1'],
    'the workflow answers the same question again',
  );
  await rig.listen();
  t.same(
    rig.details('turn.caller').map(detail => detail.text),
    ['my address is main street'],
  );
  t.equal(rig.details('call.outcome').length, 1, 'its effects came once');
  t.same(rig.said(), ['Question number 1 please.', 'Question number 2 please.']);
  const whole = rig.stt.sessions.at(-1)?.written.filter(sample => sample === 7).length;
  t.equal(whole, (60 + 500 + 60 + 400) * 8, 'both parts were recognised as one');
});

t.test('the caller who goes on before the agent answers is heard out', async t => {
  t.test('while the recogniser works', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.stt.stuck = true;
    await rig.speak();
    await rig.startSpeaking();
    rig.stt.finals.push(understood('one two'));
    rig.stt.unstick();
    await rig.pass(200, 7);
    t.equal(rig.flow.calls.length, 1, 'nothing was answered yet');
    await rig.endTurn();
    await rig.listen();
    t.equal(rig.flow.calls.length, 2, 'one reply for one turn');
    t.same(
      rig.details('turn.caller').map(detail => detail.text),
      ['one two'],
    );
    t.equal(rig.stt.openSessions, 0);
    const whole = rig.stt.sessions.at(-1)?.written.filter(sample => sample === 7).length;
    t.equal(whole, (60 + 500 + 60 + 200) * 8, 'nothing of it twice');
  });

  t.test('while the voice is rendered', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.tts.stuck = true;
    await rig.speak();
    await rig.startSpeaking();
    rig.tts.unstick();
    await rig.pass(300, 7);
    t.equal(rig.audio.queuedSamples, 0, 'the reply is not said over the caller');
    await rig.endTurn();
    await rig.listen();
    t.same(rig.said(), ['Question number 1 please.', 'Question number 2 please.']);
  });

  t.test('a cough afterwards undoes nothing', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.tts.stuck = true;
    rig.stt.finals.push(understood('grand piano'), understood('grand panda', 0.1));
    await rig.speak();
    await rig.startSpeaking();
    rig.tts.unstick();
    await rig.endTurn();
    await rig.listen();
    t.same(
      rig.details('turn.caller').map(detail => detail.text),
      ['grand piano'],
    );
  });

  t.test('but not for ever', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.tts.stuck = true;
    await rig.speak(rig.turn.maxTurnMs);
    await rig.startSpeaking();
    rig.tts.unstick();
    await rig.pass(WORD_MS + 50, 7);
    t.equal(rig.details('turn.caller').length, 1, 'the longest turn is answered, whatever follows');
  });
});

t.test('a turn begins after the one before it', async t => {
  const rig = await new Rig(state => (state.stage === '1' ? { say: [] } : {})).answer();
  await rig.listen();
  await rig.speak(500, 20);
  await rig.pass(20);
  await rig.startSpeaking();
  const heard = rig.stt.sessions.at(-1)?.written.filter(sample => sample === 7).length;
  t.equal(heard, 60 * 8, 'what was answered is not heard again');
});

t.test('a cut that is told of late does not touch what was said since', async t => {
  const rig = await new Rig(() => ({ say: ['One two three four.'] })).answer();
  await rig.pass(700);
  rig.conversation.dtmf('1');
  rig.conversation.dtmf('#');
  await rig.pass(700);
  rig.conversation.turn({ type: 'bargeIn', atMs: rig.audio.nowMs, heardSamples: 700 * 8 });
  await rig.listen();
  t.same(rig.said(), ['One two', 'One two three four.']);
});

t.test('a backchannel is nothing', async t => {
  const rig = await new Rig(() => ({ say: ['One two three four five six.'] })).answer();
  await rig.pass(WORD_MS);
  await rig.startSpeaking();
  await rig.pass(100, 7);
  const untilMs = rig.audio.nowMs;
  rig.conversation.turn({ type: 'backchannel', atMs: untilMs - 160, untilMs, hold: 0 });
  t.equal(rig.stt.sessions[0]?.state, 'cancelled');
  await rig.listen();
  t.same(rig.said(), ['One two three four five six.']);
  t.equal(rig.flow.calls.length, 1);
  await rig.speak();
  await rig.listen();
  t.equal(rig.flow.calls.length, 2, 'the answer after it is heard');
});

t.test('a command said in short over the agent cuts it, and the agent listens', async t => {
  const rig = await new Rig(() => ({ say: ['One two three four five six.'] })).answer();
  await rig.pass(3 * WORD_MS);
  rig.stt.finals = [understood('wait a moment', 0.5)];
  await rig.interject();
  t.equal(rig.audio.cuts, 1);
  t.same(rig.said(), ['One two three']);
  t.equal(rig.details('turn.agent')[0]?.interrupted, true);
  t.equal(rig.flow.calls.length, 1, 'nothing to answer');
  await rig.speak();
  await rig.listen();
  t.equal(rig.flow.calls.length, 2, 'what the caller says then is answered');
  t.same(rig.faults, []);
});

t.test('a request said in short over the agent cuts it and is answered as a turn', async t => {
  const rig = await new Rig(() => ({ say: ['One two three four five six.'] })).answer();
  await rig.pass(3 * WORD_MS);
  rig.stt.finals = [understood('say that again', 0.8), understood('repeat that')];
  await rig.interject();
  t.same(rig.said(), ['One two three']);
  t.match(rig.flow.calls.at(-1)?.heard, { type: 'speech', text: 'repeat that' });
  const [first, second] = rig.stt.sessions;
  t.same([first?.expectId, second?.expectId], ['interjections', 'stage 1']);
  t.same(second?.written, first?.written, 'the same sound');
  t.equal(first?.written.at(-1), 0, 'with quiet behind it');
  t.ok(first?.written.includes(7), 'with the word in it');
  await rig.listen();
  t.same(rig.said(), ['One two three', 'One two three four five six.']);
  t.match(rig.details('turn.caller'), [{ text: 'repeat that' }]);
});

t.test('nods, doubt and a recogniser that fails or is late do not stop the agent', async t => {
  const interjected = async (prepare: (rig: Rig) => void, held = 1): Promise<Rig> => {
    const rig = await new Rig(() => ({ say: ['One two three four five six.'] })).answer();
    await rig.pass(2 * WORD_MS);
    prepare(rig);
    await rig.interject(held);
    await rig.listen();
    t.same(rig.said(), ['One two three four five six.']);
    t.equal(rig.audio.cuts, 0);
    t.same(rig.faults, []);
    return rig;
  };
  const nodded = await interjected(rig => rig.stt.finals.push(understood('okay', 1)));
  t.same(nodded.audio.wentOn, [1], 'it waits for nothing more');
  const doubted = await interjected(rig => rig.stt.finals.push(understood('okay', 0.3)));
  t.same(doubted.audio.wentOn, [], 'it waits for what may follow');
  await interjected(rig => rig.stt.finals.push(understood('stop', 0.004)));
  await interjected(rig => rig.stt.finals.push(understood('no', 0.9)));
  await interjected(rig => rig.stt.finals.push(understood('', 0)));
  await interjected(rig => {
    rig.stt.openFailures = 1;
  });
  await interjected(rig => {
    rig.stt.finishFailures = 1;
  });
  const late = await interjected(rig => {
    rig.stt.stuck = true;
  });
  t.equal(late.stt.openSessions, 0, 'given up');
  const unheld = await interjected(rig => rig.stt.finals.push(understood('stop', 1)), 0);
  t.same(unheld.stt.sessions, [], 'what the agent was not held for is not even listened to');
});

t.test(
  'a command that is understood when the agent has finished, or another one speaks, cuts nothing',
  async t => {
    const rig = await new Rig(() => ({ say: ['One two.'] })).answer();
    await rig.pass(WORD_MS + 100);
    rig.stt.stuck = true;
    rig.stt.finals = [understood('stop', 1)];
    await rig.interject();
    await rig.listen();
    rig.stt.unstick();
    await rig.pass(20);
    t.equal(rig.audio.cuts, 0);
    t.same(rig.said(), ['One two.']);
  },
);

t.test('speech over what must be said whole does not count, speech that lasts beyond it does', async t => {
  const rig = await new Rig(() => ({ say: ['One two three.'], interruptible: false })).answer();
  t.equal(rig.audio.policy?.interruptible, false);
  await rig.pass(100);
  await rig.speak(100, 100);
  t.equal(rig.stt.sessions[0]?.state, 'cancelled');
  await rig.pass(200);
  await rig.startSpeaking();
  await rig.listen();
  t.same(rig.said(), ['One two three.']);
  await rig.endTurn();
  t.equal(rig.flow.calls.length, 2);
});

t.test('speech in a gap between two sentences ends the reply', async t => {
  const rig = await new Rig(state =>
    state.stage === '0' ? { say: ['One two.', 'Three four.'] } : {},
  ).prepare();
  await rig.voice.keep(['One two.'], 8000);
  rig.tts.stuck = true;
  rig.conversation.answered();
  await rig.listen();
  await rig.startSpeaking();
  rig.tts.unstick();
  await rig.pass(300, 7);
  t.same(rig.said(), ['One two.'], 'the second sentence does not talk over the caller');
  t.equal(rig.details('turn.agent')[0]?.interrupted, true);
  await rig.endTurn();
  await rig.listen();
  t.same(rig.said(), ['One two.', 'Question number 2 please.']);
});

t.test('the first word of the caller before the greeting is heard makes the greeting come again', async t => {
  const rig = await new Rig(() => ({ say: ['Hello there.'] })).answer();
  await rig.startSpeaking();
  await rig.bargeIn();
  t.same(rig.said(), []);
  await rig.endTurn();
  await rig.listen();
  t.same(
    rig.flow.calls.map(call => call.heard.type),
    ['start', 'start'],
  );
  t.same(rig.said(), ['Hello there.']);
});

t.test('recording follows consent, once it is certain', async t => {
  const rig = await new Rig((state, heard) =>
    heard.type === 'speech'
      ? { effects: [{ type: 'consent', kind: 'recording', granted: state.stage === '1' }] }
      : {},
  ).answer();
  await rig.listen();
  await rig.speak();
  t.same(rig.recording, []);
  await rig.listen();
  t.equal(rig.recording.length, 1);
  t.match(rig.recording[0], /^start/);
  await rig.speak();
  await rig.listen();
  t.match(rig.recording[1], /^stop/);
  t.same(
    rig.details('consent.recorded').map(detail => detail.granted),
    [true, false],
  );
});

t.test('says goodbye to its end, then hangs up', async t => {
  const quote = { currency: 'USD', lines: [], totalCents: 1, distanceMiles: 2, booked: true } as const;
  const rig = await new Rig(state =>
    state.stage === '1'
      ? {
          say: ['Thank you and goodbye.'],
          done: true,
          effects: [
            { type: 'quote', quote },
            { type: 'outcome', outcome: 'booked' },
          ],
        }
      : {},
  ).answer();
  await rig.listen();
  await rig.speak();
  t.equal(rig.audio.policy?.interruptible, false);
  await rig.pass(WORD_MS);
  await rig.speak(100, 100);
  t.same(rig.audio.hangUps, [], 'not before the goodbye was heard');
  await rig.listen();
  t.same(rig.audio.hangUps, [{ drain: true }]);
  t.same(rig.said().at(-1), 'Thank you and goodbye.');
  t.same(rig.details('quote.made'), [quote]);
  t.same(rig.conversation.lineEnded(), { failed: false, reason: 'completed' });
  t.equal(rig.timers.open, 0);
});
