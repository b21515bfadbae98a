import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Recorders } from '../../src/recording/recorder.ts';
import { MASK } from '../../src/workflow/understand/intents/mask_card.ts';
import { CallRig } from './call_rig.ts';
import { RATE_HZ, ScriptedFlow, ScriptedStt, understood } from './fakes.ts';
import { Rig } from './rig.ts';

const ANNOUNCED = 'let me give you my card number';
const DIGITS = 'four one one one one one one one one one one one one one one one';

async function rigThatHears(...finals: readonly string[]): Promise<Rig> {
  const rig = await new Rig().answer();
  await rig.listen();
  rig.stt.finals = finals.map(text => understood(text));
  return rig;
}

function written(rig: Rig): readonly string[] {
  return rig.details('turn.caller').map(({ text }) => text);
}

t.test('the first words that tell of a card pause the recording, others let it go on', async t => {
  const rig = await rigThatHears(ANNOUNCED, DIGITS, 'never mind');
  await rig.startSpeaking();
  rig.stt.sessions.at(-1)?.partial('let me give');
  t.same(rig.recording, []);
  const onsetMs = rig.audio.nowMs - 60;
  rig.stt.sessions.at(-1)?.partial(ANNOUNCED);
  t.same(rig.recording, [`pause since ${onsetMs}`], 'while the caller still speaks');
  await rig.endTurn();
  await rig.listen();
  await rig.speak();
  await rig.listen();
  t.equal(rig.recording.length, 1, 'as long as it goes on about it');
  await rig.speak();
  await rig.listen();
  t.same(rig.recording.slice(1), ['sound again']);
  t.same(written(rig), [ANNOUNCED, MASK, 'never mind']);
});

t.test('digits behind an announcement are left out, however few; else only those of a card', async t => {
  const rig = await rigThatHears(ANNOUNCED, 'one two three four', 'my floor is one two three four');
  for (let turn = 0; turn < 3; turn += 1) {
    await rig.speak();
    await rig.listen();
  }
  t.same(written(rig), [ANNOUNCED, MASK, 'my floor is one two three four']);
});

t.test('digits are left out of the transcript of a call that is not recorded, too', async t => {
  const stt = new ScriptedStt();
  stt.finals = [understood(ANNOUNCED), understood('one two three four'), understood('never mind')];
  const rig = await new CallRig({ flow: new ScriptedFlow(() => ({ say: ['One two.'] })), stt }).answer();
  await rig.pass(2000);
  for (let turn = 0; turn < 3; turn += 1) {
    await rig.speak(500);
    await rig.pass(3000);
  }
  await rig.line.close('remoteHangup');
  while (rig.calls.count > 0) await sleep(1);
  t.same(
    rig.details('turn.caller').map(({ text }) => text),
    [ANNOUNCED, MASK, 'never mind'],
  );
});

t.test('a number that nobody announced is taken out of the recording again', async t => {
  const dir = t.testdir();
  const recorders = new Recorders(dir, 'media-0', (_, error) => t.error(error));
  const effects = [{ type: 'consent', kind: 'recording', granted: true }] as const;
  const stt = new ScriptedStt();
  stt.finals = [understood('yes'), understood(DIGITS), understood('all right')];
  const flow = new ScriptedFlow((_, heard) => (heard.type === 'start' ? {} : { say: ['One two.'], effects }));
  const rig = await new CallRig({ flow, stt, openRecorder: call => recorders.open(call) }).answer();
  await rig.pass(2000);
  await rig.speak(500);
  await rig.pass(3000);
  const fromMs = rig.call.mediaMs;
  await rig.speak(900);
  await rig.pass(3000);
  const untilMs = rig.call.mediaMs;
  await rig.speak(700);
  await rig.pass(3000);
  await rig.line.close('remoteHangup');
  while (rig.calls.count > 0) await sleep(1);
  const [paused] = rig.details('recording.paused');
  const [resumed] = rig.details('recording.resumed');
  const [started] = rig.details('recording.started');
  t.ok(
    paused!.mediaMs < fromMs + 100 && paused!.mediaMs > fromMs - 1000,
    'from the beginning of the turn on',
  );
  t.ok(resumed!.mediaMs > untilMs);
  const wav = await readFile(join(dir, 'tenant/call.wav'));
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length));
  const loudMs = (from: number, to: number) => {
    const at = (ms: number) => Math.round(((ms - started!.mediaMs) * RATE_HZ) / 1000) * 2;
    const part = samples.slice(at(from), at(to));
    return part.filter((sample, i) => i % 2 === 0 && Math.abs(sample) > 1000).length / (RATE_HZ / 1000);
  };
  t.equal(loudMs(fromMs, untilMs), 0, 'nothing of the digits');
  t.equal(
    rig.details('turn.caller').some(({ text }) => text.includes('one')),
    false,
  );
  const secondsMs = (samples.length / 2 / RATE_HZ) * 1000;
  t.ok(Math.abs(secondsMs - (rig.call.mediaMs - started!.mediaMs)) <= 20, 'as long as the call from there');
});
