import { type FileHandle, open } from 'node:fs/promises';
import { CODECS } from '../../bench/wire/codec.ts';
import { explainFileError, InputError } from './input_error.ts';

/** Rates at which recordings come; what else a head says is more likely damage than music. */
const RATES_HZ = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000];
const MOST_CHANNELS = 2;
/** Chunks before the samples, of which editors write a handful. */
const MOST_CHUNKS = 64;
const FORMAT_BYTES = 40;
/** A length that programs write who did not know it yet. */
const UNKNOWN_LENGTHS = new Set([0, 0x7fff_ffff, 0xffff_ffff]);

interface Encoding {
  readonly name: string;
  readonly bytes: number;
  readonly read: (bytes: Buffer, at: number) => number;
}

const TAG = { pcm: 1, float: 3, aLaw: 6, muLaw: 7, extensible: 0xfffe } as const;

function companded(name: 'PCMU' | 'PCMA'): Encoding {
  const table = CODECS[name].createDecoder()(Uint8Array.from({ length: 256 }, (_, code) => code));
  return { name, bytes: 1, read: (bytes, at) => table[bytes[at]!]! / 2 ** 15 };
}

/** By format tag and bits a sample. */
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  [`${TAG.pcm} 8`]: { name: '8-bit PCM', bytes: 1, read: (bytes, at) => (bytes[at]! - 128) / 2 ** 7 },
  [`${TAG.pcm} 16`]: { name: '16-bit PCM', bytes: 2, read: (bytes, at) => bytes.readInt16LE(at) / 2 ** 15 },
  [`${TAG.pcm} 24`]: { name: '24-bit PCM', bytes: 3, read: (bytes, at) => bytes.readIntLE(at, 3) / 2 ** 23 },
  [`${TAG.pcm} 32`]: { name: '32-bit PCM', bytes: 4, read: (bytes, at) => bytes.readInt32LE(at) / 2 ** 31 },
  [`${TAG.float} 32`]: { name: '32-bit float', bytes: 4, read: (bytes, at) => bytes.readFloatLE(at) },
  [`${TAG.float} 64`]: { name: '64-bit float', bytes: 8, read: (bytes, at) => bytes.readDoubleLE(at) },
  [`${TAG.aLaw} 8`]: companded('PCMA'),
  [`${TAG.muLaw} 8`]: companded('PCMU'),
};

interface Layout {
  readonly rateHz: number;
  readonly channels: number;
  readonly encoding: Encoding;
}

/** Where a file's samples lie, and how. */
interface Place {
  readonly layout: Layout;
  readonly dataAt: number;
  readonly dataBytes: number;
}

/**
 * Reads a RIFF/WAVE file (Multimedia Programming Interface and Data Specifications 1.0, IBM and Microsoft 1991) of one
 * or two channels from front to back: PCM, floats, or G.711.
 */
export class WavReader {
  readonly path: string;
  readonly rateHz: number;
  readonly channels: number;
  /** As a reader calls it, such as `16-bit PCM`. */
  readonly encoding: string;
  /** Samples of each channel. */
  readonly length: number;
  readonly #handle: FileHandle;
  readonly #encoding: Encoding;
  #at: number;
  #left: number;

  private constructor(path: string, handle: FileHandle, { layout, dataAt, dataBytes }: Place) {
    this.path = path;
    this.rateHz = layout.rateHz;
    this.channels = layout.channels;
    this.encoding = layout.encoding.name;
    this.#handle = handle;
    this.#encoding = layout.encoding;
    this.length = Math.floor(dataBytes / (layout.encoding.bytes * layout.channels));
    this.#at = dataAt;
    this.#left = this.length;
  }

  /** @throws InputError for what can't be read, is no such file, or ends before its head says */
  static async open(path: string): Promise<WavReader> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path);
      const stats = await handle.stat();
      if (!stats.isFile()) throw new InputError(`${path}: it is no file`);
      return new WavReader(path, handle, await findSamples(path, handle, stats.size));
    } catch (error) {
      await handle?.close();
      throw error instanceof InputError ? error : explainFileError(error, path);
    }
  }

  get durationMs(): number {
    return (this.length * 1000) / this.rateHz;
  }

  /** The next samples of each channel, full scale ±1, at most `count`; none at the end. */
  async read(count: number): Promise<Float32Array[]> {
    const { bytes, read } = this.#encoding;
    const samples = Math.min(count, this.#left);
    const stride = bytes * this.channels;
    const buffer = Buffer.alloc(samples * stride);
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, this.#at);
    if (bytesRead < buffer.length) throw new InputError(`${this.path}: it became shorter while it was read`);
    this.#at += buffer.length;
    this.#left -= samples;
    return Array.from({ length: this.channels }, (_, channel) => {
      const piece = new Float32Array(samples);
      for (let i = 0; i < samples; i += 1) piece[i] = read(buffer, i * stride + channel * bytes);
      return piece;
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function findSamples(path: string, handle: FileHandle, fileBytes: number): Promise<Place> {
  const head = await readAt(handle, 0, 12);
  if (head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE') {
    throw new InputError(`${path}: it is no WAV file`);
  }
  let layout: Layout | undefined;
  let at = 12;
  for (let chunk = 0; chunk < MOST_CHUNKS; chunk += 1) {
    const chunkHead = await readAt(handle, at, 8);
    if (chunkHead.length < 8) break;
    const id = chunkHead.toString('latin1', 0, 4);
    const bytes = chunkHead.readUInt32LE(4);
    at += 8;
    if (id === 'fmt ') layout = layoutOf(path, await readAt(handle, at, Math.min(bytes, FORMAT_BYTES)));
    if (id === 'data') {
      if (layout === undefined) throw new InputError(`${path}: its samples come before their format`);
      return { layout, dataAt: at, dataBytes: dataBytesOf(path, layout, bytes, fileBytes - at) };
    }
    at += bytes + (bytes & 1);
  }
  throw new InputError(`${path}: it is a WAV file without samples`);
}

function layoutOf(path: string, format: Buffer): Layout {
  if (format.length < 16) throw new InputError(`${path}: its format is cut short`);
  const bits = format.readUInt16LE(14);
  const plainTag = format.readUInt16LE(0);
  const isExtensible = plainTag === TAG.extensible && format.length >= 26;
  const tag = isExtensible ? format.readUInt16LE(24) : plainTag;
  const encoding = ENCODINGS[`${tag} ${bits}`];
  const channels = format.readUInt16LE(2);
  const rateHz = format.readUInt32LE(4);
  if (encoding === undefined) {
    throw new InputError(
      `${path}: format ${tag} of ${bits} bits is not known; PCM, floats, µ-law and A-law are read`,
    );
  }
  if (channels < 1 || channels > MOST_CHANNELS) {
    throw new InputError(`${path}: it has ${channels} channels; one or two are read`);
  }
  if (!RATES_HZ.includes(rateHz)) {
    throw new InputError(`${path}: it says ${rateHz} Hz; read are ${RATES_HZ.join(', ')} Hz`);
  }
  return { rateHz, channels, encoding };
}

function dataBytesOf(path: string, layout: Layout, promised: number, there: number): number {
  if (promised <= there && promised !== 0) return promised;
  if (UNKNOWN_LENGTHS.has(promised)) return there;
  const seconds = (bytes: number) =>
    (bytes / layout.encoding.bytes / layout.channels / layout.rateHz).toFixed(1);
  throw new InputError(
    `${path}: it is cut short: of ${seconds(promised)} s that its head promises ${seconds(there)} s are there`,
  );
}

async function readAt(handle: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, at);
  return buffer.subarray(0, bytesRead);
}
