import type { Config } from '../../src/config/schema.ts';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { createFliteTts } from '../../src/providers/tts/flite.ts';
import type { Stt, Tts } from '../../src/providers/types.ts';
import type { VoiceName } from './options.ts';

/** Longer than the agent's between two sentences: what it says at once is searched once, and not anew with each sentence. */
const PAUSE_MS = 550;

/**
 * The caller's ears and mouth: the local recogniser and synthesiser, without any call around them. The agent is easily
 * understood, and many callers share a machine with it.
 */
export async function openEars({ voice: { pocketsphinxModel, flite } }: Config): Promise<Stt> {
  return createPocketsphinxStt({ modelDir: pocketsphinxModel, scoreEvery: 2, flite, pauseMs: PAUSE_MS });
}

export async function openVoice({ voice }: Config, name: VoiceName): Promise<Tts> {
  return createFliteTts({ program: voice.flite, voice: name });
}
