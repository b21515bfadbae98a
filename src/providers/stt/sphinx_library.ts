import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { TrunklineError } from '../../config/errors.ts';
import type { WordGraph } from './word_graph.ts';

/** What a search found: words, its log score, and the 10 ms frames it looked at. */
export interface SearchResult {
  readonly text: string;
  readonly score: number;
  readonly frames: number;
}

const sphinxbase = koffi.load('libsphinxbase.so.3');
const pocketsphinx = koffi.load('libpocketsphinx.so.3');

/** The few functions of pocketsphinx 5prealpha (Debian's libpocketsphinx3) that a grammar search needs. */
const C = {
  definitions: pocketsphinx.func('void* ps_args()'),
  parse: sphinxbase.func('void* cmd_ln_parse_r(void*, void*, int, char**, int)'),
  init: pocketsphinx.func('void* ps_init(void*)'),
  logmath: pocketsphinx.func('void* ps_get_logmath(void*)'),
  addWord: pocketsphinx.func('int ps_add_word(void*, const char*, const char*, int)'),
  readFsg: sphinxbase.func('void* fsg_model_readfile(const char*, void*, float)'),
  freeFsg: sphinxbase.func('int fsg_model_free(void*)'),
  setFsg: pocketsphinx.func('int ps_set_fsg(void*, const char*, void*)'),
  setPhones: pocketsphinx.func('int ps_set_allphone_file(void*, const char*, const char*)'),
  setSearch: pocketsphinx.func('int ps_set_search(void*, const char*)'),
  unsetSearch: pocketsphinx.func('int ps_unset_search(void*, const char*)'),
  startStream: pocketsphinx.func('int ps_start_stream(void*)'),
  start: pocketsphinx.func('int ps_start_utt(void*)'),
  process: pocketsphinx.func('int ps_process_raw(void*, const int16_t*, size_t, int, int)'),
  end: pocketsphinx.func('int ps_end_utt(void*)'),
  hypothesis: pocketsphinx.func('const char* ps_get_hyp(void*, _Out_ int32_t*)'),
  frames: pocketsphinx.func('int ps_get_n_frames(void*)'),
};

const LANGUAGE_WEIGHT = 6.5;

/** One decoder of the C library. It is not thread-safe, and each call blocks until it is done. */
export class Decoder {
  readonly #handle: unknown;
  readonly #scratch = mkdtempSync(join(tmpdir(), 'trunkline-stt-'));

  /** @throws TrunklineError STT_FAILED when the model can't be loaded */
  constructor(modelDir: string, options: Readonly<Record<string, string>>) {
    const dictionary = join(this.#scratch, 'first.dict');
    writeFileSync(dictionary, 'yes Y EH S\n');
    const all = { '-hmm': join(modelDir, 'en-us'), '-dict': dictionary, '-logfn': '/dev/null', ...options };
    const args = ['trunkline', ...Object.entries(all).flat()];
    const config: unknown = C.parse(null, C.definitions(), args.length, args, 1);
    this.#handle = config === null ? null : C.init(config);
    if (this.#handle === null) throw new TrunklineError('STT_FAILED', `no acoustic model in ${modelDir}`);
  }

  addPronunciation(word: string, phones: string): void {
    C.addWord(this.#handle, word, phones, 0);
  }

  /** @throws TrunklineError STT_FAILED when the library refuses the grammar */
  addGrammar(name: string, graph: WordGraph): void {
    const file = join(this.#scratch, 'grammar.fsg');
    writeFileSync(file, fsgText(graph));
    const model: unknown = C.readFsg(file, C.logmath(this.#handle), LANGUAGE_WEIGHT);
    const set = model === null ? -1 : (C.setFsg(this.#handle, name, model) as number);
    if (model !== null) C.freeFsg(model);
    if (set < 0) throw new TrunklineError('STT_FAILED', 'the recogniser refused a grammar');
  }

  addPhoneLoop(name: string): void {
    if ((C.setPhones(this.#handle, name, null) as number) < 0) {
      throw new TrunklineError('STT_FAILED', 'the recogniser refused the phone loop');
    }
  }

  removeGrammar(name: string): void {
    C.unsetSearch(this.#handle, name);
  }

  /** Searches one whole utterance of 16 kHz samples. */
  search(name: string, pcm: Int16Array): SearchResult {
    C.setSearch(this.#handle, name);
    C.startStream(this.#handle);
    C.start(this.#handle);
    C.process(this.#handle, pcm, pcm.length, 0, 0);
    C.end(this.#handle);
    const score = [0];
    const text = C.hypothesis(this.#handle, score) as string | null;
    return { text: text ?? '', score: score[0] ?? 0, frames: C.frames(this.#handle) as number };
  }

  close(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** Sphinx's text form of a finite-state grammar: one final state, transitions with probability 1. */
function fsgText({ words, stateCount, arcs, skips, accepting }: WordGraph): string {
  const final = stateCount;
  const lines = [
    'FSG_BEGIN grammar',
    `NUM_STATES ${stateCount + 1}`,
    'START_STATE 0',
    `FINAL_STATE ${final}`,
    ...arcs.map(({ from, to, word }) => `TRANSITION ${from} ${to} 1 ${words[word]}`),
    ...skips.map(({ from, to }) => `TRANSITION ${from} ${to} 1`),
    ...accepting.map(state => `TRANSITION ${state} ${final} 1`),
    'FSG_END',
  ];
  return `${lines.join('\n')}\n`;
}
