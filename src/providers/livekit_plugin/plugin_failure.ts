import { AsyncLocalStorage } from 'node:async_hooks';
import { type FaultKind, faultOfStatus, retryAfterMs } from '../provider_fault.ts';

/** What is told of a failure: nothing of its text, which may hold what was said, or a key. */
export interface PluginFailure {
  readonly kind: FaultKind;
  readonly status?: number;
  readonly retryAfterMs?: number;
}

/**
 * Plugins tell failures to the listeners of the whole plugin, not to the stream that failed: whose it was is known by the
 * asynchronous context in which it happened.
 */
export class PluginFailures {
  readonly #context = new AsyncLocalStorage<number>();
  readonly #failures = new Map<number, PluginFailure>();

  /** What is begun in `work` belongs to the request `id`, until `forget`. */
  attribute<T>(id: number, work: () => T): T {
    return this.#context.run(id, work);
  }

  note(error: unknown): void {
    const id = this.#context.getStore();
    if (id !== undefined) this.#failures.set(id, failureOf(error));
  }

  of(id: number): PluginFailure | undefined {
    return this.#failures.get(id);
  }

  forget(id: number): void {
    this.#failures.delete(id);
  }
}

/** By the names of @livekit/agents' errors (APIStatusError, APIConnectionError, APITimeoutError), and by statuses wherever they are told. */
export function failureOf(error: unknown): PluginFailure {
  if (typeof error !== 'object' || error === null) return { kind: 'unavailable' };
  const { name, message, status, statusCode, headers } = error as Readonly<Record<string, unknown>>;
  // The ws package tells the status of a handshake in words alone.
  const told = /server response: (\d{3})\b/u.exec(typeof message === 'string' ? message : '')?.[1];
  const answered = [statusCode, status, Number(told)].find(isStatus);
  if (answered !== undefined) {
    const after = headers instanceof Headers ? headers.get('retry-after') : undefined;
    const afterMs = retryAfterMs(after, Date.now());
    return {
      kind: faultOfStatus(answered),
      status: answered,
      ...(afterMs !== undefined && { retryAfterMs: afterMs }),
    };
  }
  if (name === 'APITimeoutError' || name === 'TimeoutError') return { kind: 'timeout' };
  return { kind: name === 'SyntaxError' ? 'protocol' : 'unavailable' };
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600;
}
