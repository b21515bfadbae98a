import { providerName, type TtsProvider } from '../../config/providers.ts';
import type { Config } from '../../config/schema.ts';
import { pluginOptions } from '../livekit_plugin/plugin_options.ts';
import type { Tts } from '../types.ts';

/** Opens a synthesiser of the configuration; its code is loaded where it is wanted. `key` is there where it needs one. */
export async function openTts(entry: TtsProvider, key: string | undefined, config: Config): Promise<Tts> {
  const name = providerName(entry);
  const apiKey = key ?? '';
  switch (entry.kind) {
    case 'cartesia': {
      const { createCartesiaTts } = await import('./cartesia.ts');
      return createCartesiaTts({ ...said(entry), name, apiKey, voice: entry.voice });
    }
    case 'elevenlabs': {
      const { createElevenLabsTts } = await import('./elevenlabs.ts');
      return createElevenLabsTts({ ...said(entry), name, apiKey, voice: entry.voice });
    }
    case 'deepgram': {
      const { createDeepgramSpeakTts } = await import('./deepgram_speak.ts');
      return createDeepgramSpeakTts({ ...said(entry), name, apiKey });
    }
    case 'openai': {
      const { createOpenAiSpeechTts } = await import('./openai_speech.ts');
      const { instructions } = entry;
      return createOpenAiSpeechTts({
        ...said(entry),
        name,
        ...(key !== undefined && { apiKey: key }),
        ...(instructions !== undefined && { instructions }),
      });
    }
    case 'google': {
      const { createGoogleTts } = await import('./google_tts.ts');
      // What is found for it is an API key, or all that is in a service account's key file.
      const access = apiKey.includes('{')
        ? ({ type: 'serviceAccount', keyFile: apiKey } as const)
        : ({ type: 'apiKey', apiKey } as const);
      return createGoogleTts({ ...said(entry), name, access, voice: entry.voice });
    }
    case 'livekit_plugin': {
      const { createPluginTts } = await import('../livekit_plugin/plugin_tts.ts');
      return createPluginTts(pluginOptions(entry, key));
    }
    case 'flite': {
      const { createFliteTts } = await import('./flite.ts');
      const { flite, voice, pace } = config.voice;
      return createFliteTts({ program: flite, voice, stretch: 1 / pace });
    }
  }
}

interface Said {
  readonly url?: string | undefined;
  readonly model?: string | undefined;
  readonly language?: string | undefined;
  readonly voice?: string | undefined;
}

/** What the configuration says, and nothing for what it does not. */
function said(entry: Said): { url?: string; model?: string; language?: string; voice?: string } {
  const { url, model, language, voice } = entry;
  return {
    ...(url !== undefined && { url }),
    ...(model !== undefined && { model }),
    ...(language !== undefined && { language }),
    ...(voice !== undefined && { voice }),
  };
}
