import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Recorders } from '../../src/recording/recorder.ts';
import { loadFlow } from '../../src/workflow/load.ts';
import type { FlowState, Heard } from '../../src/workflow/types.ts';
import { ROOT } from '../tidy/sources.ts';
import { CallRig } from './call_rig.ts';
import { RATE_HZ, type Script, ScriptedFlow, ScriptedStt, understood, WORD_MS } from './fakes.ts';

const WORDS = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota', 'kappa'];

function scripted(script: Script = () => ({})): { flow: ScriptedFlow } {
  return { flow: new ScriptedFlow(script) };
}

/** The words whose last sample reached the wire. */
function heardWords(agentMs: number): string {
  return WORDS.slice(0, Math.floor(agentMs / WORD_MS)).join(' ');
}

t.test('what the transcript holds is what reached the wire', async t => {
  for (const speakAtMs of [400, 430, 777, 1000, 1234, 1500, 2222]) {
    const rig = await new CallRig(
      scripted(state => (state.stage === '0' ? { say: [`${WORDS.join(' ')}.`] } : {})),
    ).answer();
    await rig.pass(speakAtMs);
    const before = rig.line.wire.length;
    await rig.speak(700);
    const cutFrames = rig.line.wire.slice(before).lastIndexOf(true);
    const heardMs = rig.line.agentMs;
    t.ok(cutFrames * 10 < 400, `silent ${cutFrames * 10} ms after the caller's first sound`);
    t.equal(rig.details('turn.agent')[0]?.text, heardWords(heardMs), `after ${heardMs} ms`);
    await rig.pass(500);
    t.equal(rig.line.agentMs, heardMs, 'and nothing stale follows');
    await rig.pass(3000);
    t.match(rig.details('turn.agent')[1], { text: 'Question number 2 please.', interrupted: false });
  }
});

t.test('today is the day on which the call began', async t => {
  const { flow } = scripted();
  const days: string[] = [];
  const noting = Object.assign(flow, {
    next: (state: FlowState, heard: Heard, context: { readonly todayIso: string }) => {
      days.push(context.todayIso);
      return ScriptedFlow.prototype.next.call(flow, state, heard);
    },
  });
  const stt = new ScriptedStt();
  const midnightMs = new Date(2026, 11, 1).getTime();
  const rig: CallRig = new CallRig({
    flow: noting,
    stt,
    nowMs: () => midnightMs - 1000 + (rig?.call?.mediaMs ?? 0),
  });
  await rig.answer();
  await rig.pass(3000);
  stt.finals.push(understood('december first'));
  await rig.speak(900);
  await rig.pass(2000);
  t.ok(days.length > 1);
  t.ok(
    days.every(day => day === '2026-11-30'),
    days.join(),
  );
});

t.test('a turn from sound to sound, with its latencies in order', async t => {
  const stt = new ScriptedStt();
  const rig = await new CallRig({ ...scripted(), stt }).answer();
  await rig.pass(3000);
  stt.finals.push(understood('second floor'));
  const onsetMs = rig.call.mediaMs;
  await rig.speak(900);
  const lastSoundMs = rig.call.mediaMs;
  await rig.pass(4000);
  const [caller] = rig.details('turn.caller');
  t.match(caller, { text: 'second floor', turn: 2 });
  t.ok(Math.abs(caller!.startMs - onsetMs) <= 40, `began at ${onsetMs}, heard at ${caller!.startMs}`);
  t.ok(Math.abs(caller!.endMs - lastSoundMs) <= 40, `ended at ${lastSoundMs}, heard at ${caller!.endMs}`);
  const [latency] = rig.details('turn.latency');
  const { endOfTurnMs, sttFinalMs, firstWordMs, firstAudioMs, firstFrameMs } = latency!;
  const order = [latency!.lastSoundMs, endOfTurnMs, sttFinalMs, firstWordMs, firstAudioMs, firstFrameMs];
  t.same(
    order,
    order.toSorted((a, b) => a - b),
  );
  t.ok(
    firstFrameMs - endOfTurnMs <= 30,
    `the talk thread takes ${firstFrameMs - endOfTurnMs} ms of media time`,
  );
  const { written } = stt.sessions[0]!;
  t.ok(written.length >= (900 + 500) * 8, 'the recogniser is given all of it and a while before');
});

t.test('a caller who goes on after a pause gets one reply', async t => {
  const rig = await new CallRig(scripted(() => ({ say: ['One two three four five.'] }))).answer();
  await rig.pass(2500);
  await rig.speak(600);
  await rig.pass(760);
  await rig.speak(600);
  await rig.pass(5000);
  t.equal(rig.details('turn.caller').length, 1);
  t.equal(rig.details('turn.agent').length, 2);
  const [caller] = rig.details('turn.caller');
  t.ok(caller!.endMs - caller!.startMs >= 1900, 'both parts in one turn');
});

t.test('keys silence the agent and are answered', async t => {
  const rig = await new CallRig(
    scripted((_, heard) => ({ say: heard.type === 'keys' ? ['Thanks.'] : [`${WORDS.join(' ')}.`] })),
  ).answer();
  await rig.pass(1000);
  rig.call.dtmf('5', 100);
  rig.call.dtmf('#', 100);
  await rig.pass(1000);
  t.equal(rig.details('turn.agent')[0]?.interrupted, true);
  t.match(rig.details('turn.caller'), [{ text: '5' }]);
  t.equal(rig.details('turn.agent')[1]?.text, 'Thanks.');
  const words = rig.details('turn.agent')[0]!.text.split(' ').length;
  t.ok(words * WORD_MS + WORD_MS <= rig.line.agentMs, 'no word is claimed that was not heard');
});

t.test("0, keyed into the agent's words, puts through to a person whatever was asked", async t => {
  const flow = await loadFlow(`${ROOT}/workflows`, 'piano_removal');
  for (const atMs of [0, 100, 1500]) {
    const rig = await new CallRig({ flow }).answer();
    await rig.pass(atMs);
    rig.call.dtmf('0', 100);
    await rig.pass(20_000);
    t.match(rig.details('turn.caller'), [{ text: '0' }], `after ${atMs} ms`);
    t.match(rig.details('turn.agent')[0], { interrupted: atMs > 100 });
    t.match(rig.details('intent.heard'), [{ intent: 'transfer' }]);
    t.match(rig.details('call.outcome'), [{ outcome: 'callback' }]);
    t.equal(rig.line.endedBy, 'localHangup');
  }
});

t.test('the line is hung up when the goodbye has left it', async t => {
  const rig = await new CallRig(scripted(() => ({ say: ['Good bye.'], done: true }))).answer();
  await rig.pass(5000);
  t.equal(rig.line.endedBy, 'localHangup');
  t.equal(rig.line.agentMs, 2 * WORD_MS);
  t.match(rig.details('call.ended'), [{ disposition: 'COMPLETED', reason: 'completed' }]);
  t.equal(rig.sent.at(-1)?.type, 'released');
  t.equal(rig.calls.count, 0);
});

t.test('the recording holds both sides from the consent on', async t => {
  const dir = t.testdir();
  const recorders = new Recorders(dir, 'media-0', (_, error) => t.error(error));
  const effects = [{ type: 'consent', kind: 'recording', granted: true }] as const;
  const rig = await new CallRig({
    ...scripted((_, heard) => (heard.type === 'start' ? {} : { say: ['One two three four.'], effects })),
    openRecorder: call => recorders.open(call),
  }).answer();
  await rig.pass(2000);
  await rig.speak(500);
  await rig.pass(3000);
  await rig.speak(700);
  await rig.pass(3000);
  await rig.line.close('remoteHangup');
  while (rig.calls.count > 0) await sleep(1);
  const [started] = rig.details('recording.started');
  const [ended] = rig.details('recording.ended');
  t.equal(started?.file, 'tenant/call.wav');
  t.ok(
    Math.abs(ended!.durationMs - (rig.call.mediaMs - started!.mediaMs)) <= 20,
    'as long as the call from there',
  );
  const wav = await readFile(join(dir, 'tenant/call.wav'));
  t.equal(wav.length, ended?.bytes);
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length));
  const loudMs = (side: number) =>
    samples.filter((sample, i) => i % 2 === side && Math.abs(sample) > 1000).length / (RATE_HZ / 1000);
  t.ok(Math.abs(loudMs(1) - 2 * 4 * WORD_MS) < WORD_MS + 50, 'the agent right, but for its first word');
  t.ok(loudMs(0) > 500 && loudMs(0) < 700, 'the caller left');
});

const HASTY = { silencePromptMs: 1000, silencePrompts: 2, maxTurnMs: 1500 };

t.test('a caller who never says a word is taken leave of', async t => {
  const rig = await new CallRig({ ...scripted(), turn: HASTY }).answer();
  await rig.pass(60_000);
  t.match(rig.details('call.ended'), [{ disposition: 'COMPLETED', reason: 'silence' }]);
  t.equal(rig.calls.count, 0);
});

t.test('a caller who never stops talking is taken leave of', async t => {
  const stt = new ScriptedStt();
  const rig = await new CallRig({ ...scripted(), stt, turn: HASTY }).answer();
  for (let i = 0; i < 20; i += 1) stt.finals.push(understood(''));
  await rig.speak(60_000);
  t.match(rig.details('call.ended'), [{ disposition: 'COMPLETED', reason: 'notUnderstood' }]);
  t.equal(rig.calls.count, 0);
});
