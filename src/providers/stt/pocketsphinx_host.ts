import { parseJsgf } from './jsgf.ts';
import type { HostOptions, HostReply, HostRequest } from './pocketsphinx.ts';
import { Pronunciations } from './pronunciations.ts';
import { Decoder } from './sphinx_library.ts';
import { compileWordGraph } from './word_graph.ts';

/** Grammars kept ready in the decoder; the one used longest ago goes first. */
const KEPT_GRAMMARS = 64;
const PHONES = 'phones';

/**
 * Score per frame of the grammar's words against free phones (a likelihood ratio). Speech within the grammar lies
 * around -11 (median; 5 % below -20), speech outside of it and noise around -29 (95 % below -13).
 */
const RATIO = { sure: -10, none: -30 } as const;

/** The program of the recogniser's own process: requests come from its parent, one after the other. */
class Host {
  readonly #grammars: Decoder;
  readonly #phones: Decoder;
  readonly #pronunciations: Pronunciations;
  readonly #words = new Set<string>();
  /** By id, in the order of their last use. */
  readonly #kept = new Set<string>();

  constructor({ modelDir, flite }: HostOptions) {
    this.#pronunciations = new Pronunciations(modelDir, flite);
    this.#grammars = new Decoder(modelDir, { '-wip': '1e-2' });
    this.#phones = new Decoder(modelDir, {
      '-beam': '1e-20',
      '-pbeam': '1e-20',
      '-allphone_ci': 'yes',
      '-lw': '2',
    });
    this.#phones.addPhoneLoop(PHONES);
  }

  recognise({ pcm, expect }: HostRequest): Omit<HostReply, 'id'> {
    this.#prepare(expect.id, expect.jsgf);
    const words = this.#grammars.search(expect.id, pcm);
    if (words.text === '' || words.frames === 0) return { text: '', confidence: 0 };
    const phones = this.#phones.search(PHONES, pcm);
    const ratio = (words.score - phones.score) / words.frames;
    const confidence = (ratio - RATIO.none) / (RATIO.sure - RATIO.none);
    return { text: words.text, confidence: Math.min(1, Math.max(0, confidence)) };
  }

  close(): void {
    this.#grammars.close();
    this.#phones.close();
  }

  #prepare(id: string, jsgf: string): void {
    if (!this.#kept.delete(id)) {
      const graph = compileWordGraph(parseJsgf(jsgf));
      for (const word of graph.words) this.#learn(word);
      this.#grammars.addGrammar(id, graph);
    }
    this.#kept.add(id);
    const [oldest] = this.#kept;
    if (this.#kept.size > KEPT_GRAMMARS && oldest !== undefined) {
      this.#kept.delete(oldest);
      this.#grammars.removeGrammar(oldest);
    }
  }

  #learn(word: string): void {
    if (this.#words.has(word)) return;
    this.#words.add(word);
    for (const [index, phones] of this.#pronunciations.of(word).entries()) {
      this.#grammars.addPronunciation(index === 0 ? word : `${word}(${index + 1})`, phones);
    }
  }
}

const host = new Host(JSON.parse(process.argv[2] ?? '{}') as HostOptions);
process.on('message', (request: HostRequest) => {
  let reply: HostReply;
  try {
    reply = { id: request.id, ...host.recognise(request) };
  } catch (error) {
    reply = {
      id: request.id,
      text: '',
      confidence: 0,
      failure: error instanceof Error ? error.message : 'unknown',
    };
  }
  process.send?.(reply);
});
process.on('disconnect', () => {
  host.close();
  process.exit(0);
});
process.send?.({ ready: true });
