import { VAD_WINDOW_MS } from '../../models/silero.ts';
import { createFrame, FRAME_MS, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import { DEFAULT_PIPELINE_POLICY, type VoicePolicy } from '../../pipeline/policy.ts';
import type { SharedParts } from '../../pipeline/shared_parts.ts';
import { LevelProbe } from '../../pipeline/stages/level_probe.ts';
import { ToneGuard } from '../../pipeline/stages/tone_guard.ts';
import { SpeechDetector } from '../../pipeline/turn/speech_detector.ts';
import { createUplink } from '../../pipeline/uplink.ts';
import type { Heard } from './scores.ts';

const nobody = { write: () => undefined };

/** What a call's voice detector hears of its line. */
export interface UplinkSound {
  readonly samples: Float32Array;
  readonly rateHz: PipelineRateHz;
  /** By so much it lies behind the line. */
  readonly delayMs: number;
}

/** A line's sound behind the uplink's stages, while the agent is silent. */
export function throughUplink(
  samples: Float32Array,
  rateHz: PipelineRateHz,
  shared: SharedParts,
): UplinkSound {
  const [frame, far] = [new KernelFrame(shared.memory, rateHz), new KernelFrame(shared.memory, rateHz)];
  const { chain, delayMs } = createUplink(rateHz, {
    shared,
    far,
    policy: DEFAULT_PIPELINE_POLICY,
    recorder: nobody,
    recogniser: nobody,
  });
  const length = frameLength(rateHz);
  const heard = new Float32Array(samples.length - (samples.length % length));
  for (let at = 0; at < heard.length; at += length) {
    frame.samples.set(samples.subarray(at, at + length));
    chain.process(frame);
    heard.set(frame.samples, at);
  }
  chain.close();
  frame.close();
  far.close();
  return { samples: heard, rateHz, delayMs };
}

/** What the windows alone say, with hysteresis: from the first that enters to the last that keeps. */
export function hearWindows(probabilities: Float32Array, { enter, keep }: VoicePolicy): Heard[] {
  const heard: Heard[] = [];
  let first: number | undefined;
  for (let window = 0; window <= probabilities.length; window += 1) {
    const probability = probabilities[window] ?? 0;
    if (first === undefined && probability >= enter) first = window;
    if (first === undefined || probability >= keep) continue;
    heard.push({
      startMs: first * VAD_WINDOW_MS,
      noticedMs: (first + 1) * VAD_WINDOW_MS,
      endMs: window * VAD_WINDOW_MS,
      overMs: (window + 1) * VAD_WINDOW_MS,
    });
    first = undefined;
  }
  return heard;
}

/** What a call's speech detector tells of a sound that a network judged, in the time of the line. */
export function hearSpeech(
  { samples, rateHz, delayMs }: UplinkSound,
  probabilities: Float32Array,
  policy: VoicePolicy,
): Heard[] {
  const levels = new LevelProbe(delayMs);
  const tones = new ToneGuard(rateHz);
  const detector = new SpeechDetector(levels, tones, policy);
  const frame = createFrame(rateHz);
  const length = frameLength(rateHz);
  const frames = Math.floor(samples.length / length);
  const heard: Heard[] = [];
  let begun: { startMs: number; noticedMs: number } | undefined;
  for (let index = 0; index < frames; index += 1) {
    frame.samples.set(samples.subarray(index * length, (index + 1) * length));
    levels.process(frame);
    tones.process(frame);
    const nowMs = (index + 1) * FRAME_MS;
    const windows = Math.min(probabilities.length, Math.floor(nowMs / VAD_WINDOW_MS));
    detector.update({ windows, probability: probabilities[windows - 1] ?? 0 });
    if (begun === undefined) {
      const isSpeech = detector.isActive && detector.isSure;
      if (isSpeech) begun = { startMs: detector.onsetMs - delayMs, noticedMs: nowMs };
    } else if (!detector.isActive || index === frames - 1) {
      heard.push({ ...begun, endMs: detector.lastSoundMs - delayMs, overMs: nowMs });
      begun = undefined;
    }
  }
  return heard;
}
