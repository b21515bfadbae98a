import { resolve } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { BenchOptions } from '../bench.ts';
import { openVoice } from '../caller/local_speech.ts';
import { renderSpeech } from '../latency/dialogue.ts';
import { type CallerSpeech, CODEC, recordedSpeech } from './callers.ts';

/** What callers say: recordings of a folder at the line's rate, interruption.wav among them, or sentences of flite's. */
export async function speechOf({ configFile, setFolder }: BenchOptions): Promise<CallerSpeech> {
  if (setFolder !== undefined) return await recordedSpeech(setFolder);
  const voice = await openVoice(loadConfig(resolve(configFile)), 'slt');
  try {
    return await renderSpeech(voice, CODEC.rateHz);
  } finally {
    await voice.close();
  }
}
