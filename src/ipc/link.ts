import type { Address, Message, MessageOf } from './messages.ts';

/** A role's end of its connection to the hub, through which it reaches every other process of the node. */
export interface Link {
  readonly address: Address;
  /** Never waits; messages to a process that is away are dropped, and `peerGone` tells of it. */
  send(to: Address, message: Message): void;
  on<T extends Message['type']>(type: T, handler: (message: MessageOf<T>, from: Address) => void): void;
  /** Called once when the hub stays away for longer than the reconnect time. */
  onLost(handler: () => void): void;
  close(): Promise<void>;
}
