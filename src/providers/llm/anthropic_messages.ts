import { LIMITS } from '../../config/limits.ts';
import type { AnswerLimits } from '../provider_http.ts';
import { ProviderHttp } from '../provider_http.ts';
import type { Llm, LlmMessage, LlmRequest } from '../types.ts';
import { AnthropicAnswer } from './anthropic_answer.ts';
import { streamAnswer } from './stream_answer.ts';

export interface AnthropicLlmOptions {
  readonly name: string;
  readonly apiKey: string;
  /** Up to and with the version, such as https://api.anthropic.com/v1. */
  readonly url: string;
  readonly model: string;
  /** From 2026-10-21 on no temperature is taken (https://platform.claude.com/docs/en/api/migration-2026-10-21). */
  readonly apiVersion?: '2023-06-01' | '2026-10-21';
  /** Of an answer whose request names none. */
  readonly maxTokens?: number;
  /** Further fields of each request as the API documents them, such as `thinking`, which many models do unless told not to. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly limits?: Partial<AnswerLimits>;
}

type Block = Readonly<Record<string, unknown>>;

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: Block[];
}

/** The Messages API with stream: true (https://platform.claude.com/docs/en/api/messages). */
export function createAnthropicLlm(options: AnthropicLlmOptions): Llm {
  const { name, apiKey, url, apiVersion = '2026-10-21' } = options;
  const http = new ProviderHttp({
    name,
    code: 'LLM_FAILED',
    url,
    headers: { 'x-api-key': apiKey, 'anthropic-version': apiVersion },
  });
  return {
    name,
    prepare: () => http.prepare('/models'),
    reply: request =>
      streamAnswer(
        http,
        {
          name,
          path: '/messages',
          body: requestBody(options, request),
          limits: options.limits,
          signal: request.signal,
        },
        new AnthropicAnswer(name),
      ),
    close: () => http.close(),
  };
}

function requestBody(options: AnthropicLlmOptions, request: LlmRequest): Record<string, unknown> {
  const { messages, tools = [], maxTokens, temperature, stop = [], answerSchema } = request;
  const { output_config: outputConfig, ...settings } = options.settings ?? {};
  // Blanks alone are refused.
  const stops = stop.filter(text => text.trim() !== '');
  const system = systemBlocks(messages);
  const format = answerSchema && { type: 'json_schema', schema: answerSchema.schema };
  return {
    ...settings,
    model: options.model,
    max_tokens: maxTokens ?? options.maxTokens ?? LIMITS.llmAnswerTokens,
    stream: true,
    ...(system.length > 0 && { system }),
    messages: turns(messages),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        name,
        description,
        input_schema: parameters,
      })),
    }),
    ...(temperature !== undefined && options.apiVersion === '2023-06-01' && { temperature }),
    ...(stops.length > 0 && { stop_sequences: stops }),
    ...((outputConfig !== undefined || format !== undefined) && {
      output_config: { ...(outputConfig as Block | undefined), ...(format && { format }) },
    }),
  };
}

/**
 * System messages are no part of the conversation here. Those at its head stay the same from turn to turn and are kept by the
 * provider, tools included (https://platform.claude.com/docs/en/build-with-claude/prompt-caching); later ones follow them.
 */
function systemBlocks(messages: readonly LlmMessage[]): Block[] {
  const texts = messages.filter(({ role, text }) => role === 'system' && text.trim() !== '');
  const head = messages.findIndex(({ role }) => role !== 'system');
  const stable = texts.filter(message => head === -1 || messages.indexOf(message) < head).length;
  const blocks = texts.map(({ text }) => textBlock(text));
  if (stable > 0) blocks[stable - 1] = { ...blocks[stable - 1], cache_control: { type: 'ephemeral' } };
  return blocks;
}

/**
 * Users and assistants take turns, and a user begins and ends: results of tools are the user's, neighbours of one role are one
 * turn, empty texts are not taken. An agent that speaks first answers that it was called; one that was cut off goes on.
 */
function turns(messages: readonly LlmMessage[]): Turn[] {
  const made: Turn[] = [];
  const add = (role: Turn['role'], blocks: readonly Block[]) => {
    if (blocks.length === 0) return;
    const last = made.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else made.push({ role, content: [...blocks] });
  };
  for (const message of messages) {
    if (message.role === 'system') continue;
    const blocks = contentBlocks(message);
    if (made.length === 0 && message.role === 'assistant') add('user', [textBlock('(The call begins.)')]);
    add(message.role === 'assistant' ? 'assistant' : 'user', blocks);
  }
  if (made.at(-1)?.role !== 'user') add('user', [textBlock('(Go on from there.)')]);
  return made;
}

function contentBlocks(message: Exclude<LlmMessage, { role: 'system' }>): Block[] {
  const text = message.text.trim() === '' ? [] : [textBlock(message.text)];
  if (message.role === 'tool')
    return [{ type: 'tool_result', tool_use_id: wireId(message.toolCallId), content: message.text }];
  if (message.role === 'user') return text;
  const calls = (message.toolCalls ?? []).map(({ id, name, argumentsJson }) => ({
    type: 'tool_use',
    id: wireId(id),
    name,
    input: objectOf(argumentsJson),
  }));
  return [...text, ...calls];
}

function textBlock(text: string): Block {
  return { type: 'text', text };
}

/** Ids of calls that another provider's model made may have other characters. */
function wireId(id: string): string {
  return id.replaceAll(/[^\w-]/g, '_');
}

/** Arguments are given back as an object; those that were none are told by the tool's result. */
function objectOf(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
