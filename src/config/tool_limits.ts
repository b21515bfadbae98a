/** Limits of what models call in the midst of a conversation; part of LIMITS. */
export const TOOL_LIMITS = {
  /** Tools of a workflow, and of one stage; more are an error. */
  workflowTools: 64,
  stageTools: 16,
  /** What a model writes as the arguments of a tool; longer ones are not sent, and it is told. */
  toolArgumentsCharacters: 4_000,
  /** What a model is told of a tool's answer; the rest is cut. */
  toolResultCharacters: 6_000,
  /** Times that a call runs a tool; then no more is run, and the model is told. */
  toolRuns: 100,
  /** Entries of `workflows.toolHosts`; more are an error. */
  toolHosts: 200,
  /** Between two looks for a secret that was not there; meanwhile the tool stays off. */
  secretLookMs: 2_000,
  /** Tools that a call runs at once; a further one is not run, and the model is told. */
  toolsAtOnce: 8,
  /** Times in a turn that a model is asked again with what its tools answered; what it calls after that is not run. */
  toolRounds: 4,
  /** From the call of a tool to the word that another process would know of it; then it is not run. */
  toolWrittenMs: 1_000,
  /** From the end of a call to the end of its tools; what runs for longer is given up. */
  toolAfterCallMs: 2_500,
  /** One try of a tool; a longer limit in a workflow is an error. */
  toolTimeoutMs: 15_000,
  /** All tries of one run and the pauses between them; then it has failed. */
  toolRunMs: 20_000,
  /** Before the second try; doubled before each further one. */
  toolRetryMs: 250,
  /** The longest pause between two tries; a receiver that asks for a longer one is not tried again. */
  toolRetryMostMs: 2_000,
  /** What a tool answers; a longer answer is a failure. */
  toolAnswerBytes: 256 << 10,
  /** Accounts of one kind of system; more are an error. */
  integrationAccounts: 16,
  /** What is left of a token's life when a new one is fetched. */
  tokenSpareMs: 60_000,
  /** How long a token counts as good whose life nobody tells; one that is refused before is fetched anew. */
  tokenUntoldMs: 900_000,
  /** How far ahead and for how many days an adapter looks for free times at once. */
  availabilityDays: 31,
  /** Free times that a tool answers; the first of each half day come first. */
  availabilitySlots: 6,
} as const;
