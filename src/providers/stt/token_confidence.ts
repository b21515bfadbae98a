/**
 * Where a provider tells none: what big models write down is mostly right, and an answer must be acted on; nobody should take
 * it for as sure as a measured one, though.
 */
export const UNMEASURED_CONFIDENCE = 0.9;

/** Geometric mean of tokens' probabilities, 0…1, of their natural logarithms; undefined without tokens. */
export function tokenConfidence(logprobs: readonly number[]): number | undefined {
  if (logprobs.length === 0) return undefined;
  const mean = logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length;
  return Math.min(1, Math.exp(mean));
}
