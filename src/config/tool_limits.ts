/** Limits of what models call in the midst of a conversation; part of LIMITS. */
export const TOOL_LIMITS = {
  /** Tools of a workflow, and of one stage; more are an error. */
  workflowTools: 32,
  stageTools: 16,
  /** What a model writes as the arguments of a tool; longer ones are not sent, and it is told. */
  toolArgumentsCharacters: 4_000,
  /** What a model is told of a tool's answer; the rest is cut. */
  toolResultCharacters: 6_000,
  /** Times that a call runs a tool; then no more is run, and the model is told. */
  toolRuns: 100,
  /** One try of a tool; a longer limit in a workflow is an error. */
  toolTimeoutMs: 15_000,
} as const;
