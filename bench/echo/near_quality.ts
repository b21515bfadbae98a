import { writeFileSync } from 'node:fs';
import type { Trial } from '../quality/pesq.ts';
import { toPcm } from './companding.ts';
import type { Scene } from './scene.ts';
import { activeWindows, WINDOW_MS } from './signal.ts';

/** What PESQ gives a signal against itself (ITU-T P.862.1, P.862.2). */
const BEST: Readonly<Record<Scene['rateHz'], number>> = { 8000: 4.55, 16000: 4.64 };
const MARGIN_S = 0.5;
/** PESQ is not made for minutes: of long calls, the end. */
const MOST_S = 20;

/** Has PESQ compare some sounds with a scene's near end alone, over the time in which it talks; `path` begins all files' names. */
export function trialsOf(scene: Scene, sounds: readonly Float32Array[], path: string): Trial[] {
  const { rateHz, near } = scene;
  const talking = activeWindows(near, rateHz, 30);
  const at = (window: number, marginS: number): number =>
    Math.round(((window * WINDOW_MS) / 1000 + marginS) * rateHz);
  const to = Math.min(near.length, at(talking.at(-1)! + 1, MARGIN_S));
  const from = Math.max(0, at(talking[0]!, -MARGIN_S), to - MOST_S * rateHz);
  const write = (name: string, samples: Float32Array): string => {
    const file = `${path}-${name}.pcm`;
    writeFileSync(file, toPcm(samples.subarray(from, to)));
    return file;
  };
  const reference = write('near', near);
  return sounds.map((samples, index) => ({ rateHz, reference, heard: write(`${index}`, samples) }));
}

/** How much worse it is than nothing at all done to it. */
export function lossOf(score: number, { rateHz }: Pick<Scene, 'rateHz'>): number {
  return Math.max(0, BEST[rateHz] - score);
}
