import { Meter } from '../failover/metered.ts';
import type { Asker, Use } from '../use.ts';
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
  readonly #onUse: Asker['onUse'];

  private constructor(text: Meter, sound: Meter, onUse: Asker['onUse']) {
    this.#text = text;
    this.#sound = sound;
    this.#onUse = onUse;
  }

  static of(provider: string, prices: SpeechPrices, told: (use: Use) => void): SpeechMeter {
    const soundPrices = {
      usdPerMillionInputTokens: prices.usdPerMillionInputAudioTokens,
      usdPerMillionCachedTokens: prices.usdPerMillionCachedAudioTokens,
      usdPerMillionOutputTokens: prices.usdPerMillionOutputAudioTokens,
    };
    const text = new Meter('speech', provider, prices, told);
    return new SpeechMeter(text, new Meter('speech', provider, soundPrices, told), undefined);
  }

  /** The same, which tells whoever it is used for as well. */
  heldBy({ onUse }: Asker): SpeechMeter {
    return new SpeechMeter(this.#text, this.#sound, onUse);
  }

  /** An answer is over, or was given up. */
  answered({ input_token_details: input, output_token_details: output }: TokenUsage): void {
    const cached = input?.cached_tokens_details;
    const text = {
      requests: 1,
      inputTokens: input?.text_tokens ?? 0,
      cachedTokens: cached?.text_tokens ?? 0,
      outputTokens: output?.text_tokens ?? 0,
    };
    const sound = {
      inputTokens: input?.audio_tokens ?? 0,
      cachedTokens: cached?.audio_tokens ?? 0,
      outputTokens: output?.audio_tokens ?? 0,
    };
    this.#text.add(text, false, this.#onUse);
    this.#sound.add(sound, false, this.#onUse);
  }

  /** One was lost before it told its tokens: its own sound and what it answers, the least that it took. */
  guess(askedMs: number, soundMs: number): void {
    this.#text.add({ requests: 1 }, true, this.#onUse);
    const [inputTokens, outputTokens] = [askedMs / CALLER_TOKEN_MS, soundMs / ANSWER_TOKEN_MS];
    this.#sound.add({ inputTokens, outputTokens }, true, this.#onUse);
  }

  /** What the caller said was written down; `askedMs` of sound, where the provider does not tell. */
  transcribed({ seconds }: TokenUsage, askedMs: number): void {
    const audioMs = seconds === undefined ? askedMs : seconds * 1000;
    this.#text.add({ audioMs }, false, this.#onUse);
  }
}
