import t from 'tap';
import { createFrame, type Frame, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { DEFAULT_PIPELINE_POLICY, pipelinePolicy } from '../../pipeline/policy.ts';
import { AudioCall } from '../../src/calls/audio_call.ts';
import { createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { SoundMeter } from '../../src/calls/sound_meter.ts';
import { SpeechWriter } from '../../src/calls/speech_writer.ts';
import { LIMITS } from '../../src/config/limits.ts';
import type { LineStats, NetworkStats } from '../../src/lines/line.ts';
import { meanOpinionScore } from '../../src/quality/e_model.ts';
import { agentRating, callerRating } from '../../src/quality/line_rating.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';
import { NO_FLITE, noise, speech, toInt16 } from '../pipeline/sounds.ts';
import { hear, speak } from './halves.ts';
import { HandLine } from './hand_line.ts';

const FRAMES = 100;

/** One tick, as the test wants it. */
interface Tick {
  readonly caller?: Float32Array;
  readonly agent?: Float32Array;
  readonly isVoice?: boolean;
  readonly concealed?: boolean;
  readonly heldBackMs?: number;
}

/** A meter, and an uplink and a line that say what the test wants. */
class MeterRig {
  readonly echo = { isFarActive: false, isAligned: false, echoDb: -120, erleDb: 0 };
  readonly noise: { noiseDb: number | undefined; snrDb: number | undefined } = {
    noiseDb: undefined,
    snrDb: undefined,
  };
  readonly voice = { probability: 0 };
  readonly meter = new SoundMeter({ ...this, delayMs: 20 });
  network: NetworkStats | undefined;
  readonly #caller;
  readonly #agent;

  constructor(rateHz: PipelineRateHz = 8000) {
    this.#caller = createFrame(rateHz);
    this.#agent = createFrame(rateHz);
    this.meter.tune(pipelinePolicy({ voice: { enter: 0.5 } }));
  }

  stats(): LineStats {
    const frames = { framesPulled: 0, framesConcealed: 0, framesPushed: 0, framesDropped: 0 };
    return { ...frames, jitterBufferMs: 0, ...(this.network && { network: this.network }) };
  }

  tick({ caller, agent, isVoice = false, concealed = false, heldBackMs = 0 }: Tick = {}): void {
    this.#caller.samples.fill(0);
    this.#agent.samples.fill(0);
    if (caller) this.#caller.samples.set(caller);
    if (agent) this.#agent.samples.set(agent);
    Object.assign(this.#caller, { concealed, heldBackMs });
    this.meter.heard(this.#caller);
    this.voice.probability = isVoice ? 0.9 : 0.1;
    this.meter.sent(this.#agent, this);
  }

  ticks(count: number, tick?: Tick): void {
    for (let i = 0; i < count; i += 1) this.tick(tick);
  }
}

/** A frame of a tone whose level, root mean square, is that; whole periods, so that it is exact. */
function tone(levelDb: number, rateHz: PipelineRateHz = 8000): Float32Array {
  const amplitude = Math.SQRT2 * 10 ** (levelDb / 20);
  return new Float32Array(frameLength(rateHz)).map(
    (_, i) => amplitude * Math.sin((2 * Math.PI * 500 * i) / rateHz),
  );
}

for (const rateHz of [8000, 16_000] as const) {
  t.test(`levels are right at ${rateHz} Hz, of what is active`, async t => {
    const rig = new MeterRig(rateHz);
    const sounds = { caller: tone(-23, rateHz), agent: tone(-31.4, rateHz), isVoice: true };
    rig.ticks(40, sounds);
    rig.ticks(20, { caller: tone(-60, rateHz) });
    rig.ticks(40, sounds);
    const { measures, mediaMs, seconds } = rig.meter.take()!;
    t.same({ mediaMs, seconds }, { mediaMs: 0, seconds: 1 });
    t.same(measures.callerDb, [-23], 'pauses do not count');
    t.same(measures.agentDb, [-31.4]);
    t.same(measures.callerPeakDb, [-20]);
    t.same(measures.agentPeakDb, [-28.4]);
    t.same(measures.clippedSamples, [0]);
  });
}

t.test('who did not speak has no level', async t => {
  const rig = new MeterRig();
  rig.ticks(FRAMES, { caller: tone(-35), agent: tone(-66) });
  rig.ticks(5, { caller: tone(-35), isVoice: true });
  rig.ticks(95);
  const { measures } = rig.meter.take()!;
  t.equal(measures.callerDb, undefined, 'a noise is no voice, and the end of a word no second of speech');
  t.equal(measures.agentDb, undefined, 'comfort noise is no voice');
  t.same(measures.agentPeakDb?.[1], null, 'digital silence has no level');
});

t.test('talk-over and dead air are exact', async t => {
  const rig = new MeterRig();
  const agent = tone(-20);
  rig.ticks(30, { agent });
  rig.ticks(15, { agent, isVoice: true });
  rig.ticks(15, { isVoice: true });
  // 400 ms: the first 200 are a pause.
  rig.ticks(40);
  rig.ticks(FRAMES);
  rig.ticks(20);
  rig.ticks(10, { isVoice: true });
  rig.ticks(70);
  const { measures } = rig.meter.take()!;
  t.same(measures.talkOverMs, [150, 0, 0]);
  t.same(measures.deadAirMs, [200, 1000, 200 + 500]);
});

t.test('a call on hold has neither', async t => {
  const rig = new MeterRig();
  rig.ticks(50);
  rig.meter.isHeld = true;
  rig.ticks(FRAMES, { agent: tone(-20), isVoice: true });
  rig.ticks(50);
  rig.meter.isHeld = false;
  rig.ticks(FRAMES);
  const { measures } = rig.meter.take()!;
  t.same(measures.deadAirMs, [300, 0, 800]);
  t.same(measures.talkOverMs, [0, 0, 0]);
});

t.test('clipped samples are counted as the codecs clip them', async t => {
  const rig = new MeterRig();
  // The outermost values of µ-law, A-law and 16 bits, and the next to them in µ-law.
  const caller = Float32Array.of(32_124, -32_124, 32_256, 32_767, -32_768, 31_100, -31_100).map(
    s => s / 32_768,
  );
  rig.tick({ caller });
  rig.tick({ caller, concealed: true });
  rig.ticks(98);
  const { measures } = rig.meter.take()!;
  t.same(measures.clippedSamples, [5], 'but not in what was made up');
  t.same(measures.callerPeakDb, [0]);
  t.same(measures.concealedFrames, [1]);
});

t.test('what is no sound does no harm', async t => {
  const rig = new MeterRig();
  rig.tick({ caller: new Float32Array(80).fill(Number.NaN), agent: new Float32Array(80).fill(Number.NaN) });
  rig.tick({ caller: Float32Array.of(Number.POSITIVE_INFINITY, 1e30, -1e30) });
  Object.assign(rig.echo, { isFarActive: true, isAligned: true, echoDb: Number.NaN, erleDb: Number.NaN });
  Object.assign(rig.noise, { noiseDb: Number.NEGATIVE_INFINITY, snrDb: Number.NaN });
  rig.ticks(98, { caller: tone(-20), isVoice: true });
  const { measures } = rig.meter.take()!;
  t.same(measures.callerDb, [-20]);
  t.same(measures.callerPeakDb, [0]);
  for (const [name, values] of Object.entries(measures)) {
    t.ok(
      values.every(value => value === null || Number.isFinite(value)),
      name,
    );
  }
  t.equal(measures.echoDb, undefined);
  t.equal(measures.noiseDb, undefined);
});

t.test('an echo is set against what was sent the tick before', async t => {
  const rig = new MeterRig();
  Object.assign(rig.echo, { isAligned: true, echoDb: -38, erleDb: 26.04 });
  rig.tick({ agent: tone(-20) });
  rig.echo.isFarActive = true;
  rig.ticks(59, { agent: tone(-20) });
  rig.echo.isFarActive = false;
  rig.ticks(40, { agent: tone(-3), isVoice: true });
  Object.assign(rig.echo, { isFarActive: true, erleDb: 3 });
  rig.ticks(FRAMES, { agent: tone(-20), isVoice: true });
  const { measures } = rig.meter.take()!;
  t.same(measures.echoDb, [-38, -38]);
  t.same(measures.erleDb, [26, null], 'a caller who talks as well says nothing of the canceller');
  t.same(
    measures.echoReturnLossDb,
    [18, 19.7],
    'the last of the loud frames is the first of the next second',
  );
});

t.test('an echo that nobody knows is not made up', async t => {
  const rig = new MeterRig();
  rig.echo.isFarActive = true;
  rig.ticks(FRAMES, { agent: tone(-20) });
  rig.echo.isAligned = true;
  rig.meter.tune(pipelinePolicy({ echo: { enabled: false } }));
  rig.ticks(FRAMES, { agent: tone(-20) });
  const { measures } = rig.meter.take()!;
  t.equal(measures.echoDb, undefined);
  t.equal(measures.echoReturnLossDb, undefined);
  t.equal(measures.erleDb, undefined);
});

t.test('noise is as the uplink says', async t => {
  const rig = new MeterRig();
  rig.ticks(FRAMES);
  Object.assign(rig.noise, { noiseDb: -52.26, snrDb: 28.01 });
  rig.ticks(FRAMES);
  const { measures } = rig.meter.take()!;
  t.same(measures.noiseDb, [null, -52.3]);
  t.same(measures.snrDb, [null, 28]);
});

t.test('both ways are rated by what their line knows', async t => {
  const rig = new MeterRig();
  const counts = { packetMs: 20, packetsLost: 0, packetsLate: 0 };
  rig.network = { ...counts, roundTripMs: undefined, farEnd: undefined };
  rig.ticks(FRAMES, { heldBackMs: 30 });
  const farEnd = { lossPct: 2.34, jitterMs: 12 };
  rig.network = { ...counts, packetsLost: 7, packetsLate: 2, roundTripMs: 180, farEnd };
  rig.ticks(95, { heldBackMs: 60 });
  rig.ticks(5, { heldBackMs: 60, concealed: true });
  rig.network = { ...counts, packetsLost: 6, packetsLate: 2, roundTripMs: 180, farEnd };
  rig.ticks(FRAMES, { heldBackMs: 60 });
  const { measures } = rig.meter.take()!;
  t.same(measures.packetsLost, [0, 7, 0], 'one came after all');
  t.same(measures.packetsLate, [0, 2, 0]);
  t.same(measures.jitterBufferMs, [30, 60, 60]);
  t.same(measures.roundTripMs, [null, 180, 180]);
  t.same(measures.farLossPct, [null, 2.3, 2.3]);
  t.same(measures.farJitterMs, [null, 12, 12]);
  const second = {
    roundTripMs: 180,
    packetMs: 20,
    concealedPct: 5,
    jitterBufferMs: 60,
    pipelineMs: 20,
    farEnd,
  };
  const [, caller] = measures.callerR!;
  t.equal(caller, Number(callerRating(second).toFixed(1)));
  t.equal(measures.callerMos![1], Number(meanOpinionScore(callerRating(second)).toFixed(2)));
  t.same(measures.agentR, [null, ...Array(2).fill(Number(agentRating(second)!.toFixed(1)))]);
  t.equal(measures.agentMos![1], Number(meanOpinionScore(agentRating(second)!).toFixed(2)));
  t.equal(measures.callerR![0], 93.2);
});

t.test('a line that knows nothing of its packets is not rated', async t => {
  const rig = new MeterRig();
  rig.ticks(FRAMES, { concealed: true });
  const { measures } = rig.meter.take()!;
  const unknown = ['callerR', 'callerMos', 'agentR', 'agentMos', 'packetsLost', 'roundTripMs'] as const;
  for (const name of unknown) t.equal(measures[name], undefined, name);
  t.same(measures.concealedFrames, [100]);
});

t.test('ten seconds are a batch, and nothing is told twice', async t => {
  const rig = new MeterRig();
  rig.ticks(LIMITS.measuredSeconds * FRAMES - 1);
  t.notOk(rig.meter.isDue);
  rig.tick();
  t.ok(rig.meter.isDue);
  t.match(rig.meter.take(), { mediaMs: 0, seconds: LIMITS.measuredSeconds });
  t.notOk(rig.meter.isDue);
  t.equal(rig.meter.take(), undefined);
  rig.ticks(2 * FRAMES + 50);
  t.match(rig.meter.take(), { mediaMs: 10_000, seconds: 2 }, 'but for the second under way');
});

t.test('what nobody takes is forgotten', async t => {
  const rig = new MeterRig();
  rig.ticks(LIMITS.measuredSeconds * FRAMES);
  rig.ticks(3 * FRAMES);
  t.match(rig.meter.take(), { mediaMs: 10_000, seconds: 3 });
});

t.test('media time that passes without sound leaves a gap', async t => {
  const rig = new MeterRig();
  rig.ticks(2 * FRAMES + 30);
  rig.meter.skip(20);
  rig.ticks(50);
  t.notOk(rig.meter.isDue, 'a second may have a hole');
  rig.ticks(10);
  rig.meter.skip(1_000_000 + 95);
  t.ok(rig.meter.isDue);
  t.match(rig.meter.take(), { mediaMs: 0, seconds: 3 });
  rig.ticks(95);
  t.match(rig.meter.take(), { mediaMs: (1_000_000 + 400) * 10, seconds: 1 });
});

/** A line whose far end does nothing but send back what it hears, 20 dB weaker and 37.5 ms later, in some hiss. */
class EchoingLine extends HandLine {
  readonly #hiss = noise(10_000, 8000, 0.002);
  #pulled = 0;

  override pull(frame: Frame): void {
    const { samples } = frame;
    for (let i = 0; i < samples.length; i += 1, this.#pulled += 1)
      samples[i] = 0.1 * (this.sent[this.#pulled - 300] ?? 0) + this.#hiss[this.#pulled]!;
  }
}

t.test('in a call with an echo and nobody at the other end', { skip: NO_FLITE }, async t => {
  const shared = await sharedParts(8);
  const slot = slotView(createSlotMemory(1), 0);
  const call = new AudioCall(
    {
      slot,
      rateHz: 8000,
      shared,
      policy: DEFAULT_PIPELINE_POLICY,
      openLine: events => new EchoingLine(8000, events),
    },
    { answered() {}, turn() {}, dtmf() {}, playoutStarted() {}, playoutDrained() {}, ended() {} },
  );
  call.answered();
  const said = speech('Good morning, and thank you for your call. How can I help you today?', 8000);
  new SpeechWriter(slot).write(toInt16(said));
  for (let tick = 0; tick < 700; tick += 1) {
    hear(call);
    shared.tick([call.voice]);
    speak(call);
  }
  const { measures } = call.meter.take()!;
  t.ok(measures.agentDb!.filter(level => level !== null).length >= 3);
  // Until it is known where the echo is, it may be taken for a voice.
  t.same(measures.talkOverMs!.slice(2), [0, 0, 0, 0, 0], 'an echo is no caller');
  t.ok(measures.deadAirMs!.at(-1)! > 900, 'after the last word');
  const losses = measures.echoReturnLossDb!.filter(loss => loss !== null);
  t.ok(losses.length >= 2 && losses.every(loss => Math.abs(loss - 20) <= 2), `${losses} dB, not 20`);
  call.hangUp('localHangup');
  await call.closed();
});

t.test('a tick costs no memory', async t => {
  const rig = new MeterRig();
  const caller = createFrame(8000);
  const agent = createFrame(8000);
  caller.samples.set(tone(-20));
  agent.samples.set(tone(-25));
  Object.assign(rig.echo, { isFarActive: true, isAligned: true, echoDb: -40, erleDb: 20 });
  const run = (ticks: number): void => {
    for (let i = 0; i < ticks; i += 1) {
      rig.meter.heard(caller);
      rig.meter.sent(agent, rig);
    }
  };
  run(40_000);
  const grown = Array.from({ length: 9 }, () => {
    const before = process.memoryUsage().heapUsed;
    run(20_000);
    return (process.memoryUsage().heapUsed - before) / 20_000;
  });
  // A round may shrink by a collection; the figures of the line, once a second, are a few bytes a tick.
  const [, least = Number.POSITIVE_INFINITY] = grown.filter(growth => growth >= 0).toSorted((a, b) => a - b);
  t.ok(least < 16, `${least} bytes a tick`);
});
