import { randomUUID } from 'node:crypto';
import { LIMITS } from '../../config/limits.ts';
import { ProviderFault } from '../provider_fault.ts';
import type { LlmToolCall } from '../types.ts';

interface CallSoFar {
  readonly id: string;
  name: string;
  argumentsJson: string;
}

/** The tool calls of one answer, put together from their fragments, in the order in which they were begun. */
export class ToolCalls {
  readonly #provider: string;
  readonly #calls: CallSoFar[] = [];
  readonly #byKey = new Map<string | number, CallSoFar>();

  constructor(provider: string) {
    this.#provider = provider;
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Whether a call with this key was begun, and not under another id since. */
  has(key: string | number, id: string): boolean {
    const call = this.#byKey.get(key);
    return call !== undefined && (id === '' || call.id === id);
  }

  /** A key that was used before stands for the new call from here on; an id is made up where there is none. */
  begin(key: string | number, id: string): void {
    if (this.#calls.length === LIMITS.llmToolCalls) throw this.#fault('calls too many tools');
    const call = { id: id === '' ? `call_${randomUUID()}` : id, name: '', argumentsJson: '' };
    this.#calls.push(call);
    this.#byKey.set(key, call);
  }

  append(key: string | number, { name = '', argumentsJson = '' }): void {
    const call = this.#byKey.get(key);
    if (call === undefined) throw this.#fault('goes on with a tool call that it has not begun');
    if (call.name === '') call.name = name;
    call.argumentsJson += argumentsJson;
  }

  /** All of them, at the end of the answer; `wasCut` where the answer ran into a limit. */
  finish(wasCut: boolean): LlmToolCall[] {
    if (this.#calls.some(({ name }) => name === '')) throw this.#fault('calls a tool without a name');
    const calls = this.#calls.map(call => ({ ...call, argumentsJson: call.argumentsJson || '{}' }));
    if (wasCut && !isJson(this.#calls.at(-1)?.argumentsJson ?? '{}'))
      throw this.#fault('cut a tool call off');
    return calls;
  }

  #fault(what: string): ProviderFault {
    return new ProviderFault('LLM_FAILED', 'protocol', `${this.#provider} ${what}`);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
