import { z } from 'zod';
import { alternating, type ModelAnswer, type ModelStep } from './model_script.ts';
import {
  type ModelRequest,
  type ModelServer,
  type ModelServerOptions,
  type PlainAnswer,
  type Service,
  serveModel,
  type Written,
} from './model_server.ts';

const toolCall = z.strictObject({
  id: z.string().min(1),
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});

/** https://platform.openai.com/docs/api-reference/chat/create; fields that it does not know it refuses. */
const chatRequest = z.strictObject({
  model: z.string().min(1),
  messages: z
    .array(
      z.discriminatedUnion('role', [
        z.strictObject({ role: z.enum(['system', 'developer', 'user']), content: z.string() }),
        z.strictObject({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          tool_calls: z.array(toolCall).min(1).optional(),
        }),
        z.strictObject({ role: z.literal('tool'), content: z.string(), tool_call_id: z.string() }),
      ]),
    )
    .min(1),
  stream: z.literal(true),
  stream_options: z.strictObject({ include_usage: z.boolean() }).optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({
          name: z.string().regex(/^[\w-]{1,64}$/),
          description: z.string(),
          parameters: z.looseObject({ type: z.literal('object') }),
        }),
      }),
    )
    .min(1)
    .optional(),
  parallel_tool_calls: z.boolean().optional(),
  max_tokens: z.int().positive().optional(),
  max_completion_tokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
  stop: z.array(z.string()).max(4).optional(),
  response_format: z
    .strictObject({
      type: z.literal('json_schema'),
      json_schema: z.strictObject({
        name: z.string().regex(/^[\w-]{1,64}$/),
        schema: z.looseObject({ type: z.literal('object'), additionalProperties: z.literal(false) }),
        strict: z.boolean(),
      }),
    })
    .optional(),
});

export type ChatRequest = z.infer<typeof chatRequest>;

/** Models that reason (o1, o3, gpt-5…) take `max_completion_tokens` only, and no temperature. */
const REASONS = /^(o\d|gpt-5)/;

/** Chat Completions with stream: true as OpenAI documents them, and GET /v1/models. */
export function serveOpenAiChat(options: ModelServerOptions): Promise<ModelServer> {
  return serveModel(openAi, options);
}

const openAi: Service = {
  turnAway(request, key) {
    if (request.headers.authorization !== `Bearer ${key}`)
      return failure(401, 'invalid_api_key', 'Incorrect API key provided.');
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/v1/models' && request.method === 'GET')
      return { status: 200, body: JSON.stringify({ object: 'list', data: [] }) };
    if (pathname !== '/v1/chat/completions' || request.method !== 'POST')
      return failure(404, 'unknown_url', `Unknown request URL: ${request.method} ${request.url}`);
    return refusal(request);
  },
  errorBody: status =>
    errorBody(status === 429 ? 'rate_limit_exceeded' : 'server_error', 'The server had an error.'),
  stream,
};

function refusal({ headers, body }: ModelRequest): PlainAnswer | undefined {
  if (headers['content-type'] !== 'application/json')
    return failure(415, 'unsupported_content_type', 'Unsupported content type');
  const { data: chat, error } = chatRequest.safeParse(body);
  if (chat === undefined) return failure(400, 'invalid_value', z.prettifyError(error));
  if (REASONS.test(chat.model) && chat.max_tokens !== undefined)
    return failure(400, 'unsupported_parameter', "Use 'max_completion_tokens' instead.");
  if (REASONS.test(chat.model) && chat.temperature !== undefined)
    return failure(400, 'unsupported_value', 'Only the default temperature is supported.');
  return unpairedCalls(chat);
}

/** An assistant message with tool calls must be followed by the results of each. */
function unpairedCalls({ messages }: ChatRequest): PlainAnswer | undefined {
  const open = new Set<string>();
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id)) return failure(400, 'invalid_value', 'No such tool call.');
    } else if (open.size > 0) break;
    else if (message.role === 'assistant') for (const { id } of message.tool_calls ?? []) open.add(id);
  }
  return open.size > 0 ? failure(400, 'invalid_value', 'Tool calls without results.') : undefined;
}

async function* stream(
  answer: ModelAnswer,
  steps: AsyncIterable<ModelStep>,
  body: unknown,
): AsyncGenerator<Written> {
  const { model, stream_options: options } = body as ChatRequest;
  const withUsage = options?.include_usage === true && answer.usage !== false;
  const chunk = (choices: readonly unknown[], usage: unknown = null) =>
    event({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model,
      choices,
      ...(withUsage && { usage }),
    });
  const delta = (value: unknown, finish: string | null = null) =>
    chunk([{ index: 0, delta: value, logprobs: null, finish_reason: finish }]);
  let finish = 'stop';
  yield delta({ role: 'assistant', content: '', refusal: null });
  for await (const step of steps) {
    if ('drop' in step) {
      if (step.drop === 'connection') yield 'break';
      return;
    }
    if ('fail' in step) {
      const code = step.fail === 'rateLimited' ? 'rate_limit_exceeded' : 'server_error';
      yield `data: ${errorBody(code, 'The server had an error.')}\n\n`;
      return;
    }
    if ('say' in step) yield delta({ content: step.say });
    else if ('think' in step) yield delta({ content: null, reasoning_content: step.think });
    else if ('raw' in step) yield step.raw;
    else {
      finish = 'tool_calls';
      for (const [index, { id, name }] of step.call.entries())
        yield delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
      for (const { at, fragment } of alternating(step.call))
        yield delta({ tool_calls: [{ index: at, function: { arguments: fragment } }] });
    }
  }
  if (answer.reason === 'refused') finish = 'content_filter';
  if (answer.reason === 'length') finish = 'length';
  yield delta({}, finish);
  if (withUsage) yield chunk([], usageOf(answer));
  yield 'data: [DONE]\n\n';
}

function usageOf({ usage }: ModelAnswer): unknown {
  const { input, output, cached } = usage || { input: 20, output: 5, cached: 0 };
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** https://platform.openai.com/docs/guides/error-codes */
function errorBody(code: string, message: string): string {
  return JSON.stringify({ error: { message, type: code, param: null, code } });
}

function failure(status: number, code: string, message: string): PlainAnswer {
  return { status, body: errorBody(code, message) };
}
