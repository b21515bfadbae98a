import { createHash } from 'node:crypto';
import { LIMITS } from '../../config/limits.ts';
import type { Llm, LlmDelta, LlmRequest, LlmUsage } from '../types.ts';
import { SharedAnswer } from './shared_answer.ts';

interface KeptAnswer {
  readonly texts: readonly string[];
  readonly bytes: number;
  readonly untilMs: number;
}

/** How much is kept, and how long, where that differs from LIMITS. */
export interface AnswerCacheLimits {
  readonly answers: number;
  readonly bytes: number;
  readonly ms: number;
}

const NOTHING_USED: LlmUsage = { inputTokens: 0, outputTokens: 0 };

/**
 * A model that answers what it was asked before, word for word, as it did then, and asks once for all who ask the same at the
 * same time. Kept are whole answers in text only: neither calls of tools, nor cut or refused answers, nor failures. For
 * workflows that want it: whoever asks twice gets no second opinion.
 */
export function createCachingLlm(llm: Llm, limits: Partial<AnswerCacheLimits> = {}): Llm {
  const { answers = LIMITS.llmCacheAnswers, bytes = LIMITS.llmCacheBytes, ms = LIMITS.llmCacheMs } = limits;
  const cache = new AnswerCache(answers, bytes, ms);
  const running = new Map<string, SharedAnswer>();
  const ask = (key: string, request: LlmRequest): SharedAnswer => {
    const shared = new SharedAnswer(
      signal => llm.reply({ ...request, signal }),
      deltas => cache.set(key, deltas),
      () => {
        if (running.get(key) === shared) running.delete(key);
      },
    );
    running.set(key, shared);
    return shared;
  };
  return {
    name: llm.name,
    prepare: () => llm.prepare(),
    async *reply(request) {
      const { signal } = request;
      signal.throwIfAborted();
      const key = keyOf(request);
      const texts = cache.get(key);
      if (texts !== undefined) {
        for (const text of texts) {
          yield { type: 'text', text };
          signal.throwIfAborted();
        }
        yield { type: 'end', reason: 'stop', usage: NOTHING_USED };
        return;
      }
      const shared = running.get(key);
      // What is used is told to one of them: it was used once.
      if (shared === undefined) yield* ask(key, request).read(signal);
      else for await (const delta of shared.read(signal)) yield isEnd(delta) ? unpaid(delta) : delta;
    },
    async close() {
      cache.clear();
      await llm.close();
    },
  };
}

class AnswerCache {
  readonly #limit: number;
  readonly #limitBytes: number;
  readonly #keepMs: number;
  /** In order of last use. */
  readonly #kept = new Map<string, KeptAnswer>();
  #bytes = 0;

  constructor(limit: number, limitBytes: number, keepMs: number) {
    this.#limit = limit;
    this.#limitBytes = limitBytes;
    this.#keepMs = keepMs;
  }

  get(key: string): readonly string[] | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#forget(key);
    if (kept.untilMs <= performance.now()) return undefined;
    this.#keep(key, kept);
    return kept.texts;
  }

  /** Keeps an answer that is text and nothing else; one larger than the whole cache is not kept. */
  set(key: string, deltas: readonly LlmDelta[]): void {
    const end = deltas.at(-1);
    if (end?.type !== 'end' || end.reason !== 'stop') return;
    const texts = deltas.flatMap(delta => (delta.type === 'text' ? [delta.text] : []));
    const bytes = texts.reduce((sum, text) => sum + 2 * text.length, 0);
    if (texts.length !== deltas.length - 1 || bytes > this.#limitBytes) return;
    this.#forget(key);
    this.#keep(key, { texts, bytes, untilMs: performance.now() + this.#keepMs });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit && this.#bytes <= this.#limitBytes) return;
      this.#forget(oldest);
    }
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #keep(key: string, kept: KeptAnswer): void {
    this.#kept.set(key, kept);
    this.#bytes += kept.bytes;
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

/** All that an answer depends on; a digest, so that no conversation is kept for it. */
function keyOf(request: LlmRequest): string {
  const asked = { ...request, signal: undefined };
  return createHash('sha256').update(JSON.stringify(asked, sortedKeys)).digest('base64');
}

/** Objects that say the same are the same, in whatever order they say it. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isEnd(delta: LlmDelta): delta is Extract<LlmDelta, { type: 'end' }> {
  return delta.type === 'end';
}

function unpaid(end: Extract<LlmDelta, { type: 'end' }>): LlmDelta {
  return { ...end, usage: end.usage && NOTHING_USED };
}
