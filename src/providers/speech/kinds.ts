import { providerName, type SpeechProvider } from '../../config/providers.ts';
import type { Use } from '../use.ts';
import type { SpeechEngine } from './types.ts';

/** Opens a model of the configuration that hears and speaks; `key` is there where it needs one. */
export async function openSpeech(
  entry: SpeechProvider,
  key: string | undefined,
  onUse: (use: Use) => void,
): Promise<SpeechEngine> {
  const { createOpenAiSpeech } = await import('./openai_realtime.ts');
  const { SpeechMeter } = await import('./speech_meter.ts');
  const name = providerName(entry);
  const { url, model, voice, transcription, language, settings } = entry;
  const meter = SpeechMeter.of(name, entry.price, onUse);
  // The API takes ISO 639-1, and guesses where there is none.
  const spoken = language === 'multi' ? undefined : language?.split('-')[0]?.toLowerCase();
  const options = { name, apiKey: key, url, model, voice, transcription, language: spoken, settings, meter };
  return createOpenAiSpeech(options);
}
