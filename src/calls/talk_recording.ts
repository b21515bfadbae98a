import type { CallRecord } from '../agent/call_record.ts';
import { type CallRecording, NO_RECORDING } from '../agent/ports.ts';
import type { Config } from '../config/schema.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CONTROL, type RingView, type SlotView } from './slot_buffers.ts';
import type { CallInfo } from './thread_messages.ts';

/** Takes both legs of a call from its slot to a file. */
export interface Recorder {
  /** Below the recordings folder: once it is complete, and until then. */
  readonly file: string;
  readonly unfinishedFile: string;
  /** Takes what the audio thread wrote since; never waits. */
  drain(): void;
  /** What was taken since that time of the recording becomes silence. */
  silence(fromMs: number): void;
  /** Takes the rest; resolves when the file is complete. */
  close(): Promise<{ readonly durationMs: number; readonly bytes: number }>;
}

/** The recording of a process that was lost. */
export interface LeftRecording {
  readonly file: string;
  readonly unfinishedFile: string;
  /** How long it is to be by now; what is wanting is silence. */
  readonly lengthMs: number;
}

/** Begins a recording, or goes on with one, with the next sample of the ring: both legs interleaved, caller first. */
export type OpenRecorder = (call: {
  readonly tenantId: string;
  readonly callId: string;
  readonly rateHz: number;
  readonly ring: RingView;
  readonly goesOnWith?: LeftRecording;
}) => Recorder;

export interface TalkRecordingParts {
  readonly info: CallInfo;
  readonly slot: SlotView;
  readonly record: CallRecord;
  /** Media time of the call. */
  mediaMs(): number;
  onFault(error: unknown): void;
}

/** An onset is noticed so late, and the quiet beginning of a word comes before it. */
const BEFORE_PAUSE_MS = 500;

/** A call's recording from consent to its end; a fault ends the recording, not the call. */
export class TalkRecording implements CallRecording {
  readonly #open: OpenRecorder;
  readonly #parts: TalkRecordingParts;
  #recorder: Recorder | undefined;
  #startMs = 0;
  #isPaused = false;
  #closing: Promise<unknown> = Promise.resolve();

  constructor(open: OpenRecorder, parts: TalkRecordingParts) {
    this.#open = open;
    this.#parts = parts;
  }

  /** What goes on just now, for another process to go on with. */
  get state(): Checkpoint['recording'] {
    if (this.#recorder === undefined) return null;
    const { file, unfinishedFile } = this.#recorder;
    return { file, unfinishedFile, startMs: this.#startMs, isPaused: this.#isPaused };
  }

  start(): void {
    if (this.#recorder !== undefined) return;
    const { info, record } = this.#parts;
    const recorder = this.#begin();
    if (recorder === undefined) return;
    const { file } = recorder;
    record.append('recording.started', { file, mediaMs: this.#startMs, rateHz: info.rateHz });
  }

  /** Goes on with what a process had recorded that was lost meanwhile. */
  resume({ file, unfinishedFile, startMs, isPaused }: NonNullable<Checkpoint['recording']>): void {
    const lengthMs = this.#parts.mediaMs() - startMs;
    if (this.#begin({ file, unfinishedFile, lengthMs }) !== undefined) this.#startMs = startMs;
    this.#setPaused(isPaused);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(sinceMs: number): void {
    const { record } = this.#parts;
    if (this.#recorder === undefined) return;
    const wasPaused = this.#isPaused;
    this.#setPaused(true);
    const fromMs = Math.max(this.#startMs, sinceMs - BEFORE_PAUSE_MS);
    this.#recorder.silence(fromMs - this.#startMs);
    if (!wasPaused) record.append('recording.paused', { file: this.#recorder.file, mediaMs: fromMs });
  }

  resumeSound(): void {
    if (!this.#isPaused) return;
    this.#setPaused(false);
    const { record, mediaMs } = this.#parts;
    if (this.#recorder !== undefined)
      record.append('recording.resumed', { file: this.#recorder.file, mediaMs: mediaMs() });
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    Atomics.store(this.#parts.slot.control, CONTROL.recordingPaused, isPaused ? 1 : 0);
  }

  stop(): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    this.#recorder = undefined;
    this.#setPaused(false);
    Atomics.store(this.#parts.slot.control, CONTROL.recording, 0);
    this.#closing = Promise.all([this.#closing, this.#close(recorder)]);
  }

  /** To be called every 10 to 20 ms. */
  drain(): void {
    this.#recorder?.drain();
  }

  /** Resolves when nothing is left to be written. */
  async finish(): Promise<void> {
    this.stop();
    await this.#closing;
  }

  #begin(goesOnWith?: LeftRecording): Recorder | undefined {
    const { info, slot, mediaMs, onFault } = this.#parts;
    const { tenantId, callId, rateHz } = info;
    try {
      const call = { tenantId, callId, rateHz, ring: slot.recording };
      this.#recorder = this.#open(goesOnWith === undefined ? call : { ...call, goesOnWith });
      Atomics.store(slot.control, CONTROL.recording, 1);
      this.#startMs = mediaMs();
    } catch (error) {
      onFault(error);
    }
    return this.#recorder;
  }

  async #close(recorder: Recorder): Promise<void> {
    try {
      const { durationMs, bytes } = await recorder.close();
      this.#parts.record.append('recording.ended', { file: recorder.file, durationMs, bytes });
    } catch (error) {
      this.#parts.onFault(error);
    }
  }
}

/** Where policy forbids recording, no consent allows it. */
export function allowedRecording(config: Config, recording: CallRecording): CallRecording {
  if (config.recording.consent !== 'never') return recording;
  return NO_RECORDING;
}
