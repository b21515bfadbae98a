import type { Address, Envelope, Message, MessageOf } from './messages.ts';

type Handler<T extends Message['type']> = (message: MessageOf<T>, from: Address) => void;

/** Who wants which type of message. */
export class Handlers {
  readonly #byType = new Map<Message['type'], Handler<never>[]>();

  on<T extends Message['type']>(type: T, handler: Handler<T>): void {
    const handlers = this.#byType.get(type) ?? [];
    handlers.push(handler as Handler<never>);
    this.#byType.set(type, handlers);
  }

  dispatch({ message, from }: Envelope): void {
    for (const handler of this.#byType.get(message.type) ?? []) handler(message as never, from);
  }
}
