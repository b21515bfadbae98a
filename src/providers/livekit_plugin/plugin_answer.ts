import { LIMITS } from '../../config/limits.ts';
import type { ProviderFault } from '../provider_fault.ts';
import type { AnswerLimits } from '../provider_http.ts';
import type { LlmDelta, LlmUsage } from '../types.ts';
import type { PluginNews } from './plugin_messages.ts';
import type { PluginProcess, PluginUser } from './plugin_process.ts';

/** One answer on its way from a plugin: what comes is kept until it is taken; silence counts only while somebody waits. */
export class PluginAnswer implements PluginUser {
  readonly #process: PluginProcess;
  readonly #limits: AnswerLimits;
  readonly #signal: AbortSignal;
  readonly #waiting: LlmDelta[] = [];
  #usage: LlmUsage | undefined;
  #calls = 0;
  #characters = 0;
  #fault: ProviderFault | undefined;
  #isWhole = false;
  #waitedMs = 0;
  #wake: () => void = () => {};

  constructor(process: PluginProcess, limits: AnswerLimits, signal: AbortSignal) {
    this.#process = process;
    this.#limits = limits;
    this.#signal = signal;
  }

  news(news: PluginNews): void {
    if (this.#fault !== undefined) return;
    if (news.type === 'text') this.#take(news.text.length, { type: 'text', text: news.text });
    else if (news.type === 'toolCall') this.#call(news);
    else if (news.type === 'usage') this.#usage = usageOf(news);
    else if (news.type === 'done') this.#isWhole = true;
    else if (news.type === 'failed') this.#fault = this.#process.faultOf(news);
    this.#wake();
  }

  lost(fault: ProviderFault): void {
    this.#fault ??= fault;
    this.#wake();
  }

  /** Waits for what has limits of its own. Throws the signal's reason when aborted, or what it fails with. */
  async begun(ready: Promise<unknown>): Promise<void> {
    await this.#untilAborted(ready);
  }

  /** Each as it comes. Throws the fault after what came before it, and the signal's reason at once. */
  async *deltas(): AsyncGenerator<LlmDelta> {
    let patienceMs = this.#limits.firstByteMs;
    for (;;) {
      this.#signal.throwIfAborted();
      const next = this.#waiting.shift();
      if (next !== undefined) {
        patienceMs = this.#limits.silentMs;
        yield next;
      } else if (this.#fault !== undefined) throw this.#fault;
      else if (this.#isWhole) break;
      else await this.#news(patienceMs);
    }
    yield { type: 'end', reason: this.#calls > 0 ? 'toolCalls' : 'stop', usage: this.#usage };
  }

  async #news(patienceMs: number): Promise<void> {
    const leftMs = this.#limits.answerMs - this.#waitedMs;
    const what = leftMs < patienceMs ? 'took too long to answer' : `sent nothing for ${patienceMs} ms`;
    const beganAt = performance.now();
    let look: NodeJS.Immediate | undefined;
    const late = setTimeout(
      () => {
        // Where it is this process that was held up, the news are there by now and are looked at first.
        look = setImmediate(() => this.lost(this.#process.fault('timeout', what)));
      },
      Math.min(patienceMs, leftMs),
    );
    try {
      await this.#untilAborted(new Promise<void>(resolve => (this.#wake = resolve)));
    } finally {
      clearTimeout(late);
      clearImmediate(look);
      this.#waitedMs += performance.now() - beganAt;
    }
  }

  async #untilAborted(promise: Promise<unknown>): Promise<void> {
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(this.#signal.reason);
    this.#signal.addEventListener('abort', abort);
    try {
      await Promise.race([promise, aborted.promise]);
    } finally {
      this.#signal.removeEventListener('abort', abort);
    }
  }

  #call({ callId, name, argumentsJson }: Extract<PluginNews, { type: 'toolCall' }>): void {
    this.#calls++;
    if (name === '' || callId === '') this.#fail('calls a tool without a name');
    else if (this.#calls > LIMITS.llmToolCalls) this.#fail('calls too many tools');
    else {
      const call = { id: callId, name, argumentsJson: argumentsJson || '{}' };
      this.#take(argumentsJson.length, { type: 'toolCall', call });
    }
  }

  #take(characters: number, delta: LlmDelta): void {
    this.#characters += characters;
    if (this.#characters > this.#limits.answerBytes) this.#fail('sent more than an answer may be');
    else this.#waiting.push(delta);
  }

  #fail(what: string): void {
    this.#fault = this.#process.fault('protocol', what);
  }
}

function usageOf(news: Extract<PluginNews, { type: 'usage' }>): LlmUsage {
  const { inputTokens, outputTokens, cachedTokens } = news;
  return { inputTokens, outputTokens, cachedTokens };
}
