import type { Recognition } from '../types.ts';
import type { Hypothesis } from './hypotheses.ts';

/**
 * Logistic regression for "the text is what was said", fitted on synthetic callers of both bands, clean and in noise,
 * against other speech, noise and wrong words.
 */
const WEIGHTS = { bias: -10.2, ratio: 0.147, worstWordRatio: 0.155, agreement: 4.4, coverage: 24 } as const;
const ALTERNATIVES = 4;

/** The best hypothesis as the final, the others as what it may have been instead. */
export function recognitionOf(hypotheses: readonly Hypothesis[]): Recognition {
  const [best, ...others] = hypotheses;
  if (best === undefined) return { text: '', confidence: 0, alternatives: [] };
  const confidence = confidenceOf(best);
  const alternatives = others.slice(0, ALTERNATIVES).map(other => ({
    text: other.text,
    confidence: Math.min(confidence, confidenceOf(other)),
  }));
  return { text: best.text, confidence, alternatives };
}

function confidenceOf({ ratio, worstWordRatio, agreement, coverage }: Hypothesis): number {
  const evidence =
    WEIGHTS.bias +
    WEIGHTS.ratio * ratio +
    WEIGHTS.worstWordRatio * worstWordRatio +
    WEIGHTS.agreement * agreement +
    WEIGHTS.coverage * coverage;
  return 1 / (1 + Math.exp(-evidence));
}
