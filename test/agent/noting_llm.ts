import type { Llm, LlmDelta, LlmMessage, LlmRequest } from '../../src/providers/types.ts';

/** What a summariser is given. */
export interface Noted {
  readonly notes: string;
  readonly said: readonly { readonly by: string; readonly text: string }[];
}

/** A model that answers everything with `answer`, and writes notes when it is asked for them, or when it is let. */
export class NotingLlm implements Llm {
  readonly name = 'noting';
  /** What it was asked as an agent, and for notes. */
  readonly requests: LlmRequest[] = [];
  readonly noted: Noted[] = [];
  answer: (said: string) => string = () => 'Good.';
  /** Undefined never comes. */
  notes: (noted: Noted) => string | Error | undefined | Promise<string> = ({ notes, said }) =>
    `${notes} ${said.map(({ text }) => text.split(' ')[0]).join(' ')}`;
  open = 0;

  prepare(): void {}

  async *reply(request: LlmRequest): AsyncGenerator<LlmDelta> {
    this.open += 1;
    try {
      const text = isForNotes(request) ? await this.#write(request) : this.#say(request);
      request.signal.throwIfAborted();
      yield { type: 'text', text };
      yield { type: 'end', reason: 'stop', usage: undefined };
    } finally {
      this.open -= 1;
    }
  }

  async close(): Promise<void> {}

  #say(request: LlmRequest): string {
    this.requests.push(request);
    return this.answer(textOf(request.messages.at(-1)));
  }

  async #write({ messages, signal }: LlmRequest): Promise<string> {
    const noted = JSON.parse(textOf(messages.at(-1))) as Noted;
    this.noted.push(noted);
    const written = this.notes(noted);
    if (written instanceof Error) throw written;
    if (written !== undefined) return written;
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }
}

function isForNotes({ messages }: LlmRequest): boolean {
  return textOf(messages[0]).startsWith('You keep the notes of a conversation');
}

export function textOf(message: LlmMessage | undefined): string {
  return message?.text ?? '';
}
