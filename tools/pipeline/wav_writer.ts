import { closeSync, openSync, writeSync } from 'node:fs';
import { explainFileError } from './input_error.ts';

const HEAD_BYTES = 44;
const CHUNK_SAMPLES = 32_768;

/** Writes a mono WAV file of 16 bits as its samples come; whatever lies beyond full scale is clipped. */
export class WavWriter {
  readonly path: string;
  readonly #rateHz: number;
  readonly #file: number;
  readonly #chunk = new Int16Array(CHUNK_SAMPLES);
  #filled = 0;
  #written = 0;

  /** @throws InputError when the file can't be written */
  constructor(path: string, rateHz: number) {
    this.path = path;
    this.#rateHz = rateHz;
    try {
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw explainFileError(error, path);
    }
    writeSync(this.#file, this.#head(), 0, HEAD_BYTES, 0);
  }

  write(samples: Float32Array): void {
    for (const sample of samples) {
      // What is no number becomes 0.
      this.#chunk[this.#filled] = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
      this.#filled += 1;
      if (this.#filled === CHUNK_SAMPLES) this.#flush();
    }
  }

  close(): void {
    this.#flush();
    writeSync(this.#file, this.#head(), 0, HEAD_BYTES, 0);
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#chunk.buffer, 0, 2 * this.#filled);
    writeSync(this.#file, bytes, 0, bytes.length, HEAD_BYTES + 2 * this.#written);
    this.#written += this.#filled;
    this.#filled = 0;
  }

  #head(): Buffer {
    const head = Buffer.alloc(HEAD_BYTES);
    const dataBytes = 2 * this.#written;
    head.write('RIFF', 0, 'latin1');
    head.writeUInt32LE(HEAD_BYTES - 8 + dataBytes, 4);
    head.write('WAVEfmt ', 8, 'latin1');
    head.writeUInt32LE(16, 16);
    head.writeUInt16LE(1, 20);
    head.writeUInt16LE(1, 22);
    head.writeUInt32LE(this.#rateHz, 24);
    head.writeUInt32LE(2 * this.#rateHz, 28);
    head.writeUInt16LE(2, 32);
    head.writeUInt16LE(16, 34);
    head.write('data', 36, 'latin1');
    head.writeUInt32LE(dataBytes, 40);
    return head;
  }
}
