import { createParser } from 'eventsource-parser';
import { LIMITS } from '../../config/limits.ts';
import { ProviderFault } from '../provider_fault.ts';

export interface StreamEvent {
  /** As the `event` field says; empty where there is none. */
  readonly type: string;
  readonly data: string;
}

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) of a UTF-8 stream that may be cut
 * anywhere. Lines that are no field are passed over, as the standard wants; a line or event that is too long is a fault.
 */
export async function* streamEvents(
  name: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let ready: StreamEvent[] = [];
  let isTooLong = false;
  const parser = createParser({
    maxBufferSize: LIMITS.providerMessageBytes,
    onEvent: ({ event, data }) => ready.push({ type: event ?? '', data }),
    onError: error => {
      if (error.type === 'max-buffer-size-exceeded') isTooLong = true;
    },
  });
  for await (const chunk of chunks) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    const events = ready;
    ready = [];
    yield* events;
    if (isTooLong)
      throw new ProviderFault('LLM_FAILED', 'protocol', `${name} sent an event that is too long`);
  }
}
