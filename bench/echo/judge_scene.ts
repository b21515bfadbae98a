import type { SileroVad } from '../../models/silero_vad.ts';
import type { Trial } from '../quality/pesq.ts';
import { type Cancelled, type Canceller, cancelScene } from './canceller.ts';
import type { Cancellers } from './cancellers.ts';
import { type FalseVoices, findVoices } from './false_voice.ts';
import { erlePerSecond, type Measures, measure } from './measure.ts';
import { trialsOf } from './near_quality.ts';
import type { Scene } from './scene.ts';

/** What both made of a scene. */
export interface JudgedScene {
  readonly scene: Pick<Scene, 'name' | 'kind' | 'rateHz'>;
  readonly own: Heard;
  readonly aec3: Heard | undefined;
  /** Voices found in the noise alone, and in all that is received; undefined where somebody talks. */
  readonly noiseVoices: FalseVoices | undefined;
  readonly untreatedVoices: FalseVoices | undefined;
  /** In dB, of the own one. */
  readonly erlePerSecond: readonly (number | undefined)[];
  /** For PESQ, where somebody talks: the near end alone after the own one, and all that is heard before and after both. */
  readonly trials: readonly Trial[];
}

interface Heard {
  readonly measures: Measures;
  readonly microsPerFrame: number;
  /** Undefined where somebody talks. */
  readonly voices: FalseVoices | undefined;
}

/** @param path begins the names of the files for PESQ */
export async function judgeScene(
  scene: Scene,
  cancellers: Cancellers,
  vad: SileroVad,
  path: string,
): Promise<JudgedScene> {
  const { name, kind, rateHz, near, nearTalks, mic } = scene;
  const own = cancelScene(scene, cancellers.own(scene));
  // Paired, and without the shadow.
  const { micros: ownMicros } = timed(scene, withoutShadow(cancellers.own(scene)));
  const aec3 = cancellers.aec3 === undefined ? undefined : timed(scene, cancellers.aec3(scene));
  const outs = [own.out, ...(aec3 === undefined ? [] : [aec3.cancelled.out])];
  const sounds = [near, mic, ...outs].map(samples => ({
    samples,
    residualDb: samples === own.out ? own.residualDb : [],
  }));
  const [noiseVoices, untreatedVoices, ownVoices, aec3Voices] = nearTalks
    ? []
    : await findVoices(vad, scene, sounds);
  return {
    scene: { name, kind, rateHz },
    own: { measures: measure(scene, own), microsPerFrame: ownMicros, voices: ownVoices },
    aec3: aec3 && {
      measures: measure(scene, aec3.cancelled),
      microsPerFrame: aec3.micros,
      voices: aec3Voices,
    },
    noiseVoices,
    untreatedVoices,
    erlePerSecond: erlePerSecond(scene, own.parts!.echo),
    trials: nearTalks ? trialsOf(scene, [own.parts!.near, mic, ...outs], path) : [],
  };
}

function withoutShadow({ delayMs, cancel, close }: Canceller): Canceller {
  return { delayMs, cancel, close };
}

/** CPU time for each frame of 10 ms, in microseconds. */
function timed(scene: Scene, canceller: Canceller): { cancelled: Cancelled; micros: number } {
  const before = process.cpuUsage();
  const cancelled = cancelScene(scene, canceller);
  const { user, system } = process.cpuUsage(before);
  return { cancelled, micros: ((user + system) * scene.rateHz) / (100 * scene.mic.length) };
}
