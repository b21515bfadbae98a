import type { Stt } from '../types.ts';
import { HostedStt } from './hosted_stt.ts';
import type { RecogniserOptions } from './recogniser.ts';

/** How this machine's recogniser is run. */
export interface PocketsphinxOptions extends RecogniserOptions {
  /** Whatever else wants a processor has it first. */
  readonly givesWay: boolean;
}

const PROGRAM = new URL('./pocketsphinx_host.ts', import.meta.url);
const DEFAULTS: PocketsphinxOptions = {
  modelDir: '/usr/share/pocketsphinx/model/en-us',
  scoreEvery: 1,
  flite: 'flite',
  givesWay: false,
};

/** The local recogniser: CMU pocketsphinx with a grammar for each utterance. */
export function createPocketsphinxStt(options: Partial<PocketsphinxOptions> = {}): Stt {
  return new HostedStt('pocketsphinx', { file: PROGRAM, options: { ...DEFAULTS, ...options } });
}
