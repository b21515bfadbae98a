import { Meter, type Use } from '../failover/metered.ts';
import type { TokenUsage } from './realtime_events.ts';

/** As providers publish them, in US dollars; what is left out costs nothing. */
export interface SpeechPrices {
  readonly usdPerMillionInputTokens?: number | undefined;
  /** As other input unless given. */
  readonly usdPerMillionCachedTokens?: number | undefined;
  readonly usdPerMillionOutputTokens?: number | undefined;
  readonly usdPerMillionInputAudioTokens?: number | undefined;
  readonly usdPerMillionCachedAudioTokens?: number | undefined;
  readonly usdPerMillionOutputAudioTokens?: number | undefined;
  /** For writing down what the caller said, by another model. */
  readonly usdPerAudioMinute?: number | undefined;
}

/** Of an audio token (https://developers.openai.com/api/docs/guides/realtime-costs): the caller's, and an answer's. */
const CALLER_TOKEN_MS = 100;
const ANSWER_TOKEN_MS = 50;

/** Counts what a model that hears and speaks was used for: text and sound have prices of their own. */
export class SpeechMeter {
  readonly #text: Meter;
  readonly #sound: Meter;

  constructor(provider: string, prices: SpeechPrices, told: (use: Use) => void) {
    this.#text = new Meter('speech', provider, prices, told);
    this.#sound = new Meter(
      'speech',
      provider,
      {
        usdPerMillionInputTokens: prices.usdPerMillionInputAudioTokens,
        usdPerMillionCachedTokens: prices.usdPerMillionCachedAudioTokens,
        usdPerMillionOutputTokens: prices.usdPerMillionOutputAudioTokens,
      },
      told,
    );
  }

  /** An answer is over, or was given up. */
  answered({ input_token_details: input, output_token_details: output }: TokenUsage): void {
    const cached = input?.cached_tokens_details;
    this.#text.add({
      requests: 1,
      inputTokens: input?.text_tokens ?? 0,
      cachedTokens: cached?.text_tokens ?? 0,
      outputTokens: output?.text_tokens ?? 0,
    });
    this.#sound.add({
      inputTokens: input?.audio_tokens ?? 0,
      cachedTokens: cached?.audio_tokens ?? 0,
      outputTokens: output?.audio_tokens ?? 0,
    });
  }

  /** One was lost before it told its tokens: its own sound and what it answers, the least that it took. */
  guess(askedMs: number, soundMs: number): void {
    this.#text.add({ requests: 1 }, true);
    const [inputTokens, outputTokens] = [askedMs / CALLER_TOKEN_MS, soundMs / ANSWER_TOKEN_MS];
    this.#sound.add({ inputTokens, outputTokens }, true);
  }

  /** What the caller said was written down; `askedMs` of sound, where the provider does not tell. */
  transcribed({ seconds }: TokenUsage, askedMs: number): void {
    this.#text.add({ audioMs: seconds === undefined ? askedMs : seconds * 1000 });
  }
}
