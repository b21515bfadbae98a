import { type Api, ApiError } from './api.ts';
import type { CallEvent } from './record_types.ts';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8000;

/**
 * Reads the node's events for as long as the page wants them. EventSource can't send the key in a header, so this
 * reads Server-Sent Events from a fetch (https://html.spec.whatwg.org/multipage/server-sent-events), resuming where
 * it left off.
 */
export class EventStream {
  readonly #api: Api;
  readonly #onEvent: (event: CallEvent) => void;
  readonly #ending = new AbortController();
  #lastId: string | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(api: Api, onEvent: (event: CallEvent) => void) {
    this.#api = api;
    this.#onEvent = onEvent;
  }

  /** Resolves when the stream is open: nothing that happens from then on is missed. @throws ApiError */
  async open(): Promise<void> {
    const body = await this.#connect();
    void this.#follow(body);
  }

  close(): void {
    this.#ending.abort();
  }

  async #connect(): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (this.#lastId !== undefined) headers['last-event-id'] = this.#lastId;
    const { body } = await this.#api.request('/api/events', { headers, signal: this.#ending.signal });
    if (body === null)
      throw new ApiError('UNKNOWN', 'The event stream is empty.', 'Look at the log of the node.');
    return body;
  }

  async #follow(first: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined = first;
    while (!this.#ending.signal.aborted) {
      try {
        await this.#read(body ?? (await this.#connect()));
      } catch (error) {
        // A key that is no good any more won't get better; everything else may.
        if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') return;
      }
      body = undefined;
      await new Promise(resolve => setTimeout(resolve, this.#retryMs));
      this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
    }
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = '';
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      this.#retryMs = FIRST_RETRY_MS;
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.#dispatch(block);
    }
  }

  #dispatch(block: string): void {
    let data = '';
    for (const line of block.split('\n')) {
      if (line.startsWith('id: ')) this.#lastId = line.slice(4);
      if (line.startsWith('data: ')) data += line.slice(6);
    }
    if (data !== '') this.#onEvent(JSON.parse(data) as CallEvent);
  }
}
