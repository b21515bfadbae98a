import type { AnswerLimits } from '../provider_http.ts';
import { ProviderHttp } from '../provider_http.ts';
import type { Llm, LlmMessage, LlmRequest } from '../types.ts';
import { OpenAiAnswer } from './openai_answer.ts';
import { streamAnswer } from './stream_answer.ts';

export interface OpenAiLlmOptions {
  readonly name: string;
  /** Undefined where the server wants none. */
  readonly apiKey: string | undefined;
  /** Up to and with the version, such as https://api.openai.com/v1 or http://localhost:8000/v1. */
  readonly url: string;
  readonly model: string;
  /** What bounds an answer: `max_tokens` for most servers, `max_completion_tokens` for OpenAI, whose newer models know no other. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** Models that reason refuse any but their own. */
  readonly takesTemperature?: boolean;
  /** Servers that refuse `stream_options` tell no usage. */
  readonly asksForUsage?: boolean;
  /** Further fields of each request as the server documents them, such as `reasoning_effort` or `chat_template_kwargs`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly limits?: Partial<AnswerLimits>;
}

/**
 * Chat Completions with stream: true (https://platform.openai.com/docs/api-reference/chat/create) of OpenAI and of servers
 * that are compatible with it: vLLM, llama.cpp, Ollama.
 */
export function createOpenAiLlm(options: OpenAiLlmOptions): Llm {
  const { name, apiKey, url } = options;
  const http = new ProviderHttp({
    name,
    code: 'LLM_FAILED',
    url,
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
  });
  return {
    name,
    prepare: () => http.prepare('/models'),
    reply: request =>
      streamAnswer(
        http,
        {
          name,
          path: '/chat/completions',
          body: requestBody(options, request),
          limits: options.limits,
          signal: request.signal,
        },
        new OpenAiAnswer(name),
      ),
    close: () => http.close(),
  };
}

function requestBody(options: OpenAiLlmOptions, request: LlmRequest): Record<string, unknown> {
  const { model, takesTemperature = true, asksForUsage = true } = options;
  const { messages, tools = [], maxTokens, temperature, stop = [], answerSchema } = request;
  return {
    ...options.settings,
    model,
    messages: messages.map(wireMessage),
    stream: true,
    ...(asksForUsage && { stream_options: { include_usage: true } }),
    ...(tools.length > 0 && { tools: tools.map(tool => ({ type: 'function', function: { ...tool } })) }),
    ...(maxTokens !== undefined && { [boundField(options)]: maxTokens }),
    ...(temperature !== undefined && takesTemperature && { temperature }),
    ...(stop.length > 0 && { stop }),
    ...(answerSchema !== undefined && {
      response_format: { type: 'json_schema', json_schema: { ...answerSchema, strict: true } },
    }),
  };
}

function boundField(options: OpenAiLlmOptions): string {
  const isOpenAi = new URL(options.url).hostname === 'api.openai.com';
  return options.maxTokensField ?? (isOpenAi ? 'max_completion_tokens' : 'max_tokens');
}

function wireMessage(message: LlmMessage): Record<string, unknown> {
  const { role, text } = message;
  if (role === 'tool') return { role, tool_call_id: message.toolCallId, content: text };
  if (role !== 'assistant' || message.toolCalls === undefined || message.toolCalls.length === 0)
    return { role, content: text };
  return {
    role,
    // Some servers take an empty text for one that was said.
    content: text === '' ? null : text,
    tool_calls: message.toolCalls.map(({ id, name, argumentsJson }) => ({
      id,
      type: 'function',
      function: { name, arguments: argumentsJson },
    })),
  };
}
