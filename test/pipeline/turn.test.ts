import t from 'tap';
import { VAD_WINDOW_MS } from '../../models/silero.ts';
import { concat, mix, noise, silence, tone } from './sounds.ts';
import { type Judge, TurnRig } from './turn_rig.ts';

const RATE_HZ = 16_000;

/** A network that takes every loud window for a voice. */
const loudIsVoice: Judge = window => (window.some(sample => Math.abs(sample) > 0.05) ? 0.95 : 0.02);

const voice = (durationMs: number) => tone([220, 660], durationMs, RATE_HZ);
const pause = (durationMs: number) => silence(durationMs, RATE_HZ);

/** What follows is heard from the beginning of the network's window of this number on. */
const untilWindow = (rig: TurnRig, window: number) => pause(window * VAD_WINDOW_MS + 4 - rig.delayMs);

t.test('a turn: speech started, ended, turn over after the pause', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { endOfTurnPauseMs: 600 });
  await rig.hear(concat(pause(500), voice(800), pause(1500)));
  t.strictSame(rig.types, ['speechStarted', 'speechEnded', 'turnEnded']);
  const [started, ended, over] = rig.events;
  t.equal(started?.atMs, 500, 'the true onset');
  t.ok(ended!.atMs >= 1300 && ended!.atMs <= 1310, 'the true end, to a frame');
  t.match(over, { lastSoundMs: ended!.atMs });
  t.ok(over!.atMs >= 1900 && over!.atMs <= 1920, `decided at ${over?.atMs}`);
});

const wordsWithGaps = concat(
  pause(500),
  voice(400),
  pause(40),
  voice(300),
  pause(90),
  voice(300),
  pause(1500),
);

t.test('a gap is told before the network knows of it, and so is its end', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { endOfTurnPauseMs: 600, tellsGaps: true });
  await rig.hear(wordsWithGaps);
  t.strictSame(
    rig.gaps.map(({ type }) => type),
    ['paused', 'wentOn', 'paused', 'paused'],
  );
  t.match(rig.gaps, [{ quietMs: 60 }, {}, { quietMs: 60 }, { quietMs: 120 }]);
  for (const [index, atMs] of [1240, 1330, 1630, 1630].entries())
    t.ok(
      Math.abs(rig.gaps[index]!.atMs - atMs) <= 20,
      `${rig.gaps[index]?.type} at ${rig.gaps[index]?.atMs}`,
    );
  t.strictSame(rig.types, ['speechStarted', 'speechEnded', 'turnEnded'], 'all in one stretch of speech');
});

t.test('gaps are told to nobody who does not ask for them, from the next tick on', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice);
  await rig.hear(wordsWithGaps);
  t.strictSame(rig.gaps, []);
  t.strictSame(rig.types, ['speechStarted', 'speechEnded', 'turnEnded']);
  rig.policy = { tellsGaps: true };
  await rig.hear(concat(voice(400), pause(110)));
  t.match(rig.gaps, [{ type: 'paused' }]);
  rig.policy = {};
  rig.policy = { tellsGaps: true };
  await rig.hear(voice(100));
  t.equal(rig.gaps.length, 1, 'the end of a gap that was not asked for is none');
});

t.test('a pause within a turn does not end it; patience is the policy of the moment', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { endOfTurnPauseMs: 1000 });
  await rig.hear(concat(voice(400), pause(700), voice(400), pause(600)));
  t.strictSame(rig.types, ['speechStarted', 'speechEnded', 'speechStarted', 'speechEnded']);
  rig.policy = { endOfTurnPauseMs: 500 };
  await rig.hear(pause(20));
  t.equal(rig.types.at(-1), 'turnEnded');
});

t.test('interrupting: ducked first, then held, and cut when it goes on, in the same tick', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { bargeInMinSpeechMs: 100, bargeInSureMs: 400 });
  rig.agentAudible = true;
  let cutAtMs = 0;
  await rig.hear(concat(pause(320), voice(1000), pause(1000)), nowMs => {
    if (rig.cuts === 1 && cutAtMs === 0) cutAtMs = nowMs;
  });
  t.strictSame(rig.types, ['ducked', 'speechStarted', 'bargeIn', 'speechEnded', 'turnEnded']);
  const bargeIn = rig.events[2]!;
  t.match(bargeIn, { type: 'bargeIn', atMs: cutAtMs, heardSamples: cutAtMs * 16 });
  t.ok(bargeIn.atMs >= 720 && bargeIn.atMs <= 760, `cut at ${bargeIn.atMs} for an onset at 320`);
  t.ok(rig.heldAtMs! >= 420 && rig.heldAtMs! <= 500, `held at ${rig.heldAtMs}`);
  t.match(rig.events[0], { type: 'ducked', atMs: 320 });
  t.equal(rig.cuts, 1);
});

t.test('short speech over the agent is a backchannel; the agent goes on at full voice', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { bargeInMinSpeechMs: 400 });
  rig.agentAudible = true;
  await rig.hear(concat(pause(320), voice(200)));
  t.ok(rig.ducked);
  await rig.hear(pause(1500));
  t.notOk(rig.ducked);
  t.strictSame(rig.types, ['ducked', 'backchannel']);
  t.equal(rig.cuts, 0);
});

t.test('a word over the agent holds it for as long as it takes, and no longer', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice);
  rig.agentAudible = true;
  await rig.hear(concat(pause(320), voice(300)));
  t.ok(rig.heldAtMs !== undefined);
  await rig.hear(pause(390));
  t.ok(rig.heldAtMs !== undefined, 'there may be more');
  await rig.hear(pause(70));
  t.equal(rig.heldAtMs, undefined, 'a short while after its end');
  await rig.hear(pause(900));
  t.strictSame(rig.types, ['ducked', 'backchannel']);
  t.match(rig.events[1], { atMs: 320, untilMs: 620, hold: 1 });
});

t.test('who pauses behind the first word is held for, and then heard', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice);
  rig.agentAudible = true;
  await rig.hear(concat(pause(320), voice(300), pause(200)));
  t.equal(rig.heldAtMs, rig.firstHeldAtMs, 'the agent waits');
  await rig.hear(voice(600));
  t.strictSame(rig.types, ['ducked', 'backchannel', 'speechStarted', 'bargeIn'], 'told of in the pause');
  t.match(rig.events[1], { atMs: 320, untilMs: 620, hold: 1 });
  t.match(rig.events[2], { atMs: 320 });
});

t.test('what is broken has to go on for longer than what is said', async t => {
  const broken = (words: number) =>
    concat(...Array.from({ length: words }, () => concat(voice(170), pause(150))));
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { bargeInSureMs: 500 });
  rig.agentAudible = true;
  await rig.hear(concat(pause(320), broken(3), pause(800)));
  t.ok(rig.firstHeldAtMs !== undefined);
  t.equal(rig.cuts, 0, 'three words in 0.9 s');
  t.ok(rig.types.slice(1).every(type => type === 'backchannel'));
  await rig.hear(broken(5));
  t.equal(rig.cuts, 1, 'five in 1.4 s');
});

t.test('a network that takes the pause behind a word for a voice holds the agent no second time', async t => {
  let sinceLoud = 100;
  const slow: Judge = window => {
    sinceLoud = window.some(sample => Math.abs(sample) > 0.05) ? 0 : sinceLoud + 1;
    return sinceLoud < 15 ? 0.95 : 0.02;
  };
  const rig = new TurnRig(RATE_HZ, slow);
  rig.agentAudible = true;
  await rig.hear(concat(pause(320), voice(300), pause(1500)));
  t.strictSame(rig.types, ['ducked', 'backchannel']);
});

t.test('who is far from the telephone disturbs nobody', async t => {
  const everything: Judge = window => (window.some(sample => Math.abs(sample) > 0.002) ? 0.95 : 0.02);
  const rig = new TurnRig(RATE_HZ, everything);
  rig.agentAudible = true;
  const far = voice(4000).map(sample => sample / 60);
  await rig.hear(concat(pause(320), far, pause(500)));
  t.equal(rig.heldAtMs, undefined);
  t.equal(rig.cuts, 0);
  const soft = voice(800).map(sample => sample / 3);
  await rig.hear(concat(soft, pause(500)));
  t.equal(rig.cuts, 1, 'a soft caller is near');
});

t.test('noise that comes again and again lowers the agent ever more seldom', async t => {
  const rig = new TurnRig(RATE_HZ, () => 0.02);
  const ducks = (): number => rig.types.filter(type => type === 'ducked').length;
  rig.agentAudible = true;
  const slam = concat(noise(300, RATE_HZ, 0.2), pause(700));
  await rig.hear(concat(pause(500), slam, slam));
  t.equal(ducks(), 2, 'the first may have been louder than any voice by chance');
  t.notOk(rig.ducked);
  await rig.hear(concat(...Array.from({ length: 8 }, () => slam)));
  t.equal(ducks(), 5);
  await rig.hear(concat(pause(20_000), slam, pause(2000), slam));
  t.equal(ducks(), 7, 'after a while it may be something else, and again soon');
});

t.test('a voice that is as loud as a noise was a while ago lowers the agent at once', async t => {
  const rig = new TurnRig(RATE_HZ, () => 0.02);
  rig.agentAudible = true;
  await rig.hear(concat(pause(500), noise(400, RATE_HZ, 0.2), pause(2000)));
  t.notOk(rig.ducked);
  await rig.hear(concat(voice(30), pause(rig.delayMs)));
  t.ok(rig.ducked);
});

t.test('a voice that begins within what is nothing lowers the agent again', async t => {
  const rig = new TurnRig(RATE_HZ, () => 0.02);
  const ducks = (): number => rig.types.filter(type => type === 'ducked').length;
  const television = noise(600, RATE_HZ, 0.02);
  rig.agentAudible = true;
  await rig.hear(concat(pause(500), television));
  t.equal(ducks(), 1);
  t.notOk(rig.ducked);
  await rig.hear(mix(television, voice(150)).subarray(0, (RATE_HZ * 150) / 1000));
  t.ok(rig.ducked);
  t.equal(ducks(), 2);
});

t.test('what begins in a noise keeps the agent lowered for as long as the network may need', async t => {
  const rig = new TurnRig(RATE_HZ, () => 0.02);
  rig.agentAudible = true;
  await rig.hear(concat(pause(500), noise(300, RATE_HZ, 0.02), pause(700), noise(400, RATE_HZ, 0.02)));
  t.notOk(rig.ducked, 'that was nothing before');
  let loweredTicks = 0;
  await rig.hear(concat(voice(400), pause(700)), () => {
    if (rig.ducked) loweredTicks += 1;
  });
  t.ok(loweredTicks >= 20 && loweredTicks < 40, `lowered for ${loweredTicks * 10} ms`);
});

t.test('an answer that begins just before the agent ends is a turn, not a backchannel', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { bargeInMinSpeechMs: 400 });
  rig.agentAudible = true;
  await rig.hear(concat(pause(320), voice(100)));
  rig.agentAudible = false;
  await rig.hear(concat(voice(150), pause(1000)));
  t.strictSame(rig.types, ['ducked', 'speechStarted', 'speechEnded', 'turnEnded']);
  t.equal(rig.events[1]?.atMs, 320, 'from its true onset');
  t.notOk(rig.ducked);
});

t.test('what may not be interrupted is not, and speech that outlasts it is a turn', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { interruptible: false });
  rig.agentAudible = true;
  await rig.hear(concat(pause(320), voice(600), pause(500)));
  t.strictSame(rig.types, ['backchannel']);
  await rig.hear(voice(600));
  rig.agentAudible = false;
  await rig.hear(concat(voice(300), pause(1000)));
  t.strictSame(rig.types, ['backchannel', 'speechStarted', 'speechEnded', 'turnEnded']);
  t.equal(rig.cuts, 0);
});

t.test('who never stops talking is ended, cannot interrupt the answer, and may go on after it', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { maxTurnMs: 3000 });
  await rig.hear(concat(pause(20), voice(3200)));
  t.strictSame(rig.types, ['speechStarted', 'speechEnded', 'turnEnded']);
  rig.agentAudible = true;
  await rig.hear(voice(1000));
  t.equal(rig.cuts, 0, 'the agent has the floor');
  t.equal(rig.events.length, 3);
  rig.agentAudible = false;
  await rig.hear(concat(voice(500), pause(1000)));
  t.strictSame(rig.types.slice(3), ['speechStarted', 'speechEnded', 'turnEnded']);
});

t.test('over a television that goes on without an end the caller is heard all the same', async t => {
  const anything: Judge = window => (window.some(sample => Math.abs(sample) > 0.002) ? 0.95 : 0.02);
  const rig = new TurnRig(RATE_HZ, anything, { maxTurnMs: 3000 });
  const television = (durationMs: number) => voice(durationMs).map(sample => sample / 8);
  await rig.hear(concat(pause(20), television(3200)));
  rig.agentAudible = true;
  await rig.hear(television(1000));
  t.equal(rig.cuts, 0, 'the agent has the floor');
  await rig.hear(voice(1500));
  t.equal(rig.cuts, 1);
});

t.test('sound without end and without answer gives one turn in each maximum, no more', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { maxTurnMs: 2000 });
  await rig.hear(concat(pause(20), voice(16_000)));
  const turns = rig.types.filter(type => type === 'turnEnded').length;
  t.equal(turns, 4, 'two seconds heard, two seconds deaf');
  t.notOk(rig.types.includes('silence'));
});

t.test('a pause after a turn without end makes the next one ordinary', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { maxTurnMs: 2000 });
  await rig.hear(concat(voice(2400), pause(800), voice(500), pause(1000)));
  const turn = ['speechStarted', 'speechEnded', 'turnEnded'];
  t.strictSame(rig.types, [...turn, ...turn]);
});

t.test('silence is told again and again, and either side ends it', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice, { silencePromptMs: 2000 });
  await rig.hear(pause(5000));
  t.strictSame(
    rig.events.map(event => event.type === 'silence' && event.silentForMs),
    [2000, 4000],
  );
  rig.agentAudible = true;
  await rig.hear(pause(3000));
  rig.agentAudible = false;
  t.equal(rig.events.length, 2, 'not while the agent speaks');
  await rig.hear(pause(2000));
  t.match(rig.events[2], { type: 'silence', silentForMs: 2000 });
  await rig.hear(concat(voice(300), pause(2600)));
  t.strictSame(rig.types.slice(3), ['speechStarted', 'speechEnded', 'turnEnded', 'silence']);
});

t.test(
  'one certain window is enough behind a fricative, which the network does not take for voice',
  async t => {
    const hiss = (durationMs: number) => tone([5000], durationMs, RATE_HZ).map(sample => sample / 8);
    const voiceOnly: Judge = window => (window.some(sample => Math.abs(sample) > 0.15) ? 0.95 : 0.1);
    const heldAfterMs = async (before: Float32Array): Promise<number | undefined> => {
      const rig = new TurnRig(RATE_HZ, voiceOnly, { bargeInMinSpeechMs: 100 });
      rig.agentAudible = true;
      await rig.hear(concat(pause(640), before, voice(320)));
      return rig.heldAtMs;
    };
    const [plain, hissed] = [await heldAfterMs(pause(128)), await heldAfterMs(hiss(128))];
    t.ok(plain! - hissed! >= 60, `held at ${hissed} ms instead of ${plain} ms`);
  },
);

t.test('a click that the network doubts is nothing', async t => {
  const rig = new TurnRig(RATE_HZ, loudIsVoice);
  await rig.hear(
    concat(untilWindow(rig, 10), voice(15), pause(32 * VAD_WINDOW_MS - 15), voice(15), pause(3000)),
  );
  t.strictSame(rig.types, []);
});

t.test('steady noise is no turn, whatever the network takes it for; a voice over it is', async t => {
  const rig = new TurnRig(RATE_HZ, () => 0.9);
  const hiss = noise(4000, RATE_HZ, 0.05);
  await rig.hear(hiss);
  t.strictSame(rig.types, []);
  await rig.hear(mix(hiss.subarray(0, 8000), voice(500)));
  t.strictSame(rig.types, ['speechStarted']);
});

t.test(
  'what is far softer than the caller begins no turn, until the caller has been silent for long',
  async t => {
    const rig = new TurnRig(RATE_HZ, window =>
      window.some(sample => Math.abs(sample) > 0.001) ? 0.95 : 0.02,
    );
    const residue = voice(600).map(sample => sample / 60);
    await rig.hear(concat(pause(500), residue, pause(1500)));
    t.equal(rig.types.length, 3, 'nothing else is known at first');
    await rig.hear(concat(voice(1000), pause(1500), residue, pause(1500)));
    t.equal(rig.types.length, 6, 'the loud one alone');
    await rig.hear(concat(pause(90_000), residue, pause(1500)));
    t.strictSame(
      rig.types.filter(type => type === 'speechStarted'),
      ['speechStarted', 'speechStarted', 'speechStarted'],
    );
  },
);

t.test('a caller who speaks softly after loud words is still heard', async t => {
  const rig = new TurnRig(RATE_HZ, window => (window.some(sample => Math.abs(sample) > 0.001) ? 0.95 : 0.02));
  const soft = voice(500).map(sample => sample / 8);
  await rig.hear(concat(pause(500), voice(1000), pause(1500), soft, pause(1500)));
  t.equal(rig.types.filter(type => type === 'turnEnded').length, 2);
});

t.test('a policy that changes while the caller pauses counts from the next tick on', async t => {
  const longer = new TurnRig(RATE_HZ, loudIsVoice, { endOfTurnPauseMs: 600 });
  await longer.hear(concat(pause(500), voice(800), pause(500)));
  t.notOk(longer.types.includes('turnEnded'));
  longer.policy = { endOfTurnPauseMs: 1200 };
  await longer.hear(pause(600));
  t.notOk(longer.types.includes('turnEnded'), 'the old pause is over, the new one is not');
  await longer.hear(pause(200));
  const over = longer.events.at(-1)!;
  t.match(over, { type: 'turnEnded', lastSoundMs: longer.events[1]!.atMs });
  t.ok(over.atMs >= 2500 && over.atMs <= 2520, `decided at ${over.atMs}`);
  const shorter = new TurnRig(RATE_HZ, loudIsVoice, { endOfTurnPauseMs: 2400 });
  await shorter.hear(concat(pause(500), voice(800), pause(900)));
  shorter.policy = { endOfTurnPauseMs: 160 };
  await shorter.hear(pause(10));
  t.match(
    shorter.events.at(-1),
    { type: 'turnEnded', atMs: 2210 },
    'long over already: in the very next tick',
  );
  await shorter.hear(pause(1000));
  t.equal(shorter.types.filter(type => type === 'turnEnded').length, 1);
});
