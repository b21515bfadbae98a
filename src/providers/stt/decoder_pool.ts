import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Band } from './band.ts';
import { Decoder, type DecoderModel } from './decoder.ts';
import { Sphinx } from './sphinx.ts';

interface Bench {
  readonly idle: Decoder[];
  readonly waiting: (() => void)[];
  /** Decoders there are or that are being made. */
  size: number;
}

/** A bounded number of decoders for each band; utterances take turns. */
export class DecoderPool {
  readonly #model: DecoderModel;
  readonly #sphinx: Sphinx;
  readonly #scratch: string;
  readonly #size: number;
  readonly #benches: Readonly<Record<Band, Bench>> = { wide: emptyBench(), narrow: emptyBench() };

  private constructor(model: DecoderModel, scratch: string, size: number) {
    this.#model = model;
    this.#sphinx = new Sphinx();
    this.#scratch = scratch;
    this.#size = size;
  }

  static async create(model: DecoderModel, size: number): Promise<DecoderPool> {
    return new DecoderPool(model, await mkdtemp(join(tmpdir(), 'trunkline-stt-')), size);
  }

  /** @throws TrunklineError STT_FAILED when too many utterances wait */
  async use<T>(band: Band, grammarId: string, work: (decoder: Decoder) => Promise<T>): Promise<T> {
    const bench = this.#benches[band];
    const decoder = await this.#take(band, bench, grammarId);
    try {
      return await work(decoder);
    } finally {
      bench.idle.push(decoder);
      bench.waiting.shift()?.();
    }
  }

  /** Decoders that are at work stay: a search on what was freed might never end. */
  async close(): Promise<void> {
    for (const { idle } of Object.values(this.#benches))
      for (const decoder of idle.splice(0)) decoder.close();
    await rm(this.#scratch, { recursive: true, force: true });
  }

  async #take(band: Band, bench: Bench, grammarId: string): Promise<Decoder> {
    while (bench.idle.length === 0) {
      if (bench.size < this.#size) return this.#add(band, bench);
      if (bench.waiting.length >= LIMITS.sttQueuedUtterances) {
        throw new TrunklineError('STT_FAILED', 'too many utterances wait');
      }
      await new Promise<void>(resolve => bench.waiting.push(resolve));
    }
    const at = bench.idle.findIndex(decoder => decoder.has(grammarId));
    return bench.idle.splice(Math.max(0, at), 1)[0]!;
  }

  async #add(band: Band, bench: Bench): Promise<Decoder> {
    bench.size++;
    try {
      return await Decoder.create(this.#sphinx, this.#model, band, this.#scratch);
    } catch (error) {
      bench.size--;
      throw error;
    }
  }
}

function emptyBench(): Bench {
  return { idle: [], waiting: [], size: 0 };
}
