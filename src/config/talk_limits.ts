/** Limits of what a model remembers of a conversation, of LIMITS. */
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
} as const;
