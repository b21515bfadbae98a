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

t.test('what the agent is held for is told, and it goes on once that is known to be nothing', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice);
  rig.agentAudible = true;
  await rig.hear(concat(pause(320), voice(300), pause(180)));
  t.match(rig.events.at(-1), { type: 'backchannel', hold: 1 });
  t.ok(rig.heldAtMs !== undefined, 'not known yet');
  rig.goOn(2);
  t.ok(rig.heldAtMs !== undefined, 'another one');
  rig.goOn(1);
  t.same([rig.heldAtMs, rig.ducked], [undefined, false]);
  await rig.hear(pause(1000));
  t.strictSame(rig.types, ['ducked', 'backchannel'], 'told once');
  await rig.hear(concat(voice(200), pause(180), voice(100)));
  t.match(rig.events.at(-1), { type: 'backchannel', hold: 2 });
  rig.goOn(2);
  t.ok(rig.heldAtMs !== undefined, 'there is more');
  rig.goOn(1);
  await rig.hear(voice(400));
  t.equal(rig.cuts, 1);
});

t.test('a word that the agent is silenced for begins no turn, and what follows it does', async t => {
  for (const [moreMs, types] of [
    [0, []],
    [300, ['speechStarted']],
  ] as const) {
    const rig = new TurnRig(RATE_HZ, loudIsVoice);
    rig.agentAudible = true;
    await rig.hear(concat(pause(320), voice(310), pause(150)));
    t.strictSame(rig.types, ['ducked', 'backchannel']);
    rig.agentAudible = false;
    const silencedAtMs = rig.nowMs;
    await rig.hear(concat(pause(40), voice(moreMs), pause(200)));
    t.strictSame(
      rig.types.slice(2).filter(type => type !== 'speechEnded'),
      types,
    );
    t.ok(rig.events.slice(2).every(({ atMs }) => atMs >= silencedAtMs));
  }
});
