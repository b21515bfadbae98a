import type { TalkMemory } from '../agent/model/talk_memory.ts';
import { LIMITS } from '../config/limits.ts';

/**
 * What was summarised of chats since their last messages: it gets into the store with the next answer. Where another node gives
 * that, or this one has forgotten it, the turns themselves are still in the store.
 */
export class ChatMemories {
  /** The one asked for longest ago first. */
  readonly #memories = new Map<string, TalkMemory>();
  #isClosed = false;

  of(chatId: string, open: () => TalkMemory): TalkMemory {
    if (this.#isClosed) return closed(open());
    const memory = this.#memories.get(chatId) ?? open();
    this.#memories.delete(chatId);
    this.#memories.set(chatId, memory);
    for (const [oldest] of this.#memories) {
      if (this.#memories.size <= LIMITS.chatMemories) break;
      this.forget(oldest);
    }
    return memory;
  }

  /** The chat is over. */
  forget(chatId: string): void {
    this.#memories.get(chatId)?.close();
    this.#memories.delete(chatId);
  }

  close(): void {
    this.#isClosed = true;
    for (const chatId of this.#memories.keys()) this.forget(chatId);
  }
}

function closed(memory: TalkMemory): TalkMemory {
  memory.close();
  return memory;
}
