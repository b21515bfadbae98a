/** Limits of models that hear and speak by themselves; part of LIMITS. */
export const SPEECH_LIMITS = {
  /** Conversations with one model that hears and speaks, one a call; further calls go without it. */
  speechConversations: 64,
  /** Age of one at which no turn begins in it any more: OpenAI ends one after an hour. Its history goes on in another. */
  speechConversationMs: 50 * 60_000,
  /** What such a model remembers of a call, in tokens; the oldest goes first, a fifth of it at once. */
  speechMemoryTokens: 16_000,
  /** Of one answer, words and sound together, 50 ms of sound a token; it is cut there. */
  speechAnswerTokens: 2_400,
  /** Sound of one answer; more is a fault. */
  speechAnswerSeconds: 150,
  /** What is written down of one turn, the caller's or its own; more is a fault. */
  speechTranscriptCharacters: 20_000,
  /** What it writes as the arguments of all that it calls in one answer; more is a fault. */
  speechArgumentsCharacters: 64_000,
  /** From the end of the caller's turn without any sign of life; without a sound; and its silence within an answer. Then it failed. */
  speechSilentMs: 1_200,
  speechFirstSoundMs: 2_500,
  speechStalledMs: 2_000,
  /** What the caller said, written down, where there is an answer already; later it is answered without. */
  speechTranscriptMs: 1_000,
} as const;
