import type { Address, Envelope, Message, MessageOf } from './messages.ts';

type AnyHandler = (message: Message, from: Address) => void;

/** Who wants which type of message. */
export class Handlers {
  readonly #fault: (error: unknown, type: Message['type']) => void;
  readonly #byType = new Map<Message['type'], AnyHandler[]>();

  /** @param fault told what a handler threw: a fault in one message's work costs no link, and with it all calls */
  constructor(fault: (error: unknown, type: Message['type']) => void) {
    this.#fault = fault;
  }

  on<T extends Message['type']>(type: T, handler: (message: MessageOf<T>, from: Address) => void): void {
    const handlers = this.#byType.get(type) ?? [];
    handlers.push((message, from) => handler(message as MessageOf<T>, from));
    this.#byType.set(type, handlers);
  }

  dispatch({ message, from }: Envelope): void {
    for (const handler of this.#byType.get(message.type) ?? []) {
      try {
        handler(message, from);
      } catch (error) {
        this.#fault(error, message.type);
      }
    }
  }
}
