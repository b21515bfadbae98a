/** What is tried, one after the other, for a caller who does not understand. */
type ConfusionStep = 'rephrase' | 'simplify' | 'examples' | 'transfer' | 'callback';

interface ConfusionChain {
  /** Whether a person can take the call now; without one a call back is offered at once. */
  readonly canTransfer: boolean;
}

const EXPLAINING = ['rephrase', 'simplify', 'examples'] as const;

/**
 * What to do when a caller has not understood for the nth time in a row, from 1: say it in other words, in simpler
 * ones, with examples, by a person, and when that came to nothing, later.
 */
export function confusionStep(timesInARow: number, { canTransfer }: ConfusionChain): ConfusionStep {
  const times = Number.isNaN(timesInARow) ? 1 : Math.max(1, Math.floor(timesInARow));
  const explaining = EXPLAINING[times - 1];
  if (explaining !== undefined) return explaining;
  return canTransfer && times === EXPLAINING.length + 1 ? 'transfer' : 'callback';
}
