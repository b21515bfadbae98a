import { TrunklineError } from '../config/errors.ts';

/** What the agent says when nothing else can be said any more; rendered before the first call. */
export const LAST_WORDS = {
  apology: "I'm sorry, something went wrong on our side. Please call again in a moment. Goodbye.",
  silence: "I can't hear you, so I will hang up now. Please call again any time. Goodbye.",
  notUnderstood: "I'm sorry, I could not understand you. Please call again from a quieter place. Goodbye.",
  timeLimit: 'We have reached the time limit of this call. Thank you for calling. Goodbye.',
} as const;

/** How a conversation came out; the line's own reason applies where there is none. */
export interface ConversationEnd {
  readonly failed: boolean;
  readonly reason?: string;
}

/** An end that the agent makes by itself, and how it says so. */
export interface Farewell extends ConversationEnd {
  readonly words: string;
  readonly reason: string;
}

function farewell(reason: 'silence' | 'notUnderstood' | 'timeLimit'): Farewell {
  return { words: LAST_WORDS[reason], failed: false, reason };
}

export const FAREWELLS = {
  silence: farewell('silence'),
  notUnderstood: farewell('notUnderstood'),
  timeLimit: farewell('timeLimit'),
} as const;

export function apology(error: unknown): Farewell {
  const reason = error instanceof TrunklineError ? error.code : 'INTERNAL';
  return { words: LAST_WORDS.apology, failed: true, reason };
}
