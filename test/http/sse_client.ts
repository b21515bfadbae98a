import { request } from 'node:http';
import { WITH_KEY } from './test_plane.ts';

interface ServerSentEvent {
  readonly id: number;
  readonly type: string;
  readonly data: unknown;
}

/** A reader of the event stream over a real connection. */
export interface SseClient {
  readonly status: number;
  readonly events: readonly ServerSentEvent[];
  /** Everything that came, comments too. */
  readonly text: () => string;
  /** Resolves when so many events have come. */
  until(count: number): Promise<void>;
  /** Stops reading without hanging up. */
  pause(): void;
  resume(): void;
  readonly closed: Promise<void>;
  close(): void;
}

export async function openSse(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<SseClient> {
  const events: ServerSentEvent[] = [];
  let text = '';
  let rest = '';
  let onChange = () => {};
  const call = request(url, { headers: { ...WITH_KEY, ...headers }, agent: false });
  call.end();
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    call.on('response', resolve);
    call.on('error', reject);
  });
  const closed = new Promise<void>(resolve => {
    answer.once('close', resolve);
    answer.on('error', () => undefined);
    call.on('error', () => undefined);
  });
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const match = /^id: (\d+)\nevent: (\S+)\ndata: (.*)$/.exec(block);
      if (match !== null) {
        events.push({ id: Number(match[1]), type: match[2] ?? '', data: JSON.parse(match[3] ?? '') });
      }
    }
    onChange();
  });
  return {
    status: answer.statusCode ?? 0,
    events,
    text: () => text,
    until: count =>
      new Promise(resolve => {
        onChange = () => {
          if (events.length >= count) resolve();
        };
        onChange();
      }),
    pause: () => answer.pause(),
    resume: () => answer.resume(),
    closed,
    close: () => call.destroy(),
  };
}
