import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import { isBeyondDoubt, recognitionOf } from './confidence.ts';
import type { DecoderModel, Grammar } from './decoder.ts';
import { DecoderPool } from './decoder_pool.ts';
import { hypothesesOf } from './hypotheses.ts';
import { parseJsgf } from './jsgf.ts';
import { fliteLetterToSound } from './letter_to_sound.ts';
import { Lexicon } from './lexicon.ts';
import { type Search, Utterance } from './utterance.ts';
import { compileWordGraph } from './word_graph.ts';

/** Of the features. */
const FRAME_MS = 10;

/** The model's folder also holds the dictionary `cmudict-en-us.dict`. */
export interface RecogniserOptions extends DecoderModel {
  /** The synthesiser whose letter-to-sound rules speak words that the dictionary lacks. */
  readonly flite: string;
  /** Of a pause that may be the end: all that was said so far is searched then, each time. */
  readonly pauseMs: number;
}

/** Recognition with grammars inside this process: searches run on threads, a crash of the library ends the process. */
export class Recogniser {
  readonly #pool: DecoderPool;
  readonly #lexicon: Lexicon;
  /** By grammar id, in order of last use. */
  readonly #grammars = new Map<string, Promise<Grammar>>();
  readonly #pauseFrames: number;

  private constructor(pool: DecoderPool, lexicon: Lexicon, pauseMs: number) {
    this.#pool = pool;
    this.#lexicon = lexicon;
    this.#pauseFrames = Math.round(pauseMs / FRAME_MS);
  }

  /** @throws TrunklineError TOOL_MISSING, STT_FAILED */
  static async create({ modelDir, scoreEvery, flite, pauseMs }: RecogniserOptions): Promise<Recogniser> {
    const dictionary = join(modelDir, 'cmudict-en-us.dict');
    const lexicon = await Lexicon.load(dictionary, fliteLetterToSound(flite)).catch(cause => {
      throw new TrunklineError('STT_FAILED', `no dictionary ${dictionary}`, { cause });
    });
    const size = Math.min(LIMITS.sttDecoders, availableParallelism());
    return new Recogniser(await DecoderPool.create({ modelDir, scoreEvery }, size), lexicon, pauseMs);
  }

  /** Compiles a grammar ahead of its use; what is wrong with it is told by every utterance that uses it. */
  addGrammar(id: string, jsgf: string): void {
    const [oldest] = this.#grammars.keys();
    if (oldest !== undefined && this.#grammars.size >= LIMITS.sttGrammars) this.#grammars.delete(oldest);
    const grammar = this.#compile(id, jsgf);
    grammar.catch(() => {});
    this.#grammars.set(id, grammar);
  }

  open(rateHz: 8000 | 16000, grammarId: string, onPartial?: (text: string) => void): Utterance {
    const grammar = this.#useGrammar(grammarId);
    grammar.catch(() => {});
    const search: Search = async features => {
      const ready = await grammar;
      return this.#pool.use(features.band, grammarId, async decoder =>
        recognitionOf(await hypothesesOf(features, ready, decoder, isBeyondDoubt)),
      );
    };
    return new Utterance(search, { rateHz, pauseFrames: this.#pauseFrames, onPartial });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #useGrammar(id: string): Promise<Grammar> {
    const grammar = this.#grammars.get(id);
    if (grammar === undefined)
      return Promise.reject(new TrunklineError('STT_FAILED', 'the grammar is not known'));
    this.#grammars.delete(id);
    this.#grammars.set(id, grammar);
    return grammar;
  }

  async #compile(id: string, jsgf: string): Promise<Grammar> {
    const graph = compileWordGraph(parseJsgf(jsgf));
    return { id, graph, pronunciations: await this.#lexicon.pronounce(graph.words) };
  }
}
