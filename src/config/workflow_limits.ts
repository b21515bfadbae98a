/** Limits of what a workflow may hold, and of what its engine keeps of a call; part of LIMITS. */
export const WORKFLOW_LIMITS = {
  /** Tools that one stage of kind act uses, one after the other; more are an error. */
  actSteps: 8,
} as const;
