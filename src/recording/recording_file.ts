import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encodeHead, FRAME_BYTES, HEAD_BYTES } from './wav_file.ts';

/**
 * The file behind one recording. It lies under a provisional name until it is complete, and is playable at any
 * moment: every append also brings its head up to date. One call at a time.
 */
export class RecordingFile {
  readonly #path: string;
  readonly #provisionalPath: string;
  readonly #rateHz: number;
  readonly #handle: FileHandle;
  #dataBytes = 0;

  private constructor(path: string, provisionalPath: string, rateHz: number, handle: FileHandle) {
    this.#path = path;
    this.#provisionalPath = provisionalPath;
    this.#rateHz = rateHz;
    this.#handle = handle;
  }

  /** Makes the file (mode 0600) and its folder; an existing one is never written to. */
  static async create(path: string, provisionalPath: string, rateHz: number): Promise<RecordingFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(provisionalPath, 'wx', 0o600);
    const file = new RecordingFile(path, provisionalPath, rateHz, handle);
    try {
      await file.#writeHead();
    } catch (error) {
      await handle.close();
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
    await this.#writeHead();
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

  async #writeHead(): Promise<void> {
    await writeAt(this.#handle, encodeHead({ rateHz: this.#rateHz, dataBytes: this.#dataBytes }), 0);
  }
}

async function writeAt(handle: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let written = 0; written < data.length; ) {
    const { bytesWritten } = await handle.write(data, written, data.length - written, position + written);
    written += bytesWritten;
  }
}
