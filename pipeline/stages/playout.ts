import type { Frame, PipelineRateHz } from '../frame.ts';
import type { SpeechSource } from '../ports.ts';
import type { Stage } from '../stage.ts';

/** Speech begins, ends and is cut with a ramp this long, so that nothing clicks. */
export const RAMP_MS = 5;

export interface PlayoutListener {
  /** A stretch of speech begins in this frame, with the sample at `position` of the source. */
  started(position: number, atMs: number): void;
  /** The source ran dry; `position` is the one after the last sample played, `atMs` its time. */
  drained(position: number, atMs: number): void;
}

/** First stage of the downlink: the agent's speech, or silence, ten milliseconds at a time. */
export class Playout implements Stage<Frame> {
  readonly name = 'playout';
  readonly #source: SpeechSource;
  readonly #listener: PlayoutListener;
  readonly #rateHz: PipelineRateHz;
  readonly #rampLength: number;
  readonly #tail: Float32Array;
  #tailLength = 0;
  #playing = false;
  #held = false;
  #resuming = false;
  #sent = 0;

  constructor(rateHz: PipelineRateHz, source: SpeechSource, listener: PlayoutListener) {
    this.#rateHz = rateHz;
    this.#source = source;
    this.#listener = listener;
    this.#rampLength = (rateHz * RAMP_MS) / 1000;
    this.#tail = new Float32Array(this.#rampLength);
  }

  /** Samples of speech sent on since the call began. */
  get sentSamples(): number {
    return this.#sent;
  }

  /** True from the first sample of a stretch until the source ran dry or was cut, also while it is held. */
  get isPlaying(): boolean {
    return this.#playing;
  }

  /** Absolute position of the next sample of the source. */
  get position(): number {
    return this.#source.position;
  }

  /** True when speech waits to be played. */
  get hasSpeech(): boolean {
    return this.#source.waiting > 0;
  }

  /**
   * Ends the speech within the coming frame: what is left of it is a ramp of 5 ms, counted as sent, and nothing
   * written before comes after it.
   */
  cut(): void {
    if (this.#playing && !this.#held) this.#fadeOut();
    this.#end();
  }

  /** Ends the speech before the coming frame, where another ends it on the wire: nothing more of it is given. */
  drop(): void {
    this.#sent -= this.#tailLength;
    this.#tailLength = 0;
    this.#end();
  }

  /** Falls silent within the coming frame, and keeps its place in the speech. */
  hold(): void {
    if (!this.#playing || this.#held) return;
    this.#fadeOut();
    this.#held = true;
  }

  /** Speaks on from where it was held. */
  release(): void {
    this.#resuming ||= this.#held;
    this.#held = false;
  }

  process(frame: Frame): void {
    const { samples } = frame;
    if (this.#tailLength > 0) {
      samples.fill(0);
      samples.set(this.#tail);
      this.#tail.fill(0);
      this.#tailLength = 0;
      return;
    }
    this.#source.discardVoid();
    if (this.#held) {
      samples.fill(0);
      return;
    }
    const position = this.#source.position;
    const given = this.#source.read(samples, 0, samples.length);
    samples.fill(0, given);
    this.#sent += given;
    if (given > 0) this.#play(frame, given, position);
    else if (this.#playing) this.#drain(frame.mediaTime, position);
  }

  #end(): void {
    this.#playing = false;
    this.#held = false;
    this.#source.invalidate();
    this.#source.discardVoid();
  }

  #fadeOut(): void {
    this.#tailLength = this.#source.read(this.#tail, 0, this.#rampLength);
    fadeOut(this.#tail, this.#tailLength, this.#tailLength);
    this.#sent += this.#tailLength;
  }

  #play(frame: Frame, given: number, position: number): void {
    if (!this.#playing || this.#resuming) fadeIn(frame.samples, Math.min(given, this.#rampLength));
    this.#resuming = false;
    if (!this.#playing) {
      this.#playing = true;
      this.#listener.started(position, this.#timeMs(frame.mediaTime));
    }
    if (given < frame.samples.length) {
      fadeOut(frame.samples, given, Math.min(given, this.#rampLength));
      this.#drain(frame.mediaTime + given, this.#source.position);
    }
  }

  #drain(mediaTime: number, position: number): void {
    this.#playing = false;
    this.#listener.drained(position, this.#timeMs(mediaTime));
  }

  #timeMs(mediaTime: number): number {
    return (mediaTime * 1000) / this.#rateHz;
  }

  reset(): void {
    this.#tail.fill(0);
    this.#tailLength = 0;
    this.#playing = false;
    this.#held = false;
    this.#resuming = false;
  }

  close(): void {
    this.reset();
  }
}

function fadeIn(samples: Float32Array, length: number): void {
  for (let i = 0; i < length; i += 1) samples[i] = samples[i]! * raisedCosine((i + 0.5) / length);
}

/** Fades out the last `length` samples before `end`. */
export function fadeOut(samples: Float32Array, end: number, length: number): void {
  for (let i = 0; i < length; i += 1) {
    samples[end - 1 - i] = samples[end - 1 - i]! * raisedCosine((i + 0.5) / length);
  }
}

/** From 0 to 1 without a corner, which is 16 dB less of a click than a straight line. */
function raisedCosine(at: number): number {
  return 0.5 - 0.5 * Math.cos(Math.PI * at);
}
