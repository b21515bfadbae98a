import type { ProviderKind } from '../config/providers.ts';

export interface Amounts {
  readonly requests: number;
  /** Heard by a recogniser. */
  readonly audioMs: number;
  /** Code points given to a synthesiser. */
  readonly characters: number;
  readonly inputTokens: number;
  /** Of the input. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

export function sumOfAmounts(a: Amounts, b: Amounts): Amounts {
  return {
    requests: a.requests + b.requests,
    audioMs: a.audioMs + b.audioMs,
    characters: a.characters + b.characters,
    inputTokens: a.inputTokens + b.inputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  };
}

/** One request's use. */
export interface Use extends Amounts {
  readonly kind: ProviderKind;
  readonly provider: string;
  /** Whole micro-dollars. All that a meter tells add up to the exact sum, rounded down. */
  readonly costMicroUsd: number;
  /** True where the provider did not tell, since it failed or was cut off: tokens by the length of the text. */
  readonly isEstimated: boolean;
}

/** Who gave the first of an answer: a final, a token, a sound. */
export interface AnsweredBy {
  /** As the configuration names it. */
  readonly provider: string;
  /** From when it was asked, milliseconds. */
  readonly ms: number;
}

/** Whoever asks providers may want to know of it. Neither must throw. */
export interface Asker {
  /** Told when the first of the answer is there; never where it was kept from before, since nobody was asked. */
  readonly onAnswer?: ((by: AnsweredBy) => void) | undefined;
  /** Told what it came to, once a request that was made for it. */
  readonly onUse?: ((use: Use) => void) | undefined;
}
