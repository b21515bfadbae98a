import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../config/limits.ts';
import { type Band, narrowbandTransform } from './band.ts';
import type { CepstralFrames } from './cepstra.ts';
import type { Pronunciations } from './lexicon.ts';
import type { NativeHypothesis, Sphinx } from './sphinx.ts';
import type { Handle } from './sphinx_functions.ts';
import type { WordGraph } from './word_graph.ts';

/** A grammar ready for any decoder. */
export interface Grammar {
  readonly id: string;
  readonly graph: WordGraph;
  readonly pronunciations: Pronunciations;
}

/** Searches wide enough that pruning loses nothing measurable; a word costs e⁻³⁰ so that letters are not made up. */
const SEARCH_OPTIONS = {
  '-cmn': 'none',
  '-wip': '1e-2',
  '-beam': '1e-64',
  '-pbeam': '1e-64',
  '-wbeam': '1e-48',
  '-allphone_ci': 'yes',
  '-maxhmmpf': '20000',
  '-logfn': '/dev/null',
} as const;
const LANGUAGE_WEIGHT = 6.5;
const PHONE_LOOP = 'phones';

export interface DecoderModel {
  /** Folder with the acoustic model `en-us/`. */
  readonly modelDir: string;
  /** Every so-manyth frame is compared with the model: 2 costs a quarter less, but hears some callers worse. */
  readonly scoreEvery: 1 | 2;
}

/** One decoder of the library with the grammars it used last. One utterance at a time. */
export class Decoder {
  readonly #sphinx: Sphinx;
  readonly #handle: Handle;
  readonly #scratch: string;
  readonly #words = new Set<string>(['sil']);
  /** Search names by grammar id, in order of last use. */
  readonly #searches = new Map<string, string>();
  #searchCount = 0;

  private constructor(sphinx: Sphinx, handle: Handle, scratch: string) {
    this.#sphinx = sphinx;
    this.#handle = handle;
    this.#scratch = scratch;
    sphinx.addPhoneLoop(handle, PHONE_LOOP);
  }

  /**
   * @param scratch private folder for files that the library reads
   * @throws TrunklineError STT_FAILED when the model does not load
   */
  static async create(
    sphinx: Sphinx,
    { modelDir, scoreEvery }: DecoderModel,
    band: Band,
    scratch: string,
  ): Promise<Decoder> {
    const model = join(modelDir, 'en-us');
    const dictionary = join(scratch, `${band}.dict`);
    await writeFile(dictionary, 'sil SIL\n');
    const options: Record<string, string> = {
      ...SEARCH_OPTIONS,
      '-ds': `${scoreEvery}`,
      '-hmm': model,
      '-dict': dictionary,
    };
    if (band === 'narrow') {
      const transform = join(scratch, 'narrow.mllr');
      await writeFile(transform, await narrowbandTransform(model));
      options['-mllr'] = transform;
    }
    return new Decoder(sphinx, await sphinx.createDecoder(options), scratch);
  }

  has(grammarId: string): boolean {
    return this.#searches.has(grammarId);
  }

  /** Finds the likeliest sentence of the grammar. */
  async recognise(grammar: Grammar, frames: CepstralFrames): Promise<NativeHypothesis> {
    const search = this.#searches.get(grammar.id) ?? (await this.#install(grammar));
    this.#searches.delete(grammar.id);
    this.#searches.set(grammar.id, search);
    return this.#sphinx.decode(this.#handle, search, frames);
  }

  /** Finds the likeliest sequence of phones whatsoever: what anything else is measured against. */
  hearPhones(frames: CepstralFrames): Promise<NativeHypothesis> {
    return this.#sphinx.decode(this.#handle, PHONE_LOOP, frames);
  }

  close(): void {
    this.#sphinx.freeDecoder(this.#handle);
  }

  async #install(grammar: Grammar): Promise<string> {
    for (const [oldest, search] of this.#searches) {
      if (this.#searches.size < LIMITS.sttGrammarsPerDecoder) break;
      this.#sphinx.removeSearch(this.#handle, search);
      this.#searches.delete(oldest);
    }
    for (const [word, sounds] of grammar.pronunciations) this.#learn(word, sounds);
    const search = `grammar-${this.#searchCount++}`;
    const file = join(this.#scratch, `${this.#handle}.fsg`);
    await writeFile(file, fsgText(grammar.graph));
    try {
      await this.#sphinx.addGrammar(this.#handle, search, file, LANGUAGE_WEIGHT);
    } finally {
      await rm(file, { force: true });
    }
    return search;
  }

  #learn(word: string, sounds: readonly string[]): void {
    if (this.#words.has(word)) return;
    this.#words.add(word);
    for (const [at, phones] of sounds.entries()) {
      this.#sphinx.addWord(this.#handle, at === 0 ? word : `${word}(${at + 1})`, phones);
    }
  }
}

/** Sphinx's text form of a grammar: one final state, all transitions equally likely. */
function fsgText({ words, stateCount, arcs, skips, accepting }: WordGraph): string {
  const final = stateCount;
  const lines = ['FSG_BEGIN grammar', `N ${stateCount + 1}`, 'S 0', `F ${final}`];
  for (const { from, to, word } of arcs) lines.push(`T ${from} ${to} 1 ${words[word]}`);
  for (const { from, to } of skips) lines.push(`T ${from} ${to} 1`);
  for (const state of accepting) lines.push(`T ${state} ${final} 1`);
  lines.push('FSG_END', '');
  return lines.join('\n');
}
