import { type SileroVersion, VAD_WINDOW_MS } from '../../models/silero.ts';
import { FRAME_MS, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import { DEFAULT_PIPELINE_POLICY, type VoicePolicy } from '../../pipeline/policy.ts';
import type { SharedParts } from '../../pipeline/shared_parts.ts';
import { SpeechDetector } from '../../pipeline/turn/speech_detector.ts';
import { createUplink } from '../../pipeline/uplink.ts';
import type { Heard } from './scores.ts';

/** What a call made of its line's sound. */
export interface CallHearing {
  /** What its voice detector heard: the sound behind the uplink's stages. */
  readonly sound: Float32Array;
  /** Of the windows of that. */
  readonly probabilities: Float32Array;
  /** What its speech detector took for speech, in the time of the line. */
  readonly heard: readonly Heard[];
}

const NOBODY = { write: () => undefined };

/** Hears a line's sound as a call does while the agent is silent. */
export function hearCall(
  samples: Float32Array,
  rateHz: PipelineRateHz,
  shared: SharedParts,
  model: SileroVersion,
): CallHearing {
  const policy = { ...DEFAULT_PIPELINE_POLICY, voice: { ...DEFAULT_PIPELINE_POLICY.voice, model } };
  const [frame, far] = [new KernelFrame(shared.memory, rateHz), new KernelFrame(shared.memory, rateHz)];
  const uplink = createUplink(rateHz, { shared, far, policy, recorder: NOBODY, recogniser: NOBODY });
  const { chain, levels, tones, voice, delayMs } = uplink;
  const notes = new SpeechNotes(new SpeechDetector(levels, tones, policy.voice), delayMs);
  const length = frameLength(rateHz);
  const sound = new Float32Array(samples.length - (samples.length % length));
  const probabilities: number[] = [];
  for (let at = 0; at < sound.length; at += length) {
    frame.samples.set(samples.subarray(at, at + length));
    chain.process(frame);
    sound.set(frame.samples, at);
    shared.tick([voice]);
    if (voice.windows > probabilities.length) probabilities.push(voice.probability);
    notes.tick(voice.windows, voice.probability);
  }
  for (const part of [chain, frame, far]) part.close();
  return { sound, probabilities: Float32Array.from(probabilities), heard: notes.end() };
}

/** Lets a speech detector know of judgements, frame by frame, and writes down what it takes for speech. */
export class SpeechNotes {
  readonly #detector: SpeechDetector;
  readonly #delayMs: number;
  readonly #heard: Heard[] = [];
  #nowMs = 0;
  #begun: { readonly startMs: number; readonly noticedMs: number } | undefined;

  /** @param delayMs by which what the detector hears lies behind the line */
  constructor(detector: SpeechDetector, delayMs: number) {
    this.#detector = detector;
    this.#delayMs = delayMs;
  }

  /** After each frame: the windows judged so far, and the probability of the newest. */
  tick(windows: number, probability: number): void {
    this.#nowMs += FRAME_MS;
    const detector = this.#detector;
    detector.update({ windows, probability });
    if (!detector.isActive) this.#finish();
    else if (detector.isSure) {
      this.#begun ??= { startMs: detector.onsetMs - this.#delayMs, noticedMs: this.#nowMs };
    }
  }

  /** Nothing more comes: what is still going on ends. */
  end(): readonly Heard[] {
    this.#finish();
    return this.#heard;
  }

  #finish(): void {
    if (this.#begun === undefined) return;
    const endMs = this.#detector.lastSoundMs - this.#delayMs;
    this.#heard.push({ ...this.#begun, endMs, overMs: this.#nowMs });
    this.#begun = undefined;
  }
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
