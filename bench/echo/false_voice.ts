import {
  createVoiceMemory,
  type SileroVad,
  VAD_WINDOW_MS,
  vadWindowLength,
} from '../../models/silero_vad.ts';
import { createFrame } from '../../pipeline/frame.ts';
import { LevelProbe } from '../../pipeline/stages/level_probe.ts';
import { SpeechDetector } from '../../pipeline/turn/speech_detector.ts';
import { ACTIVE_DB } from './measure.ts';
import type { Scene } from './scene.ts';
import { activeWindows, WINDOW_MS } from './signal.ts';

/** From here on, a window is speech to the network. */
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
  /** By the network alone, from the first second on. */
  readonly network: VoicedTime;
}

/** What a voice may be heard in. */
export interface HeardSound {
  readonly samples: Float32Array;
  /** What may be left of an echo in each frame of 10 ms, in dB of full scale; empty where nobody knows. */
  readonly residualDb: readonly number[];
}

/** In each of some sounds of a scene in which nobody talks at the near end, as a call's speech detector finds them. */
export async function findVoices(
  vad: SileroVad,
  scene: Scene,
  sounds: readonly HeardSound[],
): Promise<FalseVoices[]> {
  const { rateHz, echo, changedAtS } = scene;
  const echoAtMs = (activeWindows(echo, rateHz, ACTIVE_DB)[0] ?? 0) * WINDOW_MS;
  const changesMs = [echoAtMs, ...(changedAtS === undefined ? [] : [1000 * changedAtS])];
  const isSettled = (atMs: number): boolean =>
    changesMs.every(changeMs => atMs < changeMs || atMs >= changeMs + SETTLING_MS);
  const probabilities = await judgeWindows(
    vad,
    rateHz,
    sounds.map(({ samples }) => samples),
  );
  return probabilities.map((ofSound, i) => {
    const heard = timed(detected(sounds[i]!, rateHz, ofSound));
    return {
      all: count(heard),
      settled: count(heard.filter(({ atMs }) => isSettled(atMs))),
      network: count(timed(ofSound.map(probability => probability >= SPEECH))),
    };
  });
}

/** Windows from the first second on. */
function timed(flags: readonly boolean[]): { isVoiced: boolean; atMs: number }[] {
  return flags
    .map((isVoiced, window) => ({ isVoiced, atMs: window * VAD_WINDOW_MS }))
    .filter(({ atMs }) => atMs >= SETTLING_MS);
}

/** Of each window, whether the speech detector of a call takes it for the caller's voice. */
function detected(
  { samples, residualDb }: HeardSound,
  rateHz: Scene['rateHz'],
  probabilities: readonly number[],
): boolean[] {
  const levels = new LevelProbe();
  const detector = new SpeechDetector(levels);
  const frame = createFrame(rateHz);
  const { length } = frame.samples;
  const flags: boolean[] = [];
  for (let at = 0; at + length <= samples.length; at += length) {
    frame.samples.set(samples.subarray(at, at + length));
    levels.process(frame);
    detector.hearEcho(residualDb[at / length] ?? Number.NEGATIVE_INFINITY);
    const windows = Math.floor(levels.untilMs / VAD_WINDOW_MS);
    if (windows === flags.length || windows > probabilities.length) continue;
    detector.update({ windows, probability: probabilities[windows - 1]! });
    flags.push(detector.isVoiced);
  }
  return flags;
}

function count(windows: readonly { readonly isVoiced: boolean }[]): VoicedTime {
  return { windows: windows.length, voiced: windows.filter(({ isVoiced }) => isVoiced).length };
}

async function judgeWindows(
  vad: SileroVad,
  rateHz: Scene['rateHz'],
  sounds: readonly Float32Array[],
): Promise<number[][]> {
  const length = vadWindowLength(rateHz);
  const memories = sounds.map(() => createVoiceMemory(rateHz));
  const found: number[][] = sounds.map(() => []);
  for (let at = 0; at + length <= sounds[0]!.length; at += length) {
    const windows = sounds.map((samples, i) => ({
      samples: samples.subarray(at, at + length),
      memory: memories[i]!,
    }));
    const probabilities = await vad.judge(windows, rateHz);
    for (const [i, probability] of probabilities.entries()) found[i]!.push(probability);
  }
  return found;
}

/** Of all the time, in hundredths of a percent; undefined when there is none. */
export function voicedPercent(times: readonly VoicedTime[]): number | undefined {
  const windows = times.reduce((sum, time) => sum + time.windows, 0);
  const voiced = times.reduce((sum, time) => sum + time.voiced, 0);
  return windows === 0 ? undefined : Math.round((10_000 * voiced) / windows) / 100;
}
