/**
 * What an audio thread gives up where it has not time for all, first to last, and takes up again in the reverse order. The
 * audio of a call that is up is not among it, nor is a call that has lost its media process.
 */
export const SHEDDING_ORDER = ['strongSuppression', 'newCalls'] as const;

export type Sheddable = (typeof SHEDDING_ORDER)[number];
