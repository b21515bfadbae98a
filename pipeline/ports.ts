/**
 * What the pipeline needs from the outside. Nothing here waits or throws, and no port keeps a buffer that it was
 * handed.
 */

/** Takes one frame of one leg off the audio path; a full sink counts and drops. */
export interface SampleSink {
  write(samples: Float32Array): void;
}

/** Takes one frame of both legs at the same media time. */
export interface StereoSink {
  write(caller: Float32Array, agent: Float32Array): void;
}

/** The newest judgement of the voice-activity network, made elsewhere of what the sink was given. */
export interface VoiceActivity {
  /** Windows judged since the call began; window n ends at n × 32 ms of media time. */
  readonly windows: number;
  /** Speech probability of the newest window, 0–1. */
  readonly probability: number;
}

/** The agent's speech as the talk thread wrote it. */
export interface SpeechSource {
  /** Reads up to `count` samples into `into` from `at` on; says how many there were. */
  read(into: Float32Array, at: number, count: number): number;
  /** Samples waiting to be read. */
  readonly waiting: number;
  /** Absolute position of the next sample to be read. */
  readonly position: number;
  /** Makes everything written so far, and all that its writer has not yet declared new, void. */
  invalidate(): void;
  /** Throws away what `invalidate` made void; called every tick. */
  discardVoid(): void;
}
