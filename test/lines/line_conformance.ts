import assert from 'node:assert/strict';
import { createFrame, FRAME_MS, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import type { Line, LineEndReason, LineEvents } from '../../src/lines/line.ts';

/** The other end of a line under test. */
interface FarEnd {
  /** Says these samples (16 bits at the line's rate), then silence; resolves at once. */
  say(samples: Int16Array): void;
  /** Milliseconds of sound heard so far, silence not counted. */
  soundMs(): number;
  hangUp(): Promise<void>;
}

/** Opens lines of one kind, with somebody at the other end. */
export interface LineHarness {
  readonly rateHz: PipelineRateHz;
  open(events: LineEvents): Promise<{ line: Line; farEnd: FarEnd }>;
  /** Lets 10 ms pass, as the media clock would. */
  tick(): Promise<void>;
  /** Gives back what the harness holds of the call. */
  close(): Promise<void>;
}

/** What a line told, in order. */
class Told implements LineEvents {
  readonly events: string[] = [];
  readonly ends: LineEndReason[] = [];

  answered(): void {
    this.events.push('answered');
  }

  dtmf(): void {}

  held(): void {}

  resumed(): void {}

  ended(reason: LineEndReason): void {
    this.ends.push(reason);
    this.events.push('ended');
  }
}

interface Call {
  readonly line: Line;
  readonly farEnd: FarEnd;
  readonly told: Told;
  /** Runs the clock; pushes `voice` from its start, then silence; gives back what was pulled. */
  run(durationMs: number, voice?: Float32Array): Promise<Float32Array>;
}

type Check = (call: Call) => Promise<void>;

const ANSWER_TICKS = 1500;
const SETTLE_MS = 600;

function tone(durationMs: number, rateHz: number): Float32Array {
  return Float32Array.from(
    { length: (durationMs * rateHz) / 1000 },
    (_, i) => 0.4 * Math.sin((2 * Math.PI * 500 * i) / rateHz),
  );
}

function toneInt16(durationMs: number, rateHz: number): Int16Array {
  return Int16Array.from(tone(durationMs, rateHz), sample => Math.round(sample * 32767));
}

/** Milliseconds of frames that sound. */
export function soundMs(samples: ArrayLike<number>, rateHz: PipelineRateHz, fullScale = 1): number {
  const length = frameLength(rateHz);
  let frames = 0;
  for (let at = 0; at + length <= samples.length; at += length) {
    let energy = 0;
    for (let i = at; i < at + length; i += 1) energy += (samples[i]! / fullScale) ** 2;
    if (Math.sqrt(energy / length) > 0.05) frames += 1;
  }
  return frames * FRAME_MS;
}

/** Everything that a call relies on, whatever carries the line. Each check is given a call that was answered. */
export const LINE_CHECKS: Readonly<Record<string, Check>> = {
  'is answered once, with nothing told before': async ({ told, run }) => {
    await run(300);
    assert.deepEqual(told.events, ['answered']);
  },

  'carries the caller’s voice, whole': async ({ line, farEnd, run }) => {
    await run(SETTLE_MS);
    farEnd.say(toneInt16(1000, line.rateHz));
    const heard = soundMs(await run(1000 + SETTLE_MS), line.rateHz);
    assert.ok(heard >= 940 && heard <= 1100, `heard ${heard} of 1000 ms`);
  },

  'carries the agent’s voice from the first word after the answer': async ({ line, farEnd, run }) => {
    await run(1000 + SETTLE_MS, tone(1000, line.rateHz));
    const heard = farEnd.soundMs();
    // On a busy machine the far end's own jitter buffer stretches what it plays.
    assert.ok(heard >= 940 && heard <= 1300, `the far end heard ${heard} of 1000 ms`);
  },

  'gives silence, and never anything that is no sample, while nobody speaks': async ({ run }) => {
    const heard = await run(500);
    assert.ok(heard.every(sample => Math.abs(sample) < 0.05));
  },

  'does not send what was flushed, and says how much that was': async ({ line, farEnd, run }) => {
    await run(SETTLE_MS);
    const frame = createFrame(line.rateHz);
    frame.samples.set(tone(FRAME_MS, line.rateHz));
    line.flush();
    for (let i = 0; i < 10; i += 1) line.push(frame);
    const flushedMs = line.flush();
    await run(SETTLE_MS);
    assert.ok(flushedMs >= 0 && flushedMs <= 100, `flushed ${flushedMs} of 100 ms`);
    assert.ok(
      farEnd.soundMs() <= 100 - flushedMs + 30,
      `${farEnd.soundMs()} ms heard, ${flushedMs} ms flushed`,
    );
    assert.equal(line.flush() > 30, false, 'nothing waits that was not pushed');
  },

  'survives frames of another length and samples beyond full scale': async ({ line, farEnd, run }) => {
    const frame = createFrame(line.rateHz);
    line.push({ ...frame, samples: new Float32Array(37) });
    line.push({ ...frame, samples: new Float32Array(4800) });
    frame.samples.fill(Number.NaN);
    line.push(frame);
    frame.samples.fill(Number.POSITIVE_INFINITY);
    line.push(frame);
    await run(500 + SETTLE_MS, tone(500, line.rateHz));
    assert.ok(farEnd.soundMs() >= 450, `the far end heard ${farEnd.soundMs()} of 500 ms`);
  },

  counts: async ({ line, run }) => {
    const before = line.stats();
    await run(500);
    const after = line.stats();
    assert.equal(after.framesPulled - before.framesPulled, 50);
    assert.equal(after.framesPushed - before.framesPushed, 50);
    assert.ok(after.jitterBufferMs >= 0 && after.jitterBufferMs <= 200);
    assert.ok(line.playoutDelayMs >= 0 && line.playoutDelayMs <= 200);
  },

  'tells once that the far end hung up, and closes twice without harm': async ({
    line,
    farEnd,
    told,
    run,
  }) => {
    await farEnd.hangUp();
    for (let i = 0; i < 500 && told.ends.length === 0; i += 1) await run(FRAME_MS);
    assert.deepEqual(told.ends, ['remoteHangup']);
    await line.close('localHangup');
    await line.close('localHangup');
    await run(100, tone(100, line.rateHz));
    assert.deepEqual(told.ends, ['remoteHangup']);
  },

  'tells its own hang-up once, and lets the line be used without harm afterwards': async ({
    line,
    told,
    run,
  }) => {
    await Promise.all([line.close('localHangup'), line.close('networkLost')]);
    const heard = await run(200, tone(200, line.rateHz));
    line.flush();
    assert.ok(heard.every(sample => Number.isFinite(sample)));
    assert.deepEqual(told.ends, ['localHangup']);
  },
};

/** Runs one check on a fresh call; rejects when the line does not hold it. */
export async function checkLine(harness: LineHarness, check: Check): Promise<void> {
  const told = new Told();
  const { line, farEnd } = await harness.open(told);
  const caller = createFrame(line.rateHz);
  const agent = createFrame(line.rateHz);
  const run = async (durationMs: number, voice = new Float32Array(0)): Promise<Float32Array> => {
    const { length } = caller.samples;
    const frames = durationMs / FRAME_MS;
    const heard = new Float32Array(frames * length);
    for (let i = 0; i < frames; i += 1) {
      await harness.tick();
      // What a line does not write must not pass for silence.
      caller.samples.fill(Number.NaN);
      line.pull(caller);
      heard.set(caller.samples, i * length);
      agent.samples.fill(0);
      agent.samples.set(voice.subarray(i * length, (i + 1) * length));
      line.push(agent);
    }
    return heard;
  };
  try {
    for (let i = 0; i < ANSWER_TICKS && told.events.length === 0; i += 1) await harness.tick();
    assert.equal(told.events[0], 'answered', 'the line was not answered');
    await check({ line, farEnd, told, run });
  } finally {
    await line.close('localHangup');
    await harness.close();
  }
}
