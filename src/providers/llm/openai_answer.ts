import { z } from 'zod';
import { type FaultKind, faultOfStatus } from '../provider_fault.ts';
import type { LlmDelta, LlmUsage } from '../types.ts';
import type { StreamEvent } from './event_stream.ts';
import { type AnswerReader, midStreamFault, readEvent } from './stream_answer.ts';
import { ToolCalls } from './tool_calls.ts';

const tokens = z.number().int().nonnegative();

const toolCallForm = z.object({
  index: z.number().int().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

/** What is looked at of a chunk; reasoning (`reasoning_content`, `reasoning`) is not. */
const chunkForm = z.object({
  choices: z
    .array(
      z.object({
        index: z.number().nullish(),
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            tool_calls: z.array(toolCallForm).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z
    .object({
      prompt_tokens: tokens,
      completion_tokens: tokens.nullish(),
      prompt_tokens_details: z.object({ cached_tokens: tokens.nullish() }).nullish(),
    })
    .nullish(),
  error: z
    .union([
      z.string(),
      z.object({ code: z.union([z.string(), z.number()]).nullish(), type: z.string().nullish() }),
    ])
    .nullish(),
});

type Chunk = z.infer<typeof chunkForm>;
type ToolCallFragment = z.infer<typeof toolCallForm>;

/**
 * The chunks of one streamed chat completion (https://platform.openai.com/docs/api-reference/chat-streaming): text as it comes,
 * tool calls at the end, `[DONE]` after all. Compatible servers leave much of it out.
 */
export class OpenAiAnswer implements AnswerReader {
  readonly #name: string;
  readonly #calls: ToolCalls;
  #finishReason: string | undefined;
  #refused = false;
  #usage: LlmUsage | undefined;
  #isWhole = false;
  #lastKey = 0;

  constructor(name: string) {
    this.#name = name;
    this.#calls = new ToolCalls(name);
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  get hasStopped(): boolean {
    return this.#finishReason !== undefined;
  }

  read(event: StreamEvent): readonly LlmDelta[] {
    if (event.data.trim() === '[DONE]') {
      this.#isWhole = true;
      return [];
    }
    const { choices, usage, error } = readEvent(this.#name, event, chunkForm);
    if (error !== undefined && error !== null) throw midStreamFault(this.#name, errorKind(error));
    if (event.type === 'error') throw midStreamFault(this.#name, 'unavailable');
    // Some servers count on in every chunk.
    if (usage !== undefined && usage !== null) this.#usage = usageOf(usage);
    const choice = choices?.find(({ index }) => (index ?? 0) === 0);
    if (choice === undefined) return [];
    const { content, refusal, tool_calls: fragments } = choice.delta ?? {};
    for (const fragment of fragments ?? []) this.#takeFragment(fragment);
    if (refusal !== undefined && refusal !== null && refusal !== '') this.#refused = true;
    if (typeof choice.finish_reason === 'string') this.#stop(choice.finish_reason);
    return content === undefined || content === null || content === ''
      ? []
      : [{ type: 'text', text: content }];
  }

  finish(): readonly LlmDelta[] {
    const isRefused = this.#refused || this.#finishReason === 'content_filter';
    const wasCut = this.#finishReason === 'length';
    const calls = isRefused ? [] : this.#calls.finish(wasCut);
    const stopped = calls.length > 0 ? 'toolCalls' : 'stop';
    return [
      ...calls.map(call => ({ type: 'toolCall' as const, call })),
      { type: 'end', reason: isRefused ? 'refused' : wasCut ? 'length' : stopped, usage: this.#usage },
    ];
  }

  /** `stop`, `length`, `tool_calls`, `content_filter`; other words of other servers mean that it is done, but for two. */
  #stop(reason: string): void {
    if (reason === 'error' || reason === 'abort') throw midStreamFault(this.#name, 'unavailable');
    this.#finishReason = reason;
  }

  /** Ollama gives every call the index 0 (https://github.com/ollama/ollama/issues/15457), and others none: then ids count. */
  #takeFragment({ index, id, function: called }: ToolCallFragment): void {
    const key = index ?? this.#lastKey;
    if (!this.#calls.has(key, id ?? '')) this.#calls.begin(key, id ?? '');
    this.#lastKey = key;
    this.#calls.append(key, { name: called?.name ?? '', argumentsJson: called?.arguments ?? '' });
  }
}

function usageOf(usage: NonNullable<Chunk['usage']>): LlmUsage {
  const cached = usage.prompt_tokens_details?.cached_tokens;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens ?? 0,
    ...(cached !== undefined && cached !== null && { cachedTokens: cached }),
  };
}

/** vLLM gives the status that it would have answered with, OpenAI a word. */
function errorKind(error: NonNullable<Chunk['error']>): FaultKind {
  if (typeof error === 'string') return 'unavailable';
  const code = Number(error.code);
  if (Number.isInteger(code) && code >= 400) return faultOfStatus(code);
  const words = `${error.code ?? ''} ${error.type ?? ''}`;
  if (/rate_limit|insufficient_quota/.test(words)) return 'rateLimited';
  return /invalid_request|context_length/.test(words) ? 'refused' : 'unavailable';
}
