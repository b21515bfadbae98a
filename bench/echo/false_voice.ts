import {
  createVoiceMemory,
  type SileroVad,
  VAD_WINDOW_MS,
  vadWindowLength,
} from '../../models/silero_vad.ts';
import { ACTIVE_DB } from './measure.ts';
import type { Scene } from './scene.ts';
import { activeWindows, WINDOW_MS } from './signal.ts';

/** From here on, a window is speech. */
const SPEECH = 0.5;
/** What a canceller has to find an echo in. */
const SETTLING_MS = 1000;

/** Windows of the voice activity network. */
interface VoicedTime {
  readonly windows: number;
  readonly voiced: number;
}

/** Voices that are heard although the far end alone talks. */
export interface FalseVoices {
  /** From the first second on. */
  readonly all: VoicedTime;
  /** Without the second after the echo's first sound, and that after its path changed. */
  readonly settled: VoicedTime;
}

/** In each of some sounds of a scene in which nobody talks at the near end. */
export async function findVoices(
  vad: SileroVad,
  scene: Scene,
  sounds: readonly Float32Array[],
): Promise<FalseVoices[]> {
  const { rateHz, echo, changedAtS } = scene;
  const echoAtMs = (activeWindows(echo, rateHz, ACTIVE_DB)[0] ?? 0) * WINDOW_MS;
  const changesMs = [echoAtMs, ...(changedAtS === undefined ? [] : [1000 * changedAtS])];
  const isSettled = (atMs: number): boolean =>
    changesMs.every(changeMs => atMs < changeMs || atMs >= changeMs + SETTLING_MS);
  const flags = await judgeWindows(vad, rateHz, sounds);
  return flags.map(voiced => {
    const heard = voiced
      .map((isVoiced, window) => ({ isVoiced, atMs: window * VAD_WINDOW_MS }))
      .filter(({ atMs }) => atMs >= SETTLING_MS);
    return { all: count(heard), settled: count(heard.filter(({ atMs }) => isSettled(atMs))) };
  });
}

function count(windows: readonly { readonly isVoiced: boolean }[]): VoicedTime {
  return { windows: windows.length, voiced: windows.filter(({ isVoiced }) => isVoiced).length };
}

async function judgeWindows(
  vad: SileroVad,
  rateHz: Scene['rateHz'],
  sounds: readonly Float32Array[],
): Promise<boolean[][]> {
  const length = vadWindowLength(rateHz);
  const memories = sounds.map(() => createVoiceMemory(rateHz));
  const flags: boolean[][] = sounds.map(() => []);
  for (let at = 0; at + length <= sounds[0]!.length; at += length) {
    const windows = sounds.map((samples, i) => ({
      samples: samples.subarray(at, at + length),
      memory: memories[i]!,
    }));
    const probabilities = await vad.judge(windows, rateHz);
    for (const [i, probability] of probabilities.entries()) flags[i]!.push(probability >= SPEECH);
  }
  return flags;
}

/** Of all the time, in hundredths of a percent; undefined when there is none. */
export function voicedPercent(times: readonly VoicedTime[]): number | undefined {
  const windows = times.reduce((sum, time) => sum + time.windows, 0);
  const voiced = times.reduce((sum, time) => sum + time.voiced, 0);
  return windows === 0 ? undefined : Math.round((10_000 * voiced) / windows) / 100;
}
