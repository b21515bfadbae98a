import t from 'tap';
import { createFrame, type Frame } from '../../pipeline/frame.ts';
import type { SpeechSource } from '../../pipeline/ports.ts';
import { Playout } from '../../pipeline/stages/playout.ts';
import { concat } from './sounds.ts';
import { peak, steepest } from './stage_bench.ts';
import { loudestAboveDb, sine } from './tones.ts';

const RATE_HZ = 16_000;
const FRAME = 160;

/** Speech in a plain array; after `invalidate` nothing comes until `renew`. */
class ArraySpeech implements SpeechSource {
  #samples: number[] = [];
  #void = false;
  position = 0;

  get waiting(): number {
    return this.#void ? 0 : this.#samples.length;
  }

  write(count: number, value = 0.5): void {
    for (let i = 0; i < count; i += 1) this.#samples.push(value);
  }

  say(samples: Float32Array): void {
    for (const sample of samples) this.#samples.push(sample);
  }

  renew(): void {
    this.#void = false;
  }

  read(into: Float32Array, at: number, count: number): number {
    const given = this.#void ? [] : this.#samples.splice(0, count);
    into.set(given, at);
    this.position += given.length;
    return given.length;
  }

  invalidate(): void {
    this.#void = true;
  }

  discardVoid(): void {
    if (!this.#void) return;
    this.position += this.#samples.length;
    this.#samples = [];
  }
}

interface Told {
  readonly what: 'started' | 'drained';
  readonly position: number;
  readonly atMs: number;
}

function setUp() {
  const told: Told[] = [];
  const speech = new ArraySpeech();
  const playout = new Playout(RATE_HZ, speech, {
    started: (position, atMs) => told.push({ what: 'started', position, atMs }),
    drained: (position, atMs) => told.push({ what: 'drained', position, atMs }),
  });
  const frame: Frame = createFrame(RATE_HZ);
  let frames = 0;
  const tick = (): Float32Array => {
    frame.mediaTime = frames * FRAME;
    frames += 1;
    playout.process(frame);
    return frame.samples.slice();
  };
  return { told, speech, playout, tick };
}

t.test('speech plays to its end, with ramps, and both ends are told to the sample', async t => {
  const { told, speech, playout, tick } = setUp();
  t.equal(peak(tick()), 0);
  speech.write(FRAME * 2 + 100);
  t.ok(playout.hasSpeech);
  const out = Float32Array.of(...tick(), ...tick(), ...tick(), ...tick());
  t.equal(out.indexOf(0), FRAME * 2 + 100);
  t.ok(steepest(Float32Array.of(0, ...out)) < 0.01, 'no click at either end');
  t.strictSame(told, [
    { what: 'started', position: 0, atMs: 10 },
    { what: 'drained', position: 420, atMs: 10 + 420 / 16 },
  ]);
  t.equal(playout.sentSamples, 420);
  t.notOk(playout.isPlaying);
});

t.test('speech that ends with a frame is told as drained in the next', async t => {
  const { told, speech, playout, tick } = setUp();
  speech.write(FRAME);
  tick();
  t.ok(playout.isPlaying);
  tick();
  t.strictSame(told.at(-1), { what: 'drained', position: FRAME, atMs: 10 });
});

t.test('a cut ends the speech within the frame, by a ramp, and counts what was heard', async t => {
  const { told, speech, playout, tick } = setUp();
  speech.write(5 * FRAME);
  tick();
  tick();
  playout.cut();
  t.equal(playout.sentSamples, 2 * FRAME + 80);
  const last = tick();
  t.ok(steepest(Float32Array.of(0.5, ...last)) < 0.01, 'no click');
  t.ok(
    last.subarray(80).every(sample => sample === 0),
    'silent within 5 ms',
  );
  t.equal(speech.position, 5 * FRAME, 'the rest is thrown away');
  t.equal(peak(tick()), 0);
  speech.write(FRAME, 0.9);
  t.equal(peak(tick()), 0, 'void until its writer says it is new');
  speech.renew();
  speech.write(FRAME, 0.25);
  t.ok(Math.abs(peak(tick()) - 0.25) < 1e-6);
  t.strictSame(
    told.map(({ what }) => what),
    ['started', 'started'],
    'a cut is no drain',
  );
});

t.test('a cut with a few samples left, or with none, or twice', async t => {
  const few = setUp();
  few.speech.write(FRAME + 3);
  few.tick();
  few.playout.cut();
  few.playout.cut();
  t.equal(few.playout.sentSamples, FRAME + 3);
  t.ok(
    few
      .tick()
      .subarray(3)
      .every(sample => sample === 0),
  );
  const none = setUp();
  none.playout.cut();
  t.equal(none.playout.sentSamples, 0);
  t.equal(peak(none.tick()), 0);
});

t.test('a dry source in mid-speech is a gap, told as such', async t => {
  const { told, speech, tick } = setUp();
  speech.write(FRAME);
  tick();
  tick();
  tick();
  speech.write(FRAME);
  tick();
  t.strictSame(
    told.map(({ what, atMs }) => [what, atMs]),
    [
      ['started', 0],
      ['drained', 10],
      ['started', 30],
    ],
  );
});

t.test('held speech falls silent within a frame and goes on from where it was, without a click', async t => {
  const { told, speech, playout, tick } = setUp();
  speech.write(16_000);
  const before = [tick(), tick(), tick()];
  playout.hold();
  playout.hold();
  const held = [tick(), tick(), tick()];
  t.equal(peak(held[1]!), 0);
  t.equal(peak(held[2]!), 0);
  t.ok(playout.isPlaying, 'it has not ended');
  t.equal(speech.position, 3 * FRAME + 80, 'the ramp was heard');
  playout.release();
  const after = [tick(), tick()];
  t.equal(peak(after[1]!), 0.5);
  t.equal(playout.sentSamples, speech.position);
  const whole = concat(...before, ...held, ...after);
  t.ok(steepest(whole.subarray(80)) < 0.01);
  t.same(told, [{ what: 'started', position: 0, atMs: 0 }]);
});

t.test('held speech can be cut, and speech that follows is not held', async t => {
  const { speech, playout, tick } = setUp();
  speech.write(16_000);
  tick();
  playout.hold();
  tick();
  const { sentSamples } = playout;
  playout.cut();
  t.equal(peak(tick()), 0);
  t.equal(playout.sentSamples, sentSamples, 'nothing more of it is heard');
  speech.renew();
  speech.write(1600);
  tick();
  t.equal(peak(tick()), 0.5);
  playout.release();
  t.equal(peak(tick()), 0.5, 'there is nothing to release');
});

t.test('no end of speech clicks, wherever in the wave it is cut', async t => {
  let worstDb = Number.NEGATIVE_INFINITY;
  for (let phase = 0; phase < 8; phase += 1) {
    const voice = sine(300, RATE_HZ, RATE_HZ).map(sample => sample / 2);
    const { playout, speech, tick } = setUp();
    speech.say(voice.subarray(phase * 7));
    const out = new Float32Array(30 * FRAME);
    for (let i = 5; i < 25; i += 1) {
      if (i === 15) playout.cut();
      out.set(tick(), i * FRAME);
    }
    worstDb = Math.max(worstDb, loudestAboveDb(out, 1000, RATE_HZ));
  }
  t.ok(worstDb < -70, `${worstDb} dB above 1 kHz`);
});
