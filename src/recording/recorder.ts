import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { available, readSamples } from '../calls/ring.ts';
import type { RingView } from '../calls/slot_buffers.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { RecordingFile } from './recording_file.ts';
import { durationMsOf, FRAME_BYTES, HEAD_BYTES } from './wav_file.ts';

/** Which call is recorded, and how its ring is to be read. */
export interface RecordedCall {
  readonly tenantId: string;
  readonly callId: string;
  readonly rateHz: number;
  /** Interleaved samples, caller first (SlotView.recording). */
  readonly ring: RingView;
  /** What a process that was lost had recorded of it: completed with silence up to a length, it goes on from there. */
  readonly goesOnWith?: {
    readonly file: string;
    readonly unfinishedFile: string;
    readonly lengthMs: number;
  };
}

/** A recording as it is on the disk. */
export interface RecordingSize {
  readonly durationMs: number;
  readonly bytes: number;
}

export interface RecorderStats {
  readonly begun: number;
  /** Recordings that ended early because the disk failed or fell behind. */
  readonly failed: number;
}

const TENANT = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const CALL = /^[A-Za-z0-9_-]{1,128}$/;
/** Audio that is gathered before it is written; what is not is lost with its process. */
const CHUNK_MS = 1000;

/** File name below the recordings folder of the first, second … recording of a call. @throws BAD_REQUEST */
function recordingName(tenantId: string, callId: string, ordinal: number): string {
  if (!TENANT.test(tenantId) || !CALL.test(callId)) {
    throw new TrunklineError('BAD_REQUEST', 'tenant or call id can not name a file');
  }
  return `${tenantId}/${callId}${ordinal === 1 ? '' : `.${ordinal}`}.wav`;
}

/** Name of a recording that the process `address` has not finished. */
function provisionalName(file: string, address: string): string {
  return `${file}.${address}.part`;
}

/** Records the calls of one process. */
export class Recorders {
  readonly #dir: string;
  readonly #address: string;
  readonly #onFault: (callId: string, error: TrunklineError) => void;
  readonly #counts = { begun: 0, failed: 0 };
  /** Files of recordings that are not closed; they need not be on the disk yet. */
  readonly #open = new Set<string>();

  /**
   * @param dir recordings folder
   * @param address this process, such as `media-0`
   * @param onFault told once of a recording that ends early; the call goes on
   */
  constructor(dir: string, address: string, onFault: (callId: string, error: TrunklineError) => void) {
    this.#dir = dir;
    this.#address = address;
    this.#onFault = onFault;
  }

  /** Begins a recording, or goes on with one, with the ring's next sample. @throws TrunklineError BAD_REQUEST for ids that name no file */
  open(call: RecordedCall): CallRecorder {
    const { goesOnWith, rateHz } = call;
    const file = goesOnWith?.file ?? this.#freeName(call);
    const unfinishedFile = provisionalName(file, this.#address);
    const path = join(this.#dir, file);
    const provisionalPath = join(this.#dir, unfinishedFile);
    this.#counts.begun += 1;
    this.#open.add(file);
    const opened =
      goesOnWith === undefined
        ? RecordingFile.create(path, provisionalPath, rateHz)
        : RecordingFile.goOn(
            [join(this.#dir, goesOnWith.unfinishedFile), path],
            { path, provisionalPath, rateHz },
            goesOnWith.lengthMs,
          );
    return new CallRecorder(call, file, {
      unfinishedFile,
      opened,
      onClosed: () => this.#open.delete(file),
      onFault: error => {
        this.#counts.failed += 1;
        this.#onFault(call.callId, error);
      },
    });
  }

  stats(): RecorderStats {
    return { ...this.#counts };
  }

  #freeName({ tenantId, callId }: RecordedCall): string {
    for (let ordinal = 1; ; ordinal += 1) {
      const file = recordingName(tenantId, callId, ordinal);
      if (!this.#open.has(file) && !existsSync(join(this.#dir, file))) return file;
    }
  }
}

/**
 * Takes both legs of one call from its ring to a stereo WAV file, caller left, agent right. When the disk fails or
 * falls behind, the recording ends with what is there; the ring is drained nevertheless.
 */
class CallRecorder {
  /** Below the recordings folder: once complete, and until then. */
  readonly file: string;
  readonly unfinishedFile: string;
  readonly #call: RecordedCall;
  readonly #onFault: (error: TrunklineError) => void;
  readonly #onClosed: () => void;
  readonly #opened: Promise<RecordingFile>;
  readonly #chunkSamples: number;
  #chunk: Int16Array;
  #chunkFilled = 0;
  #queuedBytes = 0;
  #writing: Promise<unknown>;
  /** No more is taken from the call. */
  #ended = false;
  /** No more can be written. */
  #broken = false;

  constructor(
    call: RecordedCall,
    file: string,
    parts: {
      readonly unfinishedFile: string;
      readonly opened: Promise<RecordingFile>;
      readonly onFault: (error: TrunklineError) => void;
      readonly onClosed: () => void;
    },
  ) {
    this.file = file;
    this.unfinishedFile = parts.unfinishedFile;
    this.#call = call;
    this.#onFault = parts.onFault;
    this.#onClosed = parts.onClosed;
    this.#chunkSamples = (2 * call.rateHz * CHUNK_MS) / 1000;
    this.#chunk = new Int16Array(this.#chunkSamples);
    this.#opened = parts.opened;
    this.#writing = this.#opened.catch(error => this.#break(error));
  }

  /** Takes what the ring holds; never waits, never throws. */
  drain(): void {
    while (available(this.#call.ring) > 0) {
      this.#chunkFilled += readSamples(this.#call.ring, this.#chunk, this.#chunkFilled);
      if (this.#chunkFilled < this.#chunkSamples) return;
      this.#enqueue();
    }
  }

  /** What was taken since that time of the recording becomes silence, also on the disk; never waits, never throws. */
  silence(fromMs: number): void {
    this.drain();
    this.#enqueue();
    if (this.#ended) return;
    const fromByte = Math.round((Math.max(0, fromMs) * this.#call.rateHz) / 1000) * FRAME_BYTES;
    this.#writing = this.#writing.then(() => this.#silence(fromByte));
  }

  /**
   * Takes the rest and completes the file.
   * @throws TrunklineError DISK_FULL or RECORDING_FAILED when nothing of the recording could be kept under its name
   */
  async close(): Promise<RecordingSize> {
    this.drain();
    this.#enqueue();
    await this.#writing;
    try {
      const file = await this.#opened;
      await file.finish();
      const { dataBytes } = file;
      const durationMs = durationMsOf({ rateHz: this.#call.rateHz, dataBytes });
      return { durationMs, bytes: HEAD_BYTES + dataBytes };
    } catch (error) {
      throw asRecordingError(error);
    } finally {
      this.#onClosed();
    }
  }

  #enqueue(): void {
    const data = Buffer.from(this.#chunk.buffer, 0, this.#chunkFilled * 2);
    this.#chunkFilled = 0;
    if (this.#ended) return;
    if (this.#queuedBytes + data.length > LIMITS.recordingQueuedBytes) {
      this.#end(new TrunklineError('RECORDING_FAILED', 'the disk is too slow'));
      return;
    }
    this.#chunk = new Int16Array(this.#chunkSamples);
    this.#queuedBytes += data.length;
    this.#writing = this.#writing.then(() => this.#write(data));
  }

  async #write(data: Buffer): Promise<void> {
    this.#queuedBytes -= data.length;
    if (this.#broken) return;
    try {
      const file = await this.#opened;
      await file.append(data);
    } catch (error) {
      this.#break(error);
    }
  }

  async #silence(fromByte: number): Promise<void> {
    if (this.#broken) return;
    try {
      const file = await this.#opened;
      await file.silence(fromByte);
    } catch (error) {
      this.#break(error);
    }
  }

  #break(error: unknown): void {
    this.#broken = true;
    this.#end(asRecordingError(error));
  }

  #end(error: TrunklineError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onFault(error);
  }
}

function asRecordingError(error: unknown): TrunklineError {
  if (error instanceof TrunklineError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new TrunklineError(full ? 'DISK_FULL' : 'RECORDING_FAILED', code ?? 'unknown', { cause: error });
}
