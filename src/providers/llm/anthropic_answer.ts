import { z } from 'zod';
import type { FaultKind } from '../provider_fault.ts';
import type { LlmDelta, LlmUsage } from '../types.ts';
import type { StreamEvent } from './event_stream.ts';
import { type AnswerReader, midStreamFault, readEvent } from './stream_answer.ts';
import { ToolCalls } from './tool_calls.ts';

const tokens = z.number().int().nonnegative().nullish();

const usageForm = z.object({
  input_tokens: tokens,
  output_tokens: tokens,
  cache_creation_input_tokens: tokens,
  cache_read_input_tokens: tokens,
});

/** What is looked at of the events; the versioning policy lets further ones come. */
const eventForm = z.object({
  type: z.string().nullish(),
  index: z.number().int().nullish(),
  message: z.object({ usage: usageForm.nullish() }).nullish(),
  content_block: z
    .object({
      type: z.string(),
      id: z.string().nullish(),
      name: z.string().nullish(),
      input: z.unknown().optional(),
      text: z.string().nullish(),
    })
    .nullish(),
  delta: z
    .object({
      type: z.string().nullish(),
      text: z.string().nullish(),
      partial_json: z.string().nullish(),
      stop_reason: z.string().nullish(),
    })
    .nullish(),
  usage: usageForm.nullish(),
  error: z.object({ type: z.string().nullish() }).nullish(),
});

type AnthropicEvent = z.infer<typeof eventForm>;

/** Types of https://platform.claude.com/docs/en/api/errors; all others are `unavailable`. */
const ERROR_KINDS: Readonly<Record<string, FaultKind>> = {
  authentication_error: 'auth',
  billing_error: 'auth',
  permission_error: 'auth',
  rate_limit_error: 'rateLimited',
  invalid_request_error: 'refused',
  not_found_error: 'refused',
  request_too_large: 'refused',
  timeout_error: 'timeout',
};

/**
 * The events of one streamed message (https://platform.claude.com/docs/en/build-with-claude/streaming): blocks of text, of tool
 * use and of thinking, which is passed over; then why it stopped, and `message_stop`.
 */
export class AnthropicAnswer implements AnswerReader {
  readonly #name: string;
  readonly #calls: ToolCalls;
  #usage: Readonly<Partial<Record<'input' | 'output' | 'written' | 'read', number | undefined>>> = {};
  #stopReason: string | undefined;
  #isWhole = false;

  constructor(name: string) {
    this.#name = name;
    this.#calls = new ToolCalls(name);
  }

  get isWhole(): boolean {
    return this.#isWhole;
  }

  get hasStopped(): boolean {
    return this.#isWhole;
  }

  read(raw: StreamEvent): readonly LlmDelta[] {
    const event = readEvent(this.#name, raw, eventForm);
    switch (event.type ?? raw.type) {
      case 'message_start':
        this.#count(event.message?.usage);
        return [];
      case 'content_block_start':
        return this.#beginBlock(event);
      case 'content_block_delta':
        return this.#takeDelta(event);
      case 'message_delta':
        this.#stopReason = event.delta?.stop_reason ?? this.#stopReason;
        this.#count(event.usage);
        return [];
      case 'message_stop':
        this.#isWhole = true;
        return [];
      case 'error':
        throw midStreamFault(this.#name, ERROR_KINDS[event.error?.type ?? ''] ?? 'unavailable');
      default:
        return [];
    }
  }

  finish(): readonly LlmDelta[] {
    const isRefused = this.#stopReason === 'refusal';
    const wasCut = this.#stopReason === 'max_tokens' || this.#stopReason === 'model_context_window_exceeded';
    const calls = isRefused ? [] : this.#calls.finish(wasCut);
    const stopped = calls.length > 0 ? 'toolCalls' : 'stop';
    return [
      ...calls.map(call => ({ type: 'toolCall' as const, call })),
      { type: 'end', reason: isRefused ? 'refused' : wasCut ? 'length' : stopped, usage: this.#told() },
    ];
  }

  /** Text and input come in deltas; servers that are only compatible may give all of them here. */
  #beginBlock({ index, content_block: block }: AnthropicEvent): readonly LlmDelta[] {
    if (block?.type === 'text' && block.text) return [{ type: 'text', text: block.text }];
    if (block?.type !== 'tool_use') return [];
    const input = JSON.stringify(block.input ?? {});
    this.#calls.begin(index ?? 0, block.id ?? '');
    this.#calls.append(index ?? 0, { name: block.name ?? '', argumentsJson: input === '{}' ? '' : input });
    return [];
  }

  #takeDelta({ index, delta }: AnthropicEvent): readonly LlmDelta[] {
    if (delta?.type === 'text_delta' && delta.text) return [{ type: 'text', text: delta.text }];
    if (delta?.type === 'input_json_delta' && this.#calls.has(index ?? 0, ''))
      this.#calls.append(index ?? 0, { argumentsJson: delta.partial_json ?? '' });
    return [];
  }

  /** Figures are those of the whole message so far; what is not told again stands. */
  #count(usage: AnthropicEvent['usage']): void {
    const told = this.#usage;
    this.#usage = {
      input: usage?.input_tokens ?? told.input,
      output: usage?.output_tokens ?? told.output,
      written: usage?.cache_creation_input_tokens ?? told.written,
      read: usage?.cache_read_input_tokens ?? told.read,
    };
  }

  /** `input_tokens` are those beside the cache. */
  #told(): LlmUsage | undefined {
    const { input, output, written, read } = this.#usage;
    if (input === undefined || output === undefined) return undefined;
    return {
      inputTokens: input + (written ?? 0) + (read ?? 0),
      outputTokens: output,
      cachedTokens: read ?? 0,
    };
  }
}
