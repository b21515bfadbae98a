import { LIMITS } from '../../config/limits.ts';
import type { AnswerLimits } from '../provider_http.ts';
import type { Llm, LlmDelta, LlmRequest } from '../types.ts';
import { PluginAnswer } from './plugin_answer.ts';
import type { PluginOptions } from './plugin_options.ts';
import { PluginProcess } from './plugin_process.ts';

const DEFAULTS: AnswerLimits = {
  firstByteMs: LIMITS.llmFirstByteMs,
  silentMs: LIMITS.llmSilentMs,
  answerMs: LIMITS.llmAnswerMs,
  answerBytes: LIMITS.llmAnswerBytes,
};

export interface PluginLlmOptions extends PluginOptions {
  /**
   * How a request's bounds, temperature, stops and form of the answer are handed to the plugin, which passes them on as they
   * are: as Chat Completions call them, or not at all.
   */
  readonly requestFields?: 'openai' | 'none';
  readonly limits?: Partial<AnswerLimits>;
}

/**
 * Answers by an LLM of LiveKit Agents, in a process of its own. Plugins do not tell why an answer ended: one that was cut, or
 * refused, looks whole.
 */
export function createPluginLlm(options: PluginLlmOptions): Llm {
  const process = new PluginProcess('llm', options);
  const limits = { ...DEFAULTS, ...options.limits };
  return {
    name: options.name,
    prepare() {
      process.prepare();
      process.send({ type: 'prewarm' });
    },
    reply: request => answer(process, limits, request, fieldsOf(options, request)),
    close: () => process.close(),
  };
}

async function* answer(
  process: PluginProcess,
  limits: AnswerLimits,
  { messages, tools = [], signal }: LlmRequest,
  fields: Readonly<Record<string, unknown>>,
): AsyncGenerator<LlmDelta> {
  signal.throwIfAborted();
  const feed = new PluginAnswer(process, limits, signal);
  const id = process.begin(feed);
  // At once, whether anybody asks for the next delta or not.
  const leave = () => process.end(id);
  signal.addEventListener('abort', leave);
  try {
    await feed.begun(process.ready());
    process.send({ type: 'chat', id, messages, tools, fields, timeoutMs: limits.firstByteMs });
    yield* feed.deltas();
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

function fieldsOf(
  { requestFields = 'openai' }: PluginLlmOptions,
  { maxTokens, temperature, stop = [], answerSchema }: LlmRequest,
): Readonly<Record<string, unknown>> {
  if (requestFields === 'none') return {};
  return {
    ...(maxTokens !== undefined && { max_completion_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(stop.length > 0 && { stop }),
    ...(answerSchema !== undefined && {
      response_format: { type: 'json_schema', json_schema: { ...answerSchema, strict: true } },
    }),
  };
}
