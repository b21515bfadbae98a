import { providerName, type SttProvider } from '../../config/providers.ts';
import type { Config } from '../../config/schema.ts';
import { pluginOptions } from '../livekit_plugin/plugin_options.ts';
import type { Stt } from '../types.ts';

/** Opens a recogniser of the configuration; its code is loaded where it is wanted. `key` is there where it needs one. */
export async function openStt(entry: SttProvider, key: string | undefined, config: Config): Promise<Stt> {
  const name = providerName(entry);
  const apiKey = key ?? '';
  switch (entry.kind) {
    case 'deepgram': {
      const { createDeepgramStt } = await import('./deepgram.ts');
      return createDeepgramStt({ ...said(entry), name, apiKey });
    }
    case 'deepgram_flux': {
      const { createDeepgramFluxStt } = await import('./deepgram_flux.ts');
      return createDeepgramFluxStt({ ...said(entry), name, apiKey });
    }
    case 'assemblyai': {
      const { createAssemblyAiStt } = await import('./assemblyai.ts');
      return createAssemblyAiStt({ ...said(entry), name, apiKey });
    }
    case 'openai_realtime': {
      const { createOpenAiRealtimeStt } = await import('./openai_realtime.ts');
      return createOpenAiRealtimeStt({ ...said(entry), name, apiKey });
    }
    case 'openai_file': {
      const { createOpenAiFileStt } = await import('./openai_file.ts');
      return createOpenAiFileStt({ ...said(entry), name, ...(key !== undefined && { apiKey: key }) });
    }
    case 'google': {
      const { createGoogleStt } = await import('./google_stt.ts');
      const { location } = entry;
      const where = location === undefined ? {} : { location };
      return createGoogleStt({
        ...said(entry),
        ...where,
        name,
        access: { type: 'serviceAccount', keyFile: apiKey },
      });
    }
    case 'livekit_plugin': {
      const { createPluginStt } = await import('../livekit_plugin/plugin_stt.ts');
      return createPluginStt(pluginOptions(entry, key));
    }
    case 'sherpa_onnx': {
      const { createSherpaOnnxStt } = await import('./sherpa_onnx.ts');
      const { modelDir, type, threads } = entry;
      return createSherpaOnnxStt({ name, modelDir, type, threads });
    }
    case 'pocketsphinx': {
      const { createPocketsphinxStt } = await import('./pocketsphinx.ts');
      const { pocketsphinxModel, flite } = config.voice;
      return createPocketsphinxStt({ modelDir: pocketsphinxModel, flite });
    }
  }
}

interface Said {
  readonly url?: string | undefined;
  readonly model?: string | undefined;
  readonly language?: string | undefined;
}

/** What the configuration says, and nothing for what it does not. */
function said({ url, model, language }: Said): { url?: string; model?: string; language?: string } {
  return {
    ...(url !== undefined && { url }),
    ...(model !== undefined && { model }),
    ...(language !== undefined && { language }),
  };
}
