import { setTimeout as wait } from 'node:timers/promises';

interface ScriptedCall {
  readonly id: string;
  readonly name: string;
  readonly fragments: readonly string[];
}

/** What the scripted model of a fake service does next; each service puts it into its own words. */
export type ModelStep =
  | { readonly say: string }
  /** Reasoning, which nobody is meant to hear. */
  | { readonly think: string }
  /** Calls of tools whose arguments come in fragments; fragments of several calls take turns where the protocol lets them. */
  | { readonly call: readonly ScriptedCall[] }
  /** Bytes that are none of the protocol's events, as they are. */
  | { readonly raw: string | Uint8Array }
  /** The event by which the service tells in the midst of an answer that it fails. */
  | { readonly fail: 'overloaded' | 'rateLimited' | 'internal' }
  /** Breaks the connection, or ends the body in order without a word about why the model stopped. */
  | { readonly drop: 'connection' | 'rest' };

/** Steps, and what lies between them. */
export type ModelScript = ModelStep | { readonly until: Promise<unknown> } | { readonly waitMs: number };

export interface ModelAnswer {
  readonly steps: readonly ModelScript[];
  /** Where it is not what the steps amount to. */
  readonly reason?: 'length' | 'refused';
  /** Tokens; false where the service is to tell none. */
  readonly usage?: { readonly input: number; readonly output: number; readonly cached: number } | false;
  /** Each write carries that many bytes at most. */
  readonly writeBytes?: number;
}

export interface Pace {
  /** Before the first step, and before each further one, milliseconds. */
  readonly firstMs?: (() => number) | undefined;
  readonly betweenMs?: (() => number) | undefined;
}

/** The steps of an answer, each when it is due. */
export async function* paced(
  { steps }: ModelAnswer,
  { firstMs, betweenMs }: Pace,
  signal: AbortSignal,
): AsyncGenerator<ModelStep> {
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => undefined);
  signal.addEventListener('abort', () => gone.reject(signal.reason), { once: true });
  let pause = firstMs;
  for (const step of steps) {
    if ('until' in step) await Promise.race([step.until, gone.promise]);
    else if ('waitMs' in step) await wait(step.waitMs, undefined, { signal });
    else {
      if (pause !== undefined) await wait(pause(), undefined, { signal });
      pause = betweenMs;
      yield step;
    }
  }
}

/** Fragments of calls, one of each in turn. */
export function* alternating(
  calls: readonly ScriptedCall[],
): Generator<{ readonly at: number; readonly fragment: string }> {
  const longest = Math.max(...calls.map(({ fragments }) => fragments.length));
  for (let turn = 0; turn < longest; turn += 1) {
    for (const [at, { fragments }] of calls.entries()) {
      const fragment = fragments[turn];
      if (fragment !== undefined) yield { at, fragment };
    }
  }
}
