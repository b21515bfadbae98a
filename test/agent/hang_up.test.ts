import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { understood } from './fakes.ts';
import { Rig, settle } from './rig.ts';

const execute = promisify(execFile);
const TURNS = 1000;

type Part = (rig: Rig) => Promise<void>;

/** A call with everything in it: greeting, answer, interruption, resumed turn, keys, failing providers, silence. */
const CALL: readonly Part[] = [
  async rig => rig.conversation.answered(),
  settle,
  rig => rig.pass(500),
  rig => rig.startSpeaking(),
  rig => rig.pass(100, 7),
  rig => rig.bargeIn(),
  rig => rig.pass(300, 7),
  async rig => {
    rig.stt.stuck = true;
  },
  rig => rig.endTurn(),
  rig => rig.pass(50),
  rig => rig.startSpeaking(),
  async rig => rig.stt.unstick(),
  rig => rig.pass(200, 7),
  async rig => {
    rig.stt.finishFailures = 1;
    rig.tts.stuck = true;
  },
  rig => rig.endTurn(),
  rig => rig.pass(100),
  async rig => rig.tts.unstick(),
  settle,
  rig => rig.pass(10),
  rig => rig.pass(400),
  rig => rig.listen(),
  async rig => rig.conversation.dtmf('1'),
  rig => rig.pass(100),
  async rig => rig.conversation.dtmf('#'),
  rig => rig.pass(500),
  rig => rig.listen(),
  rig => rig.silence(),
  rig => rig.listen(),
  rig => rig.startSpeaking(),
  async rig => {
    rig.stt.finishFailures = 2;
  },
  rig => rig.endTurn(),
  rig => rig.pass(300),
  rig => rig.listen(),
];

t.test('a hang-up at any moment leaves nothing open and lets nothing happen afterwards', async t => {
  for (let parts = 0; parts <= CALL.length; parts += 1) {
    const rig = await new Rig(() => ({ say: ['One two three.', 'Four five six.', 'Seven.'] })).prepare();
    for (const part of CALL.slice(0, parts)) await part(rig);
    const faults = rig.faults.length;
    rig.conversation.lineEnded();
    await settle();
    const events = rig.events.length;
    const { generation } = rig.audio;
    const timers = rig.timers.open;
    rig.stt.unstick();
    rig.tts.unstick();
    await rig.speak();
    await rig.bargeIn();
    await rig.silence();
    rig.conversation.dtmf('1');
    rig.timers.pass(1e9);
    await settle();
    const left = {
      timers,
      sessions: rig.stt.openSessions,
      renders: rig.tts.open,
      queued: rig.audio.queuedSamples,
      lateEvents: rig.events.length - events,
      lateFaults: rig.faults.length - faults,
      lateCuts: rig.audio.generation - generation - 1,
    };
    const none = {
      timers: 0,
      sessions: 0,
      renders: 0,
      queued: 0,
      lateEvents: 0,
      lateFaults: 0,
      lateCuts: 0,
    };
    t.same(left, none, `after ${parts} parts`);
  }
});

t.test('a caller who hangs up mid-sentence: the transcript ends where the hearing ended', async t => {
  const rig = await new Rig(() => ({ say: ['One two three.'] })).answer();
  await rig.pass(650);
  t.same(rig.conversation.lineEnded(), { failed: false });
  t.same(rig.said(), ['One two']);
  t.equal(rig.details('turn.agent')[0]?.interrupted, true);
});

t.test('a caller who hangs up before the reply: said, but without effect', async t => {
  const rig = await new Rig(state =>
    state.stage === '1' ? { effects: [{ type: 'outcome', outcome: 'booked' }] } : {},
  ).answer();
  await rig.listen();
  rig.stt.finals.push(understood('book it'));
  await rig.speak();
  await rig.pass(50);
  rig.conversation.lineEnded();
  t.match(rig.details('turn.caller'), [{ text: 'book it' }]);
  t.same(rig.details('call.outcome'), []);
});

t.test('a thousand turns need no more memory than five hundred', async t => {
  const script = fileURLToPath(new URL('thousand_turns.ts', import.meta.url));
  const { stdout } = await execute(process.execPath, ['--expose-gc', script], { env: {} });
  const { grownBytes, turns, timers } = JSON.parse(stdout);
  t.equal(turns, TURNS);
  t.ok(grownBytes < 100_000, `${grownBytes} bytes is less than a transcript would take`);
  t.equal(timers, 1, 'the call limit');
});
