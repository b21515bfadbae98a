import t from 'tap';
import { concat, silence, tone } from './sounds.ts';
import { type Judge, TurnRig } from './turn_rig.ts';

const RATE_HZ = 16_000;

/** A network that takes every loud window for a voice. */
const loudIsVoice: Judge = window => (window.some(sample => Math.abs(sample) > 0.05) ? 0.95 : 0.02);

const voice = (durationMs: number) => tone([220, 660], durationMs, RATE_HZ);
const pause = (durationMs: number) => silence(durationMs, RATE_HZ);

t.test('a laugh holds the agent for its first bursts, and no more; words behind it are heard', async t => {
  const laugh = concat(...Array.from({ length: 8 }, () => concat(voice(100), pause(110))));
  const rig = new TurnRig(RATE_HZ, loudIsVoice);
  rig.agentAudible = true;
  let heldTicks = 0;
  await rig.hear(concat(pause(320), laugh), () => {
    if (rig.heldAtMs !== undefined) heldTicks += 1;
  });
  t.ok(heldTicks > 10 && heldTicks < 50, `held for ${heldTicks * 10} ms`);
  t.strictSame([rig.ducked, rig.types], [false, ['ducked']], 'speaks on, and nobody is to understand it');
  await rig.hear(voice(500));
  t.equal(rig.cuts, 1);
});

t.test('words that begin with two short bursts are no laugh', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice);
  rig.agentAudible = true;
  const excuseMe = concat(voice(80), pause(80), voice(80), pause(100), voice(180), pause(40), voice(200));
  await rig.hear(concat(pause(320), excuseMe));
  t.ok(rig.heldAtMs !== undefined);
  t.equal(rig.heldAtMs, rig.firstHeldAtMs, 'held from its first syllables on');
});

t.test('a sound is heard in the frame in which it comes, before any stage has had it', async t => {
  const rig = new TurnRig(RATE_HZ, () => 0.02);
  rig.agentAudible = true;
  await rig.hear(pause(500));
  t.notOk(rig.ducked);
  await rig.hear(voice(10));
  t.ok(rig.ducked);
  t.ok(rig.delayMs >= 20, 'the network has not had it yet');
});

t.test('a word that the agent was cut for tells how loud the caller is', async t => {
  const everything: Judge = window => (window.some(sample => Math.abs(sample) > 0.002) ? 0.95 : 0.02);
  const rig = new TurnRig(RATE_HZ, everything, { bargeInSureMs: 300 });
  rig.agentAudible = true;
  const fading = voice(200).map(sample => sample / 8);
  await rig.hear(concat(pause(320), voice(250), fading, pause(3000)));
  t.equal(rig.cuts, 1, 'when it has faded');
  rig.agentAudible = true;
  const softer = voice(1000).map(sample => sample / 5);
  await rig.hear(concat(softer, pause(500)));
  t.equal(rig.heldAtMs, undefined, 'a television, 14 dB below');
});
