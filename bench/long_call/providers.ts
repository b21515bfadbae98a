import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Seen, Services } from './services.ts';

const PROGRAM = fileURLToPath(new URL('provider_process.ts', import.meta.url));

export interface ForkedProviders {
  readonly urls: Services['urls'];
  seen(): Promise<Seen>;
  close(): Promise<void>;
}

/** Scripted providers in a process of their own. */
export async function forkProviders(): Promise<ForkedProviders> {
  const child = fork(PROGRAM, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const urls = (await answerOf(child)) as Services['urls'];
  return {
    urls,
    async seen() {
      child.send('seen');
      return (await answerOf(child)) as Seen;
    },
    async close() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const control = new AbortController();
  const { signal } = control;
  const ended = once(child, 'exit', { signal }).then(() => Promise.reject(new Error('the providers ended')));
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message;
  } finally {
    ended.catch(() => undefined);
    control.abort();
  }
}
