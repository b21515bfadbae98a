import { createDownlink } from '../../pipeline/downlink.ts';
import { createFrame, FRAME_MS, type Frame } from '../../pipeline/frame.ts';
import { KeptFrame } from '../../pipeline/kept_frame.ts';
import type { SpeechSource } from '../../pipeline/ports.ts';
import type { Stage } from '../../pipeline/stage.ts';
import { goldenSpeech, SCENE_MS, SCENE_RATE_HZ } from './golden_scene.ts';
import { Track } from './track.ts';

/** The caller seems to speak, does not, speaks indeed. */
const LOWERED_MS = 2000;
const RAISED_MS = 2900;
const CUT_MS = 6200;

/** A sound behind a stage. */
export interface Passed {
  readonly name: string;
  readonly track: Track;
}

/** Speech that comes at its time, whole. */
class TimedSpeech implements SpeechSource {
  position = 0;
  #stretches = goldenSpeech();
  #samples: Float32Array = new Float32Array(0);

  get waiting(): number {
    return this.#samples.length;
  }

  /** What is due by now waits to be read. */
  tell(nowMs: number): void {
    const due = this.#stretches.find(({ fromMs }) => fromMs === nowMs);
    if (due !== undefined) this.#samples = due.samples;
  }

  read(into: Float32Array, at: number, count: number): number {
    const given = this.#samples.subarray(0, count);
    into.set(given, at);
    this.#samples = this.#samples.subarray(given.length);
    this.position += given.length;
    return given.length;
  }

  invalidate(): void {
    this.#samples = new Float32Array(0);
  }

  discardVoid(): void {}
}

/**
 * The agent's speech behind each stage of the downlink that changes it: it is lowered at 2 s, raised at 2.9 s, too loud
 * from 4.7 s on, and cut at 6.2 s.
 */
export function passDownlink(columnMs: number): {
  readonly chain: string;
  readonly passed: readonly Passed[];
} {
  const speech = new TimedSpeech();
  const { chain, duck, playout } = createDownlink(SCENE_RATE_HZ, {
    speech,
    recorder: { write: () => undefined },
    caller: new KeptFrame(SCENE_RATE_HZ),
    listener: { started: () => undefined, drained: () => undefined },
    bridge: nobodyElse(),
  });
  const tracks = chain.stages.map(() => new Track(SCENE_RATE_HZ, columnMs));
  const changes = chain.stages.map(() => false);
  const frame = createFrame(SCENE_RATE_HZ);
  const before = new Float32Array(frame.samples.length);
  for (let ms = 0; ms < SCENE_MS; ms += FRAME_MS) {
    speech.tell(ms);
    if (ms === LOWERED_MS) duck.lower();
    if (ms === RAISED_MS) duck.raise();
    if (ms === CUT_MS) playout.cut();
    for (const [i, stage] of chain.stages.entries()) {
      before.set(frame.samples);
      stage.process(frame);
      changes[i] ||= frame.samples.some((sample, at) => sample !== before[at]);
      tracks[i]!.take(frame.samples);
    }
  }
  for (const track of tracks) track.end();
  const passed = chain.stages.flatMap(({ name }, i) => (changes[i] ? [{ name, track: tracks[i]! }] : []));
  return { chain: chain.describe(), passed };
}

/** In place of a bridge. */
function nobodyElse(): Stage<Frame> {
  return { name: 'bridge', process: () => undefined, reset: () => undefined, close: () => undefined };
}
