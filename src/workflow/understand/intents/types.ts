/** What every agent honours at any time, whatever its workflow asks. */
export const INTENTS = [
  'optOut',
  'transfer',
  'repeat',
  'slower',
  'louder',
  'languageSwitch',
  'confused',
  'abuse',
  'emergency',
  'cardAboutToBeSpoken',
] as const;

export type Intent = (typeof INTENTS)[number];

/**
 * What the agent asked last, where that matters: a yes-or-no question, whether to be called no more ("say stop"),
 * whether a person is wanted, the number of a payment card, or which of several.
 */
export type Asked = 'yesNo' | 'optOut' | 'person' | 'card' | 'choice';

export interface IntentContext {
  readonly asked?: Asked;
}

export interface DetectedIntent {
  readonly intent: Intent;
  /** From 0 to 1. Not a probability: an order by how plainly it was said. */
  readonly confidence: number;
  /** The words that say it, without hesitations. */
  readonly words: string;
  /** Of languageSwitch, where one was named: ISO 639-1, or 639-3 for a language that has no shorter code. */
  readonly language?: string;
}

/** How one intent is said. */
export interface IntentRules {
  readonly intent: Intent;
  /** Patterns by how plainly they say it; see `pattern.ts`. */
  readonly says: readonly (readonly [confidence: number, patterns: readonly string[]])[];
  /** What only sounds like it: a match that shares a word with one of these doesn't count, unless it is firm. */
  readonly lookAlikes: readonly string[];
  /** What others said to others doesn't count: "my doctor told me to slow down". */
  readonly isReportable: boolean;
  /** What has been, may be or is insured doesn't count: "we had a fire last year". */
  readonly mustBeNow?: boolean;
}
