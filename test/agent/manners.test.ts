import t from 'tap';
import { LAST_WORDS } from '../../src/agent/farewell.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { RATE_HZ, understood } from './fakes.ts';
import { Rig } from './rig.ts';

t.test('a silent caller is asked again, then taken leave of', async t => {
  const rig = await new Rig((_, heard) =>
    heard.type === 'silence' ? { say: ['Are you there?'] } : {},
  ).answer();
  await rig.listen();
  for (let i = 0; i < rig.turn.silencePrompts; i += 1) {
    await rig.silence();
    await rig.listen();
    t.equal(rig.said().at(-1), 'Are you there?');
  }
  t.same(rig.audio.hangUps, []);
  await rig.silence();
  await rig.listen();
  t.equal(rig.said().at(-1), LAST_WORDS.silence);
  t.same(rig.audio.hangUps, [{ drain: true }]);
  t.same(rig.faults, []);
  t.match(rig.conversation.lineEnded(), { failed: false, reason: 'silence' });
  t.equal(rig.timers.open, 0);
});

t.test('a workflow that takes leave of a silent caller does it in its own words', async t => {
  const rig: Rig = await new Rig(() => {
    const silences = rig.flow.calls.filter(call => call.heard.type === 'silence').length;
    return silences > 3 ? { say: ['We will call you back.'], done: true } : {};
  }).prepare();
  rig.conversation.answered();
  await rig.listen();
  for (let i = 0; i <= rig.turn.silencePrompts; i += 1) {
    await rig.silence();
    await rig.listen();
  }
  t.equal(rig.said().at(-1), 'We will call you back.');
  t.same(rig.audio.hangUps, [{ drain: true }]);
  t.match(rig.conversation.lineEnded(), { failed: false, reason: 'completed' });
});

t.test('an answer makes up for all silence before it, noise does not', async t => {
  const rig = await new Rig().answer();
  await rig.listen();
  const quietThenAnswer = async (text: string) => {
    for (let i = 0; i < rig.turn.silencePrompts; i += 1) {
      await rig.silence();
      await rig.listen();
    }
    rig.stt.finals.push(understood(text));
    await rig.speak();
    await rig.listen();
  };
  await quietThenAnswer('yes');
  await quietThenAnswer('');
  t.same(rig.audio.hangUps, []);
  await rig.silence();
  await rig.listen();
  t.equal(rig.said().at(-1), LAST_WORDS.silence);
});

t.test('silence is no matter while anybody speaks', async t => {
  const rig = await new Rig(() => ({ say: ['One two three four.'] })).answer();
  const silence = { type: 'silence', silentForMs: 7000 } as const;
  rig.conversation.turn({ ...silence, atMs: rig.audio.nowMs });
  await rig.listen();
  t.equal(rig.flow.calls.length, 1);
  await rig.startSpeaking();
  await rig.pass(300, 7);
  rig.conversation.turn({ ...silence, atMs: rig.audio.nowMs });
  await rig.listen();
  t.equal(rig.flow.calls.at(-1)?.heard.type, 'speech', 'a turn without an end ends with the silence');
});

t.test('noise that yields nothing understood is not asked about for ever', async t => {
  const rig = await new Rig((_, heard) =>
    heard.type === 'speech' && heard.text === '' ? { say: ['Sorry, again please.'] } : {},
  ).answer();
  await rig.listen();
  for (let i = 0; i < LIMITS.turnsNotUnderstood; i += 1) {
    rig.stt.finals.push(understood(`garbage ${i}`, 0.1));
    await rig.speak();
    await rig.listen();
    t.equal(rig.said().at(-1), 'Sorry, again please.', 'what is not certain is not acted on');
  }
  rig.stt.finals.push(understood(''));
  await rig.speak();
  await rig.listen();
  t.equal(rig.said().at(-1), LAST_WORDS.notUnderstood);
  t.same(rig.audio.hangUps, [{ drain: true }]);
  t.match(rig.conversation.lineEnded(), { failed: false, reason: 'notUnderstood' });
});

t.test('a caller who interrupts every question with nonsense is taken leave of as well', async t => {
  const rig = await new Rig().answer();
  await rig.pass(700);
  for (let i = 0; i <= LIMITS.turnsNotUnderstood; i += 1) {
    rig.stt.finals.push(understood(''));
    await rig.startSpeaking();
    await rig.bargeIn();
    await rig.endTurn();
    await rig.pass(700);
  }
  t.equal(rig.audio.policy?.interruptible, false, 'the last words are said whole');
  await rig.listen();
  t.equal(rig.said().at(-1), LAST_WORDS.notUnderstood);
});

t.test('a call longer than the limit ends politely', async t => {
  const say = ['One two three.', 'Four five six.', 'Seven eight nine.', 'Ten.'];
  const rig = await new Rig(() => ({ say })).prepare();
  await rig.voice.keep(say, RATE_HZ);
  rig.conversation.answered();
  await rig.pass(100);
  rig.timers.pass(LIMITS.callMinutes * 60_000);
  await rig.listen();
  const said = rig.said();
  t.equal(said.at(-1), LAST_WORDS.timeLimit);
  t.equal(said[0], 'One two three. Four five six.', 'what is queued is heard, and nothing after it');
  t.same(rig.audio.hangUps, [{ drain: true }]);
  t.match(rig.conversation.lineEnded(), { failed: false, reason: 'timeLimit' });
  t.equal(rig.timers.open, 0);
});

t.test('a line on which the last words never come to an end is hung up', async t => {
  const rig = await new Rig().answer();
  rig.timers.pass(LIMITS.callMinutes * 60_000);
  t.same(rig.audio.hangUps, []);
  rig.timers.pass(LIMITS.farewellMs);
  t.same(rig.audio.hangUps, [{ drain: false }]);
});

t.test('keys', async t => {
  const keysOf = (rig: Rig) => rig.flow.calls.map(call => call.heard).filter(heard => heard.type === 'keys');

  t.test('end with the hash key', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    for (const key of '55501#') rig.conversation.dtmf(key);
    t.same(keysOf(rig), [{ type: 'keys', digits: '55501' }]);
    await rig.listen();
    t.equal(rig.said().at(-1), 'Question number 2 please.');
    t.match(rig.details('turn.caller'), [{ text: '55501', confidence: 1 }]);
  });

  t.test('or with a pause', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.conversation.dtmf('4');
    await rig.pass(2900);
    rig.conversation.dtmf('2');
    await rig.pass(2900);
    t.same(keysOf(rig), []);
    await rig.pass(200);
    t.same(keysOf(rig), [{ type: 'keys', digits: '42' }]);
  });

  t.test('or at the limit', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    for (let i = 0; i < 1000; i += 1) rig.conversation.dtmf('9');
    await rig.listen();
    t.ok(keysOf(rig).every(heard => heard.digits.length === LIMITS.dtmfKeys));
  });

  t.test('interrupt the agent and take the place of speech', async t => {
    const rig = await new Rig(() => ({ say: ['One two three four.'] })).answer();
    await rig.pass(700);
    await rig.startSpeaking();
    rig.conversation.dtmf('1');
    t.equal(rig.audio.cuts, 1);
    t.same(rig.said(), ['One two']);
    t.equal(rig.stt.openSessions, 0);
    rig.conversation.dtmf('#');
    await rig.listen();
    t.same(rig.said(), ['One two', 'One two three four.']);
  });

  t.test('wait for the end of what must be said whole', async t => {
    const rig = await new Rig(() => ({ say: ['One two three four.'], interruptible: false })).answer();
    await rig.listen();
    await rig.speak();
    await rig.pass(500);
    for (const key of '7#') rig.conversation.dtmf(key);
    t.equal(rig.audio.cuts, 0);
    t.same(keysOf(rig), []);
    await rig.listen();
    t.same(keysOf(rig), [{ type: 'keys', digits: '7' }]);
  });

  t.test('0 waits for the greeting, and others mean nothing before it', async t => {
    const early = async (keys: string) => {
      const rig = await new Rig(() => ({ say: ['One two three four.'] })).answer();
      for (const key of keys) rig.conversation.dtmf(key);
      t.equal(rig.audio.cuts, 0);
      await rig.listen();
      await rig.pass(3100);
      t.equal(rig.said()[0], 'One two three four.', 'it is heard whole');
      return keysOf(rig);
    };
    t.same(await early('0'), [{ type: 'keys', digits: '0' }]);
    t.same(await early('0#'), [{ type: 'keys', digits: '0' }]);
    t.same(await early('1'), [], 'nothing can be agreed to that was not asked');
  });

  t.test('are silence when there are none', async t => {
    const rig = await new Rig().answer();
    await rig.listen();
    rig.conversation.dtmf('#');
    t.same(keysOf(rig), []);
    t.equal(rig.timers.open, 1, 'the call limit');
  });
});
