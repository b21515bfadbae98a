import { TrunklineError } from '../config/errors.ts';
import type { ChatStore, StoredChat } from '../store/chats.ts';
import type { ChatStep } from './chat_step.ts';

/** Carries a step of a chat into the store, at its end and, where what comes next must be known before it is begun, in its midst. */
export class ChatSaver {
  readonly #store: Pick<ChatStore, 'advance'>;
  readonly #tenantId: string;
  readonly #step: ChatStep;
  #knownEvents: number;

  constructor(store: Pick<ChatStore, 'advance'>, tenantId: string, before: StoredChat, step: ChatStep) {
    this.#store = store;
    this.#tenantId = tenantId;
    this.#step = step;
    this.#knownEvents = before.events;
  }

  /** @throws TrunklineError CHAT_BUSY, STORE_UNAVAILABLE */
  async save(): Promise<void> {
    const { chat } = this.#step;
    if (!(await this.#store.advance(this.#tenantId, chat, this.#step.takeEvents(), this.#knownEvents)))
      throw new TrunklineError('CHAT_BUSY', 'another node has answered meanwhile');
    this.#knownEvents = chat.events;
  }
}
