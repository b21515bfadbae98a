import type { CallRecord } from '../agent/call_record.ts';
import type { CallRecording } from '../agent/ports.ts';
import { CONTROL, type RingView, type SlotView } from './slot_buffers.ts';
import type { CallInfo } from './thread_messages.ts';

/** Takes both legs of a call from its slot to a file. */
export interface Recorder {
  /** Below the recordings folder. */
  readonly file: string;
  /** Takes what the audio thread wrote since; never waits. */
  drain(): void;
  /** Takes the rest; resolves when the file is complete. */
  close(): Promise<{ readonly durationMs: number; readonly bytes: number }>;
}

/** Begins a recording with the next sample of the ring, which holds both legs interleaved, caller first. */
export type OpenRecorder = (call: {
  readonly tenantId: string;
  readonly callId: string;
  readonly rateHz: number;
  readonly ring: RingView;
}) => Recorder;

export interface TalkRecordingParts {
  readonly info: CallInfo;
  readonly slot: SlotView;
  readonly record: CallRecord;
  onFault(error: unknown): void;
}

/** A call's recording from consent to its end; a fault ends the recording, not the call. */
export class TalkRecording implements CallRecording {
  readonly #open: OpenRecorder;
  readonly #parts: TalkRecordingParts;
  #recorder: Recorder | undefined;
  #closing: Promise<unknown> = Promise.resolve();

  constructor(open: OpenRecorder, parts: TalkRecordingParts) {
    this.#open = open;
    this.#parts = parts;
  }

  start(): void {
    if (this.#recorder !== undefined) return;
    const { info, slot, record, onFault } = this.#parts;
    try {
      const { tenantId, callId, rateHz } = info;
      this.#recorder = this.#open({ tenantId, callId, rateHz, ring: slot.recording });
      Atomics.store(slot.control, CONTROL.recording, 1);
      const mediaMs = Atomics.load(slot.control, CONTROL.mediaMs);
      record.append('recording.started', { file: this.#recorder.file, mediaMs, rateHz });
    } catch (error) {
      onFault(error);
    }
  }

  stop(): void {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    this.#recorder = undefined;
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

  async #close(recorder: Recorder): Promise<void> {
    try {
      const { durationMs, bytes } = await recorder.close();
      this.#parts.record.append('recording.ended', { file: recorder.file, durationMs, bytes });
    } catch (error) {
      this.#parts.onFault(error);
    }
  }
}
