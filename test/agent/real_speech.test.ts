import { existsSync } from 'node:fs';
import t from 'tap';
import { configSchema } from '../../src/config/schema.ts';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { createFliteTts } from '../../src/providers/tts/flite.ts';
import { Recorders } from '../../src/recording/recorder.ts';
import { loadFlow } from '../../src/workflow/load.ts';
import { NO_FLITE, speech } from '../pipeline/sounds.ts';
import { ROOT } from '../tidy/sources.ts';
import { CallRig } from './call_rig.ts';

const RATE_HZ = 16_000;
const { pocketsphinxModel } = configSchema.parse({}).voice;
const NO_SPHINX = !existsSync(pocketsphinxModel) && 'pocketsphinx is not installed';

t.test('a spoken call with the parts that ship', { skip: NO_FLITE || NO_SPHINX }, async t => {
  const stt = createPocketsphinxStt();
  const tts = createFliteTts();
  t.after(() => Promise.all([stt.close(), tts.close()]));
  const recorders = new Recorders(t.testdir(), 'media-0', (_, error) => t.error(error));
  const flow = await loadFlow(`${ROOT}/workflows`, 'piano_removal');
  // The call's time runs faster than the recogniser's, which takes its own to load its models and grammars.
  for (const expect of flow.standing.slice(0, 2)) {
    const session = stt.open({ rateHz: RATE_HZ, expect });
    session.write(Int16Array.from(speech('Yes.', RATE_HZ, 'rms'), sample => 32_767 * sample));
    await session.finish();
  }
  const rig = await new CallRig({
    flow,
    rateHz: RATE_HZ,
    stt,
    tts,
    hasNetwork: true,
    openRecorder: call => recorders.open(call),
    pauseMs: 2,
  }).answer();
  const agentTurns = () => rig.details('turn.agent').length;
  /** Until the agent has said one more thing. */
  const listen = async () => {
    const before = agentTurns();
    for (let i = 0; i < 3000 && agentTurns() === before; i += 1) await rig.pass(10);
  };
  const say = async (text: string) => {
    rig.line.voice = speech(text, RATE_HZ, 'rms');
    await rig.pass((rig.line.voice.length * 1000) / RATE_HZ);
  };

  await listen();
  t.match(rig.details('turn.agent')[0]?.text, /automated assistant/);
  await say('Yes.');
  await listen();
  t.match(rig.details('consent.recorded'), [{ granted: true }]);
  t.equal(rig.details('recording.started').length, 1);
  await say('Upright piano.');
  await listen();
  t.match(rig.details('slot.set'), [{ slot: 'piano_type', value: 'upright' }]);

  await rig.pass(500);
  t.same(
    rig.details('turn.caller').map(({ text }) => text),
    ['yes', 'upright piano'],
  );
  await rig.line.close('remoteHangup');
  while (rig.calls.count > 0) await new Promise(resolve => setImmediate(resolve));
  t.equal(rig.details('recording.ended').length, 1);
  t.match(rig.details('call.ended'), [{ disposition: 'COMPLETED', reason: 'remoteHangup' }]);
});

t.test(
  '"zero", said into the agent\'s question, asks for a person',
  { skip: NO_FLITE || NO_SPHINX },
  async t => {
    const stt = createPocketsphinxStt();
    const tts = createFliteTts();
    t.after(() => Promise.all([stt.close(), tts.close()]));
    const flow = await loadFlow(`${ROOT}/workflows`, 'piano_removal');
    const question = flow.next(flow.initial, { type: 'start' }, { todayIso: '2026-11-23' });
    const session = stt.open({ rateHz: RATE_HZ, expect: question.expect });
    session.write(new Int16Array(RATE_HZ));
    await session.finish();
    const pace = { pauseMs: 10, hasNetwork: true as const };
    const rig = await new CallRig(Object.assign(pace, { flow, rateHz: RATE_HZ, stt, tts } as const)).answer();
    const passUntil = async (isThere: () => boolean) => {
      for (let i = 0; i < 3000 && !isThere(); i += 1) await rig.pass(10);
    };
    await passUntil(() => rig.line.wire.at(-1) === true);
    // "… May I record" is under way.
    await rig.pass(5500);
    rig.line.voice = speech('Zero.', RATE_HZ, 'kal16');
    // The call waits for its recogniser on a busy machine, too.
    pace.pauseMs = 40;
    await passUntil(() => rig.details('intent.heard').length > 0);
    t.match(rig.details('turn.caller'), [{ text: 'zero' }]);
    t.match(rig.details('intent.heard'), [{ intent: 'transfer' }]);
    t.equal(rig.details('turn.agent')[0]?.interrupted, true);
    t.same(rig.details('consent.recorded'), []);
    await passUntil(() => rig.details('call.outcome').length > 0);
    t.match(rig.details('call.outcome'), [{ outcome: 'callback' }]);
    await rig.line.close('remoteHangup');
  },
);
