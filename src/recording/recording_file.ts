import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import { decodeHead, durationMsOf, encodeHead, FRAME_BYTES, HEAD_BYTES, type WavHead } from './wav_file.ts';

/** While there is more to come, the head is brought up to date each time so much was added. */
const HEAD_EVERY_MS = 4000;

/** Written at a time. */
const SILENCE_BYTES = 65_536;

/**
 * The file behind one recording. It lies under a provisional name until it is complete, and is playable at any
 * moment, but for the last seconds: its head is brought up to date now and then. One call at a time.
 */
export class RecordingFile {
  readonly #path: string;
  readonly #provisionalPath: string;
  readonly #rateHz: number;
  readonly #handle: FileHandle;
  #dataBytes = 0;
  /** As the head has it. */
  #toldBytes = 0;

  private constructor(path: string, provisionalPath: string, rateHz: number, handle: FileHandle) {
    this.#path = path;
    this.#provisionalPath = provisionalPath;
    this.#rateHz = rateHz;
    this.#handle = handle;
  }

  /** Makes the file (mode 0600) and its folder; an existing one is never written to. */
  static async create(path: string, provisionalPath: string, rateHz: number): Promise<RecordingFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(provisionalPath, 'wx+', 0o600);
    const file = new RecordingFile(path, provisionalPath, rateHz, handle);
    try {
      await file.#writeHead();
    } catch (error) {
      await handle.close();
      throw error;
    }
    return file;
  }

  /**
   * Goes on with the first of some files that is there, under a provisional name of its own; it is made where none is.
   * It is `lengthMs` long then: what is wanting is silence.
   * @throws TrunklineError RECORDING_FAILED when the file is no recording at that rate
   */
  static async goOn(
    candidates: readonly string[],
    { path, provisionalPath, rateHz }: { path: string; provisionalPath: string; rateHz: number },
    lengthMs: number,
  ): Promise<RecordingFile> {
    const isThere = await moveFirst(candidates, provisionalPath);
    const file = isThere
      ? new RecordingFile(path, provisionalPath, rateHz, await open(provisionalPath, 'r+'))
      : await RecordingFile.create(path, provisionalPath, rateHz);
    try {
      await file.#extend(Math.round((lengthMs * rateHz) / 1000) * FRAME_BYTES);
    } catch (error) {
      await file.#handle.close();
      throw error;
    }
    return file;
  }

  /** Bytes of audio in the file. */
  get dataBytes(): number {
    return this.#dataBytes;
  }

  async append(data: Buffer): Promise<void> {
    await writeAt(this.#handle, data, HEAD_BYTES + this.#dataBytes);
    this.#dataBytes += data.length;
    const untoldMs = durationMsOf({ rateHz: this.#rateHz, dataBytes: this.#dataBytes - this.#toldBytes });
    if (untoldMs >= HEAD_EVERY_MS) await this.#writeHead();
  }

  /** Overwrites all audio from a byte of it on with silence. */
  async silence(fromByte: number): Promise<void> {
    const silence = Buffer.alloc(SILENCE_BYTES);
    for (let at = fromByte; at < this.#dataBytes; at += silence.length)
      await writeAt(
        this.#handle,
        silence.subarray(0, Math.min(silence.length, this.#dataBytes - at)),
        HEAD_BYTES + at,
      );
  }

  /** Gives the file its name, complete and safe on the disk. What a failed append left behind is cut off. */
  async finish(): Promise<void> {
    try {
      this.#dataBytes -= this.#dataBytes % FRAME_BYTES;
      await this.#handle.truncate(HEAD_BYTES + this.#dataBytes);
      await this.#writeHead();
      await this.#handle.datasync();
    } finally {
      await this.#handle.close();
    }
    await rename(this.#provisionalPath, this.#path);
  }

  /** Brings the audio to a length, by silence at its end. */
  async #extend(dataBytes: number): Promise<void> {
    const head = await readHead(this.#handle);
    // Without a head it was made just before its process died.
    if (head !== undefined && head.rateHz !== this.#rateHz)
      throw new TrunklineError('RECORDING_FAILED', 'it is at another rate');
    await this.#handle.truncate(HEAD_BYTES + dataBytes);
    this.#dataBytes = dataBytes;
    await this.#writeHead();
  }

  async #writeHead(): Promise<void> {
    await writeAt(this.#handle, encodeHead({ rateHz: this.#rateHz, dataBytes: this.#dataBytes }), 0);
    this.#toldBytes = this.#dataBytes;
  }
}

/** Moves the first of these files that is there; false when none is. */
async function moveFirst(candidates: readonly string[], to: string): Promise<boolean> {
  for (const from of candidates) {
    try {
      await rename(from, to);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return false;
}

/** Head of a recording; undefined for any other file. */
export async function readHead(handle: FileHandle): Promise<WavHead | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return decodeHead(buffer.subarray(0, bytesRead));
}

async function writeAt(handle: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let written = 0; written < data.length; ) {
    const { bytesWritten } = await handle.write(data, written, data.length - written, position + written);
    written += bytesWritten;
  }
}
