import { frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { Resampler } from '../../pipeline/resample.ts';
import { InputError } from './input_error.ts';
import { WavReader } from './wav_reader.ts';

const CHUNK_SAMPLES = 8192;
export const MOST_MINUTES = 60;

/** What the examination is of. */
export interface SourceFacts {
  readonly file: string;
  readonly rateHz: number;
  readonly channels: number;
  readonly encoding: string;
  readonly durationMs: number;
}

/**
 * A recording as frames of the pipeline: the caller, and the agent where it is known. One file of two channels has both,
 * caller left, agent right, as our own recordings do.
 */
export class RecordingSource {
  readonly files: readonly SourceFacts[];
  readonly durationMs: number;
  readonly hasFar: boolean;
  readonly #near: Leg;
  readonly #far: Leg | undefined;
  readonly #readers: readonly { readonly reader: WavReader; readonly legs: readonly Leg[] }[];

  private constructor(near: WavReader, far: WavReader | undefined, rateHz: PipelineRateHz) {
    const leg = (reader: WavReader) => new Leg(reader.rateHz, rateHz);
    this.#near = leg(near);
    const isStereo = near.channels === 2;
    this.#far = isStereo ? leg(near) : far && leg(far);
    this.hasFar = this.#far !== undefined;
    this.#readers = [
      { reader: near, legs: isStereo ? [this.#near, this.#far!] : [this.#near] },
      ...(far === undefined ? [] : [{ reader: far, legs: [this.#far!] }]),
    ];
    this.files = this.#readers.map(
      ({ reader: { path, rateHz: fileHz, channels, encoding, durationMs } }) => ({
        file: path,
        rateHz: fileHz,
        channels,
        encoding,
        durationMs: Math.round(durationMs),
      }),
    );
    this.durationMs = near.durationMs;
  }

  /**
   * @param rateHz of the pipeline; when left out 16 kHz for recordings that have as much, and else 8
   * @throws InputError for files that can't be read, or are too much or not enough
   */
  static async open(
    nearPath: string,
    farPath: string | undefined,
    rateHz?: PipelineRateHz,
  ): Promise<{ source: RecordingSource; rateHz: PipelineRateHz }> {
    const near = await WavReader.open(nearPath);
    let far: WavReader | undefined;
    try {
      far = farPath === undefined ? undefined : await WavReader.open(farPath);
      check(near, far);
    } catch (error) {
      await near.close();
      await far?.close();
      throw error;
    }
    const chosenHz = rateHz ?? (near.rateHz >= 16_000 ? 16_000 : 8000);
    return { source: new RecordingSource(near, far, chosenHz), rateHz: chosenHz };
  }

  /** Fills the next 10 ms of both sides, with silence where a side is over; false once the caller's is. */
  async next(near: Float32Array, far: Float32Array): Promise<boolean> {
    for (const { reader, legs } of this.#readers) await fill(reader, legs, near.length);
    this.#far?.take(far);
    return this.#near.take(near);
  }

  async close(): Promise<void> {
    for (const { reader } of this.#readers) await reader.close();
  }
}

function check(near: WavReader, far: WavReader | undefined): void {
  if (near.length === 0) throw new InputError(`${near.path}: it has no samples`);
  if (near.durationMs > MOST_MINUTES * 60_000) {
    throw new InputError(`${near.path}: it is longer than ${MOST_MINUTES} minutes`);
  }
  if (far === undefined) return;
  if (near.channels === 2) {
    throw new InputError(`${near.path}: its right channel is the agent, so that ${far.path} is one too many`);
  }
  if (far.channels === 2) throw new InputError(`${far.path}: the agent's file has one channel, not two`);
}

async function fill(reader: WavReader, legs: readonly Leg[], samples: number): Promise<void> {
  while (legs.some(leg => leg.wants(samples))) {
    const channels = await reader.read(CHUNK_SAMPLES);
    for (const [i, leg] of legs.entries()) leg.put(channels[i]!);
  }
}

/** One side on its way from the file's rate to the pipeline's. */
class Leg {
  readonly #resampler: Resampler | undefined;
  readonly #frame: number;
  #samples = new Float32Array(0);
  #isOver = false;

  constructor(fromHz: number, rateHz: PipelineRateHz) {
    this.#resampler = fromHz === rateHz ? undefined : new Resampler(fromHz, rateHz);
    this.#frame = frameLength(rateHz);
  }

  wants(samples: number): boolean {
    return !this.#isOver && this.#samples.length < samples;
  }

  /** Nothing is the end. */
  put(piece: Float32Array): void {
    this.#isOver = piece.length === 0;
    const more = this.#isOver ? this.#resampler?.end() : (this.#resampler?.push(piece) ?? piece);
    if (more === undefined) return;
    const all = new Float32Array(this.#samples.length + more.length);
    all.set(this.#samples);
    all.set(more, this.#samples.length);
    this.#samples = all;
  }

  take(into: Float32Array): boolean {
    into.fill(0);
    into.set(this.#samples.subarray(0, this.#frame));
    const isThere = this.#samples.length > 0;
    this.#samples = this.#samples.slice(this.#frame);
    return isThere;
  }
}
