import type { Config } from '../../src/config/schema.ts';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { createFliteTts } from '../../src/providers/tts/flite.ts';
import type { Stt, Tts } from '../../src/providers/types.ts';
import type { VoiceName } from './options.ts';

/**
 * The caller's ears and mouth: the local recogniser and synthesiser, without any call around them. The agent is easily
 * understood, and many callers share a machine with it.
 */
export async function openEars({ voice }: Config): Promise<Stt> {
  return createPocketsphinxStt({ modelDir: voice.pocketsphinxModel, scoreEvery: 2, flite: voice.flite });
}

export async function openVoice({ voice }: Config, name: VoiceName): Promise<Tts> {
  return createFliteTts({ program: voice.flite, voice: name });
}
