/** Limits of what a workflow may hold, and of what its engine hears and keeps of a call; part of LIMITS. */
export const WORKFLOW_LIMITS = {
  /** Tools that one stage of kind act uses, one after the other; more are an error. */
  actSteps: 8,
  /** Slots that one stage of kind set gives values to; more are an error. */
  setSlots: 16,
  /** Values that a test compares with, and conditions beside each other; more are an error, as is nesting deeper than three. */
  conditionValues: 64,
  conditionParts: 16,
  /** Scores of a workflow, and rules of one of them; more are an error. */
  workflowScores: 16,
  scoreRules: 64,
  /** Topics of a workflow, phrases and answers of one of them, and rules of escalation; more are an error. */
  workflowTopics: 64,
  topicPhrases: 64,
  topicAnswers: 8,
  escalationRules: 32,
  /** Turns of which it is kept how sure the recogniser was; of more only the last ones count. */
  keptConfidences: 10,
  /** How long ago a call that broke off may be for its caller to go on with it, in minutes; longer in a workflow is an error. */
  resumeMinutes: 43_200,
  /** What a call is given to know from the start; the rest is left out. */
  givenSlots: 200,
  /** Values of one slot that a caller refused; the first ones are forgotten, and may be offered again. */
  refusedValues: 40,
  /** Other hypotheses of the recogniser that are kept for a slot; the rest is left out. */
  slotRivals: 16,
  /** What a model is told to do in one stage; more is an error. */
  talkInstructionsCharacters: 12_000,
  /** A table of the places folder; a larger one is refused. */
  placesFileBytes: 8 << 20,
  /** Workflows in the workflows folder; more are an error. */
  workflowFiles: 256,
  /** Of what a caller said, where wishes that every agent honours are looked for; of more only the end counts. */
  intentCharacters: 4_000,
  intentWords: 200,
} as const;
