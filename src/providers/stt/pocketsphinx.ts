import type { Stt } from '../types.ts';
import { HostedStt } from './hosted_stt.ts';
import type { RecogniserOptions } from './recogniser.ts';

const PROGRAM = new URL('./pocketsphinx_host.ts', import.meta.url);
const DEFAULTS: RecogniserOptions = {
  modelDir: '/usr/share/pocketsphinx/model/en-us',
  scoreEvery: 1,
  flite: 'flite',
  pauseMs: 300,
};

/** The local recogniser: CMU pocketsphinx with a grammar for each utterance. */
export function createPocketsphinxStt(options: Partial<RecogniserOptions> = {}): Stt {
  return new HostedStt('pocketsphinx', { file: PROGRAM, options: { ...DEFAULTS, ...options } });
}
