import t from 'tap';
import type { SpeechLimits } from '../../src/providers/speech/realtime_exchange.ts';
import { pinGate } from '../../src/workflow/pin_gate.ts';
import { until } from '../providers/realtime_speech_rig.ts';
import { understood } from './fakes.ts';
import { answers, FAILURES, listen, ownSoundMs, play, realtimeCall, say } from './realtime_rig.ts';
import { settle } from './rig.ts';
import { talkFlow } from './talk_flow.ts';

const GREETING = 'This is an automated assistant. How can I help you?';
const WORDS = ['Of', 'course,', 'which', 'floor?'];
const ANSWER = WORDS.join(' ');
/** Only what is late is not waited for. */
function timeouts(fault: string): Partial<SpeechLimits> {
  if (fault === 'silent') return { silentMs: 200 };
  if (fault === 'noAnswer') return { firstSoundMs: 500 };
  return fault === 'stalled' ? { stalledMs: 300 } : {};
}

t.test('the caller is heard and answered by the model itself', async t => {
  const call = await realtimeCall(t);
  const { rig, server, llm } = call;
  t.same(rig.said(), [GREETING], 'the greeting is the workflow’s, by its voice');
  server.answers.push({ heard: 'Can you move my piano?', words: WORDS });
  await say(call);
  await listen(rig);
  t.equal(rig.said().at(-1), ANSWER);
  t.match(rig.details('turn.caller'), [{ text: 'can you move my piano', confidence: 0.9 }]);
  t.ok(ownSoundMs(rig) > 1000, 'with its own sound');
  t.notOk(
    rig.tts.rendered.some(sentence => sentence.includes('course')),
    'and no voice of ours',
  );
  t.same([llm.requests.length, rig.stt.sessions.length], [0, 0], 'nobody else is asked');
  const [latency] = rig.details('turn.latency');
  const { lastSoundMs, endOfTurnMs, sttFinalMs, firstWordMs, firstAudioMs, firstFrameMs } = latency!;
  const instants = [lastSoundMs, endOfTurnMs, sttFinalMs, firstWordMs, firstAudioMs, firstFrameMs];
  t.same(
    instants.toSorted((a, b) => a - b),
    instants,
  );
  t.ok(lastSoundMs > 0);
  const provider = 'realtime';
  t.match(latency, { heardBy: { provider }, thoughtBy: { provider }, spokenBy: { provider } });

  server.answers.push({ heard: 'the second', words: ['Good.'] });
  await say(call);
  await listen(rig);
  t.equal(server.handshakes, 1, 'on the same connection');
  t.same(
    server.latest.memory.map(({ role, text }) => `${role}: ${text}`),
    [
      `assistant: ${GREETING}`,
      'user: Can you move my piano?',
      `assistant: ${ANSWER}`,
      'user: the second',
      'assistant: Good.',
    ],
  );
  t.match(server.latest.settings?.instructions, /receptionist of a piano mover[\s\S]*Today is 2025-01-01/u);
  t.same(call.outcomes, ['ok', 'ok']);
  t.same(rig.faults, []);
});

t.test('interrupted, it remembers as much as was heard, and so does the record', async t => {
  const call = await realtimeCall(t);
  const { rig, server } = call;
  server.answers.push({ heard: 'tell me', words: WORDS, wordMs: 400, holdAfter: 3 });
  await say(call);
  await until(() => server.latest.memory.at(-1)?.soundMs === 1200);
  await play(rig, 900);
  await rig.bargeIn();
  await settle();
  await until(() => server.told('conversation.item.truncate').length > 0);
  const [cut] = server.told('conversation.item.truncate');
  const heardMs =
    rig.audio.heard.length / 8 - rig.audio.heard.findIndex(sample => Math.abs(sample) > 2_000) / 8;
  t.ok(
    Math.abs(Number(cut?.audio_end_ms) - heardMs) <= 11,
    `cut at ${String(cut?.audio_end_ms)} of ${heardMs} ms`,
  );
  t.equal(server.told('response.cancel').length, 1);
  t.match(rig.details('turn.agent').at(-1), { text: 'Of course,', interrupted: true });
  server.answers.push({ heard: 'stop it', words: ['Sorry.'] });
  await rig.pass(300, 7);
  await rig.endTurn();
  await answers(call);
  await listen(rig);
  t.equal(rig.said().at(-1), 'Sorry.');
  t.equal(server.handshakes, 1);
  t.equal(server.latest.memory.at(-3)?.soundMs, cut?.audio_end_ms);
});

t.test('a caller who goes on before a word was heard is answered as a whole, once', async t => {
  const call = await realtimeCall(t);
  const { rig, server } = call;
  server.answers.push({ heard: 'move', words: WORDS }, { heard: 'move my piano', words: ['When?'] });
  await rig.speak(500);
  await answers(call);
  await rig.startSpeaking();
  await rig.bargeIn();
  await rig.pass(500, 7);
  await rig.endTurn();
  await answers(call);
  await listen(rig);
  t.same(rig.said(), [GREETING, 'When?']);
  t.same(
    rig.details('turn.caller').map(({ text }) => text),
    ['move my piano'],
  );
  t.same(
    server.latest.memory.map(({ role }) => role),
    ['assistant', 'user', 'assistant'],
    'of the first there is no trace',
  );
  const [first = [], second = []] = server.latest.heard;
  t.ok(second.length > first.length + 0.4 * 24_000, 'it hears all of it once more');
  t.same(rig.faults, []);
});

t.test('by a way that it chooses the workflow goes on with its own voice', async t => {
  for (const words of [['You', 'are', 'welcome.'], []]) {
    const call = await realtimeCall(t);
    const { rig, server } = call;
    server.answers.push({
      heard: 'that was all',
      words,
      call: { name: 'go_on', arguments: '{"way":"done"}' },
    });
    await say(call);
    await listen(rig);
    t.equal(rig.said().at(-1), [...words, 'Thank you for calling. Goodbye.'].join(' '));
    t.same(rig.details('call.outcome'), [{ outcome: 'answered' }]);
    t.same(rig.audio.hangUps, [{ drain: true }]);
    await until(() => server.open === 0, 'the connection is closed');
  }
});

t.test('ways that were not heard, or that there are not, are not taken', async t => {
  const call = await realtimeCall(t);
  const { rig, server } = call;
  server.answers.push({
    heard: 'thanks',
    words: WORDS,
    call: { name: 'go_on', arguments: '{"way":"done"}' },
  });
  await say(call);
  await play(rig, 700);
  await rig.bargeIn();
  await rig.pass(300, 7);
  server.answers.push({
    heard: 'wait',
    words: WORDS,
    call: { name: 'go_on', arguments: '{"way":"nowhere"}' },
  });
  await rig.endTurn();
  await answers(call);
  await listen(rig);
  server.answers.push({ heard: 'well', words: WORDS, call: { name: 'pay', arguments: '{"way":"done"}' } });
  await say(call);
  await listen(rig);
  t.same(rig.details('call.outcome'), []);
  t.same(rig.audio.hangUps, []);
  t.same(rig.said().slice(-2), [ANSWER, ANSWER]);
});

t.test('where it fails before it speaks the chain answers', async t => {
  const cases = [{ type: 'silent' }, { type: 'garbage' }, { type: 'noAnswer' }, { type: 'killed' }] as const;
  for (const fault of cases) {
    const call = await realtimeCall(t, { limits: timeouts(fault.type) });
    const { rig, server, llm } = call;
    server.fault = fault;
    server.answers.push({ heard: 'how much', words: WORDS });
    rig.stt.finals.push(understood('how much'));
    llm.answers.push(['It costs nothing.']);
    await say(call);
    await listen(rig);
    t.equal(rig.said().at(-1), 'It costs nothing.', fault.type);
    t.match(rig.details('turn.caller').at(-1), { text: 'how much' });
    t.equal(rig.faults.length, 1, 'and the fault is told once');
    t.equal(ownSoundMs(rig), 0);

    server.fault = undefined;
    call.bePatient();
    server.answers.length = 0;
    server.answers.push({ heard: 'good', words: ['Back', 'again.'] });
    await say(call);
    await listen(rig);
    t.equal(rig.said().at(-1), 'Back again.', 'the next turn is its own');
    t.same(
      server.latest.memory.slice(0, 2).map(({ role, text }) => `${role}: ${text}`),
      ['user: how much', 'assistant: It costs nothing.'],
      'and it knows what was said meanwhile',
    );
  }
});

t.test('without a chain the call goes where the workflow says', async t => {
  for (const type of ['silent', 'noAnswer'] as const) {
    const call = await realtimeCall(t, { hasModel: false, limits: timeouts(type) });
    const { rig, server } = call;
    server.fault = { type };
    server.answers.push({ heard: 'how much', words: WORDS });
    rig.stt.finals.push(understood(''));
    await say(call);
    await listen(rig);
    t.equal(rig.said().at(-1), 'Somebody will call you back. Goodbye.', type);
    t.same(rig.details('call.outcome'), [{ outcome: 'callback' }]);
  }
});

t.test('cut off in mid-answer, the model of the chain goes on behind what was said', async t => {
  for (const type of ['killedInAnswer', 'stalled', 'badSound'] as const) {
    const call = await realtimeCall(t, { limits: timeouts(type) });
    const { rig, server, llm } = call;
    server.fault = { type };
    server.answers.push({ heard: 'how much', words: WORDS });
    llm.answers.push(['which floor is it on?']);
    await say(call);
    await until(() => llm.requests.length === 1);
    await listen(rig);
    const said = rig.said().at(-1);
    t.match(said, /^Of(?: course,)? which floor is it on\?$/u, `${type}: ${said}`);
    t.match(llm.requests[0]?.messages.slice(-3), [
      { role: 'user', text: 'how much' },
      { role: 'assistant', text: /^Of/u },
      { role: 'user', text: /cut off/u },
    ]);
    server.fault = undefined;
    call.bePatient();
    server.answers.push({ heard: 'the third', words: ['Good.'] });
    await say(call);
    await listen(rig);
    t.same(
      server.latest.memory.map(({ role, text }) => `${role}: ${text}`),
      ['user: how much', `assistant: ${said}`, 'user: the third', 'assistant: Good.'],
    );
  }
  const call = await realtimeCall(t, { hasModel: false });
  call.server.fault = { type: 'killedInAnswer' };
  call.server.answers.push({ heard: 'how much', words: WORDS });
  await say(call);
  await listen(call.rig);
  t.match(call.rig.said().at(-1), /^Of(?: course,)? Somebody will call you back\. Goodbye\.$/u);
});

t.test('a connection that was lost between two turns is replaced, and nobody hears of it', async t => {
  const call = await realtimeCall(t);
  const { rig, server, llm } = call;
  server.answers.push({ heard: 'first', words: ['One.'] }, { heard: 'second', words: ['Two.'] });
  await say(call);
  await listen(rig);
  server.cut();
  await until(() => server.open === 0);
  await say(call);
  await listen(rig);
  t.equal(rig.said().at(-1), 'Two.');
  t.same([server.handshakes, llm.requests.length, rig.faults.length], [2, 0, 0]);
  t.same(
    server.latest.memory.map(({ text }) => text),
    ['first', 'One.', 'second', 'Two.'],
  );

  // It dies while the caller speaks: what was heard before goes over the next one, too.
  await rig.startSpeaking();
  await play(rig, 300);
  server.cut();
  await until(() => server.open === 0);
  await play(rig, 300);
  await rig.endTurn();
  await answers(call);
  await listen(rig);
  t.equal(server.handshakes, 3);
  t.ok((server.latest.heard[0]?.length ?? 0) > 0.9 * 24_000);
  t.same([llm.requests.length, rig.faults.length], [0, 0]);
});

t.test('an answer that takes long is covered up once, by the workflow’s words', async t => {
  const call = await realtimeCall(t);
  const { rig, server } = call;
  server.answers.push({ heard: 'how much', words: ['Ninety', 'dollars.'], holdAfter: 0 });
  await rig.speak();
  await until(() => server.sessions[0]?.isSpeaking === true);
  await until(() => rig.timers.open > 0);
  await play(rig, 1100);
  t.equal(rig.tts.rendered.at(-1), 'One moment please.');
  server.latest.release();
  await play(rig, 100);
  await listen(rig);
  t.equal(rig.said().at(-1), 'One moment please. Ninety dollars.');
  server.answers.push({ heard: 'good', words: ['Yes.'] });
  server.cut();
  await until(() => server.open === 0);
  await say(call);
  t.equal(server.latest.memory[1]?.text, 'Ninety dollars.', 'they are not the model’s');
});

t.test('who fails again and again is not asked for a while', async t => {
  const call = await realtimeCall(t);
  const { rig, server, llm } = call;
  server.fault = { type: 'garbage' };
  for (let turn = 0; turn < FAILURES + 2; turn += 1) {
    rig.stt.finals.push(understood(`question ${turn}`));
    llm.answers.push([`Answer ${turn}.`]);
    await say(call);
    await listen(rig);
    t.equal(rig.said().at(-1), `Answer ${turn}.`);
  }
  t.equal(call.outcomes.length, FAILURES);
  t.throws(() => call.engine.open({ rateHz: 8000, setup: { instructions: '', tools: [] }, said: [] }));
  const wrong = await realtimeCall(t, { key: 'wrong' });
  wrong.rig.stt.finals.push(understood('hello'), understood('hello again'));
  await say(wrong);
  await listen(wrong.rig);
  await say(wrong);
  t.same(wrong.outcomes, ['auth'], 'a refused key is enough');
});

t.test('outside of what a model leads, nothing of it is heard by one', async t => {
  const call = await realtimeCall(t, { flow: pinGate(talkFlow(), '1234') });
  const { rig, server } = call;
  rig.stt.finals.push(understood('what is that'));
  await rig.speak();
  await listen(rig);
  t.equal(rig.stt.sessions.length, 1);
  t.same(server.events, []);
  for (const key of '1234#') await rig.conversation.dtmf(key);
  await listen(rig);
  server.answers.push({ heard: 'hello', words: ['Hello.'] });
  await say(call);
  await listen(rig);
  t.equal(rig.said().at(-1), 'Hello.');
});

t.test('hanging up in mid-answer leaves nothing open', async t => {
  const call = await realtimeCall(t);
  const { rig, server, talk } = call;
  server.answers.push({ heard: 'hello', words: WORDS, holdAfter: 2 });
  await say(call);
  await play(rig, 400);
  rig.conversation.lineEnded();
  talk.close();
  await until(() => server.open === 0);
  t.equal(rig.timers.open, 0);
  t.same(rig.said().at(-1), 'Of');
  t.same(rig.faults, []);
});

t.test(
  'what every agent honours is the workflow’s, and a caller who wants it slower hears the model slower',
  async t => {
    const call = await realtimeCall(t);
    const { rig, server } = call;
    server.answers.push({ heard: 'Can you speak more slowly please?', words: WORDS });
    await say(call);
    await listen(rig);
    t.match(rig.said().at(-1), /I will speak more slowly\./u);
    t.equal(ownSoundMs(rig), 0, 'what the model would have said is not heard');
    t.match(rig.details('intent.heard'), [{ intent: 'slower' }]);
    server.answers.push({ heard: 'how much', words: WORDS, wordMs: 500 });
    await say(call);
    await play(rig, 1200);
    await rig.bargeIn();
    await until(() => server.told('conversation.item.truncate').length > 0);
    const heardMs =
      rig.audio.heard.length / 8 - rig.audio.heard.findIndex(sample => Math.abs(sample) > 2_000) / 8;
    const cutMs = Number(server.told('conversation.item.truncate')[0]?.audio_end_ms);
    t.ok(Math.abs(cutMs - 0.85 * heardMs) < 40, `cut at ${cutMs} of ${heardMs} ms, spoken more slowly`);
    t.notOk(
      server.latest.memory.some(({ text }) => text.includes('slowly please') && text.includes('floor')),
    );
  },
);
