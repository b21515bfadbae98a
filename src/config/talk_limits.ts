/** Limits of models that lead, and of what they remember of a conversation, of LIMITS. */
export const TALK_LIMITS = {
  /** Bounds of a workflow's historyTokens, what was said before as a model is told it beside the exchange under way; more or less is an error. */
  talkHistoryLeastTokens: 1_000,
  talkHistoryTokens: 6_000,
  /** The writing of a summary of older turns; then it is given up, and tried again a few turns later. */
  talkSummaryMs: 30_000,
  /** Text chats whose summaries a process keeps until the next message; the one longest without is forgotten, and written anew. */
  chatMemories: 1_000,
  /** Ends of turns that a summary is left alone after it failed: 1, 2, 4 and so on up to this many. */
  talkSummaryPauseTurns: 8,
  /** What a summariser writes; the rest is not read, and what is beyond its share of the history is cut at a sentence. */
  talkSummaryCharacters: 16_000,
  /** What a model is told of a form's purpose; more is an error. */
  formPurposeCharacters: 2_000,
  /** From the end of the caller's turn to the wording of a question whose words are the workflow's otherwise; then they are said. */
  modelWordingMs: 1_500,
  /** Times that a model may say what it understood of one turn of a form; then the engine goes by what it heard itself. */
  modelFormRounds: 2,
  /** Faults of a model in a row after which the engine leads alone, and for how many of the caller's turns. */
  modelFaultsInRow: 3,
  modelRestTurns: 8,
  /** What a model says in one turn of a form: more is a fault, and the workflow's own words are said. */
  modelFormSentences: 4,
  modelFormCharacters: 480,
} as const;
