import { flowState } from '../agent/resumption.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { ChatStore, StoredChat } from '../store/chats.ts';
import type { KeptStates } from '../store/kept_states.ts';
import type { EarlierCall } from '../workflow/types.ts';
import type { ChatParty } from './chat_parts.ts';

interface Beginning {
  readonly tenantId: string;
  /** The chat that would go on with it. */
  readonly chat: Pick<StoredChat, 'chatId' | 'workflow'>;
  readonly party: ChatParty;
  /** ISO 8601: an open chat in which nothing was said since then has been left. */
  readonly leftBefore: string;
}

/**
 * What whoever begins a chat had got to in one that broke off, or in a call: from then on nobody else is given it while this chat is
 * open. A chat is left without a word, so that one of theirs that is still open is ended first: the one that they name, or the
 * latest one in which nothing was said for a while. `end` throws CHAT_BUSY for one that somebody has written in meanwhile.
 */
export async function findEarlier(
  { tenantId, chat: { chatId, workflow }, party, leftBefore }: Beginning,
  parts: {
    readonly states: Pick<KeptStates, 'claim'>;
    readonly store: Pick<ChatStore, 'left'>;
    end(chat: StoredChat): Promise<void>;
  },
): Promise<{ readonly callId: string; readonly earlier: EarlierCall } | undefined> {
  const { from = '', earlier } = party;
  const query = { workflow, from: isKnowable(from) ? from : undefined, callId: earlier };
  if (query.from === undefined && earlier === undefined) return undefined;
  const left = await parts.store.left(tenantId, { ...query, before: leftBefore });
  if (left !== undefined) await parts.end(left).catch(ignoreBusy);
  const found = await parts.states.claim(tenantId, { ...query, by: chatId });
  if (found === undefined) return undefined;
  const state = flowState.parse(JSON.parse(found.state));
  return { callId: found.callId, earlier: { state, minutesAgo: found.minutesAgo } };
}

/** Too few letters and digits are nobody in particular. */
function isKnowable(from: string): boolean {
  return from.replaceAll(/[^\p{L}\p{N}]/gu, '').length >= LIMITS.callerNumberDigits;
}

function ignoreBusy(error: unknown): void {
  if (error instanceof TrunklineError && error.code === 'CHAT_BUSY') return;
  throw error;
}
