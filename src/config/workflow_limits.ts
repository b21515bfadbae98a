/** Limits of what a workflow may hold, and of what its engine hears and keeps of a call; part of LIMITS. */
export const WORKFLOW_LIMITS = {
  /** Tools that one stage of kind act uses, one after the other; more are an error. */
  actSteps: 8,
  /** What a model is told to do in one stage; more is an error. */
  talkInstructionsCharacters: 12_000,
  /** A table of the places folder; a larger one is refused. */
  placesFileBytes: 8 << 20,
  /** Workflows in the workflows folder; more are an error. */
  workflowFiles: 256,
  /** What a caller said to one question; more counts as not understood. */
  heardCharacters: 500,
  heardWords: 60,
  /** Of what a caller said, where wishes that every agent honours are looked for; of more only the end counts. */
  intentCharacters: 4_000,
  intentWords: 200,
} as const;
