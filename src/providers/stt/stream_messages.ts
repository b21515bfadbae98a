import { z } from 'zod';
import type { StreamEvent } from './stream_dialect.ts';

const TYPED = z.object({ type: z.string() });

export type MessageReaders = Readonly<Record<string, (message: unknown) => StreamEvent | undefined>>;

/**
 * Reads a JSON message by its `type`; those without a reader are signs of life, as providers add some now and then. A reader
 * that returns undefined found the message malformed.
 *
 * @throws SyntaxError when it is not JSON
 */
export function readMessage(text: string, readers: MessageReaders): StreamEvent {
  const message: unknown = JSON.parse(text);
  const typed = TYPED.safeParse(message);
  if (!typed.success) return malformed();
  const { type } = typed.data;
  if (!Object.hasOwn(readers, type)) return { type: 'alive' };
  return readers[type]!(message) ?? malformed();
}

function malformed(): StreamEvent {
  return { type: 'fault', kind: 'protocol', what: 'sent a message without what belongs into it' };
}
