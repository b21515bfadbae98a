import { z } from 'zod';
import type { ModelAnswer, ModelStep } from './model_script.ts';
import {
  type ModelRequest,
  type ModelServer,
  type ModelServerOptions,
  type PlainAnswer,
  type Service,
  serveModel,
  type Written,
} from './model_server.ts';

const cacheControl = z
  .strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
  .optional();
const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string().regex(/\S/, 'text content blocks must contain non-whitespace text'),
  cache_control: cacheControl,
});
const toolUse = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
});
const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  content: z.string(),
});

/** https://platform.claude.com/docs/en/api/messages/create; fields that it does not know it refuses. */
const messageRequest = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().positive(),
  stream: z.literal(true),
  system: z.array(textBlock).min(1).optional(),
  messages: z
    .array(
      z.discriminatedUnion('role', [
        z.strictObject({
          role: z.literal('user'),
          content: z.array(z.discriminatedUnion('type', [textBlock, toolResult])).min(1),
        }),
        z.strictObject({
          role: z.literal('assistant'),
          content: z.array(z.discriminatedUnion('type', [textBlock, toolUse])).min(1),
        }),
      ]),
    )
    .min(1),
  tools: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
        description: z.string(),
        input_schema: z.looseObject({ type: z.literal('object') }),
      }),
    )
    .min(1)
    .optional(),
  temperature: z.number().min(0).max(1).optional(),
  stop_sequences: z.array(z.string().regex(/\S/)).optional(),
  thinking: z.strictObject({ type: z.enum(['adaptive', 'disabled']) }).optional(),
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(),
      format: z
        .strictObject({
          type: z.literal('json_schema'),
          schema: z.looseObject({ type: z.literal('object'), additionalProperties: z.literal(false) }),
        })
        .optional(),
    })
    .optional(),
});

export type MessageRequest = z.infer<typeof messageRequest>;

/** https://platform.claude.com/docs/en/api/errors */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};
const FAILURES = { overloaded: 529, rateLimited: 429, internal: 500 } as const;

/** The Messages API with stream: true as Anthropic documents it, and GET /v1/models. */
export function serveAnthropicMessages(options: ModelServerOptions): Promise<ModelServer> {
  return serveModel(anthropic, options);
}

const anthropic: Service = {
  turnAway(request, key) {
    const { headers, method, url } = request;
    if (headers['x-api-key'] !== key) return failure(401, 'invalid x-api-key');
    const version = headers['anthropic-version'];
    if (version !== '2023-06-01' && version !== '2026-10-21')
      return failure(400, 'anthropic-version: header is required');
    if (url === '/v1/models' && method === 'GET')
      return {
        status: 200,
        body: JSON.stringify({ data: [], has_more: false, first_id: null, last_id: null }),
      };
    if (url !== '/v1/messages' || method !== 'POST') return failure(404, 'Not found');
    return refusal(request);
  },
  errorBody: status => errorBody(status, 'It failed.'),
  stream,
};

function refusal({ headers, body }: ModelRequest): PlainAnswer | undefined {
  const { data: message, error } = messageRequest.safeParse(body);
  if (message === undefined) return failure(400, z.prettifyError(error));
  if (message.temperature !== undefined && headers['anthropic-version'] === '2026-10-21')
    return failure(400, 'temperature: Extra inputs are not permitted');
  const { messages, system = [] } = message;
  if (messages[0]?.role !== 'user') return failure(400, 'messages: first message must use the "user" role');
  if (messages.at(-1)?.role !== 'user')
    return failure(400, 'This model does not support assistant message prefill.');
  if (system.filter(block => block.cache_control !== undefined).length > 4)
    return failure(400, 'A maximum of 4 blocks with cache_control may be provided.');
  return unpairedUses(message);
}

/** Each `tool_use` must have its `tool_result` in the very next message, before any text in it. */
function unpairedUses({ messages }: MessageRequest): PlainAnswer | undefined {
  let open = new Set<string>();
  for (const { role, content } of messages) {
    const results = content.filter(block => block.type === 'tool_result');
    if (results.some(({ tool_use_id: id }) => !open.delete(id)))
      return failure(400, 'unexpected `tool_use_id` found in `tool_result` blocks');
    const text = content.findIndex(({ type }) => type === 'text');
    if (role === 'user' && text !== -1 && text < results.length)
      return failure(400, '`tool_result` blocks must come first');
    if (open.size > 0) return failure(400, '`tool_use` ids were found without `tool_result` blocks');
    open = new Set(content.flatMap(block => (block.type === 'tool_use' ? [block.id] : [])));
  }
  return undefined;
}

/** Blocks come one after the other: text is one block for as long as nothing else comes. */
async function* stream(
  answer: ModelAnswer,
  steps: AsyncIterable<ModelStep>,
  body: unknown,
): AsyncGenerator<Written> {
  const { model } = body as MessageRequest;
  const blocks = new Blocks();
  let reason = 'end_turn';
  yield event('message_start', { message: startOf(answer, model) });
  yield event('ping', {});
  for await (const step of steps) {
    if ('drop' in step) {
      if (step.drop === 'connection') yield 'break';
      return;
    }
    if ('fail' in step) {
      yield `event: error\ndata: ${errorBody(FAILURES[step.fail], 'It failed.')}\n\n`;
      return;
    }
    if ('raw' in step) yield step.raw;
    else if ('say' in step) {
      yield* blocks.open('text', { type: 'text', text: '' });
      yield blocks.delta({ type: 'text_delta', text: step.say });
    } else if ('think' in step) {
      yield* blocks.open('thinking', { type: 'thinking', thinking: '', signature: '' });
      yield blocks.delta({ type: 'thinking_delta', thinking: step.think });
    } else {
      reason = 'tool_use';
      for (const { id, name, fragments } of step.call) {
        yield* blocks.open(id, { type: 'tool_use', id, name, input: {} });
        for (const fragment of ['', ...fragments])
          yield blocks.delta({ type: 'input_json_delta', partial_json: fragment });
      }
    }
  }
  yield* blocks.end();
  if (answer.reason === 'refused') reason = 'refusal';
  if (answer.reason === 'length') reason = 'max_tokens';
  const { output } = usageOf(answer);
  yield event('message_delta', {
    delta: { stop_reason: reason, stop_sequence: null },
    ...(answer.usage !== false && { usage: { output_tokens: output } }),
  });
  yield event('message_stop', {});
}

class Blocks {
  #index = -1;
  #open: string | undefined;

  *open(key: string, block: unknown): Generator<string> {
    if (this.#open === key) return;
    yield* this.end();
    this.#index += 1;
    this.#open = key;
    yield event('content_block_start', { index: this.#index, content_block: block });
  }

  delta(delta: unknown): string {
    return event('content_block_delta', { index: this.#index, delta });
  }

  *end(): Generator<string> {
    if (this.#open === undefined) return;
    this.#open = undefined;
    yield event('content_block_stop', { index: this.#index });
  }
}

function startOf(answer: ModelAnswer, model: string): unknown {
  const { input, cached } = usageOf(answer);
  const usage = {
    input_tokens: input - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: 1,
  };
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    ...(answer.usage !== false && { usage }),
  };
}

function usageOf({ usage }: ModelAnswer): { input: number; output: number; cached: number } {
  return usage || { input: 20, output: 5, cached: 0 };
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

function errorBody(status: number, message: string): string {
  const error = { type: ERROR_TYPES[status] ?? 'api_error', message };
  return JSON.stringify({ type: 'error', error, request_id: 'req_1' });
}

function failure(status: number, message: string): PlainAnswer {
  return { status, body: errorBody(status, message) };
}
