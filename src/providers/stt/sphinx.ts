import koffi from 'koffi';
import { TrunklineError } from '../../config/errors.ts';
import { CEPSTRA, type CepstralFrames } from './cepstra.ts';
import { type Arguments, type Handle, loadSphinxFunctions, type NativeFunction } from './sphinx_functions.ts';

export interface NativeSegment {
  readonly word: string;
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** Log likelihood in the library's unit. */
  readonly acousticScore: number;
}

export interface NativeHypothesis {
  /** Words without fillers; empty when no sentence of the grammar was reached. */
  readonly text: string;
  readonly score: number;
  readonly segments: readonly NativeSegment[];
}

/**
 * The library with what its functions need in order. A decoder may be used by one thread at a time; decoders are
 * independent of each other. What takes long runs on a thread of the pool.
 */
export class Sphinx {
  readonly #native = loadSphinxFunctions();

  /** @throws TrunklineError STT_FAILED when the model does not load */
  async createDecoder(options: Readonly<Record<string, string>>): Promise<Handle> {
    const args = ['pocketsphinx', ...Object.entries(options).flat()];
    const config = this.#native.parse(null, this.#native.definitions(), args.length, args, 1);
    const decoder = config === null ? null : await onThread(this.#native.create, config);
    if (config !== null) this.#native.freeConfig(config);
    if (decoder === null) throw new TrunklineError('STT_FAILED', 'the acoustic model does not load');
    return decoder;
  }

  freeDecoder(decoder: Handle): void {
    this.#native.free(decoder);
  }

  addWord(decoder: Handle, word: string, phones: string): void {
    this.#native.addWord(decoder, word, phones, 0);
  }

  /**
   * Adds a search for the grammar in a file of sphinxbase's FSG format.
   * @throws TrunklineError GRAMMAR_INVALID
   */
  async addGrammar(decoder: Handle, search: string, fsgFile: string, languageWeight: number): Promise<void> {
    const grammar = this.#native.readGrammar(fsgFile, this.#native.logMath(decoder), languageWeight);
    const status = grammar === null ? -1 : await onThread(this.#native.setGrammar, decoder, search, grammar);
    if (grammar !== null) this.#native.freeGrammar(grammar);
    if (status < 0) throw new TrunklineError('GRAMMAR_INVALID', 'the recogniser does not take it');
  }

  addPhoneLoop(decoder: Handle, search: string): void {
    if (this.#native.setPhoneLoop(decoder, search, null) < 0) {
      throw new TrunklineError('STT_FAILED', 'no phone loop for this model');
    }
  }

  removeSearch(decoder: Handle, search: string): void {
    this.#native.remove(decoder, search);
  }

  /** Decodes one whole utterance. */
  async decode(decoder: Handle, search: string, frames: CepstralFrames): Promise<NativeHypothesis> {
    this.#native.select(decoder, search);
    this.#native.startStream(decoder);
    if (this.#native.start(decoder) < 0) throw new TrunklineError('STT_FAILED', 'the decoder does not start');
    const rows = rowPointers(frames);
    const status = await onThread(this.#native.process, decoder, rows, frames.count, 0, 1);
    this.#native.end(decoder);
    if (status < 0) throw new TrunklineError('STT_FAILED', 'the decoder gave up');
    const score = [0];
    const text = this.#native.hypothesis(decoder, score);
    return { text: text ?? '', score: score[0]!, segments: text === null ? [] : this.#segments(decoder) };
  }

  #segments(decoder: Handle): NativeSegment[] {
    const segments: NativeSegment[] = [];
    for (let at = this.#native.segments(decoder); at !== null; at = this.#native.nextSegment(at)) {
      const [first, last, acoustic, language, backoff] = [[0], [0], [0], [0], [0]];
      this.#native.segmentFrames(at, first, last);
      this.#native.segmentScore(at, acoustic, language, backoff);
      segments.push({
        word: this.#native.segmentWord(at),
        firstFrame: first[0]!,
        lastFrame: last[0]!,
        acousticScore: acoustic[0]!,
      });
    }
    return segments;
  }
}

function onThread<Result>(call: NativeFunction<Result>, ...args: Arguments): Promise<Result> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

/** `float **` over the rows; the frames' memory stays where it is while a promise holds them. */
function rowPointers(frames: CepstralFrames): BigUint64Array {
  const base = BigInt(koffi.address(frames.values));
  const rowBytes = CEPSTRA * Float32Array.BYTES_PER_ELEMENT;
  return BigUint64Array.from({ length: frames.count }, (_, row) => base + BigInt(row * rowBytes));
}
