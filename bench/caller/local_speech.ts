import type { Config } from '../../src/config/schema.ts';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { createFliteTts } from '../../src/providers/tts/flite.ts';
import type { Stt, Tts } from '../../src/providers/types.ts';
import type { VoiceName } from './options.ts';

/** The caller's ears and mouth: the local recogniser and synthesiser, without any call around them. */
export async function openRecogniser({ voice }: Config): Promise<Stt> {
  return createPocketsphinxStt({ modelDir: voice.pocketsphinxModel, flite: voice.flite });
}

export async function openVoice({ voice }: Config, name: VoiceName): Promise<Tts> {
  return createFliteTts({ program: voice.flite, voice: name });
}
