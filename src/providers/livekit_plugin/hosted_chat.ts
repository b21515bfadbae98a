import { LIMITS } from '../../config/limits.ts';
import type { LlmMessage } from '../types.ts';
import { connectOptions, type HostedRequest, type RequestPlace } from './hosted_request.ts';
import type { AgentsPackage, ChatChunk, ChatStream, LlmPlugin } from './plugin_api.ts';
import { failureOf } from './plugin_failure.ts';
import type { PluginRequest } from './plugin_messages.ts';

/** Has a plugin answer; tool calls are told, and never run here. */
export function chat(
  agents: AgentsPackage,
  plugin: LlmPlugin,
  { messages, tools, fields, timeoutMs }: Extract<PluginRequest, { type: 'chat' }>,
  place: RequestPlace,
): HostedRequest {
  let stream: ChatStream | undefined;
  let isStopped = false;
  const read = async () => {
    try {
      const toolCtx = tools.map(tool => agents.llm.tool({ ...tool, execute: async () => undefined }));
      stream = plugin.chat({
        chatCtx: new agents.llm.ChatContext(
          messages.flatMap((message, at) => items(agents, message, at, messages)),
        ),
        ...(toolCtx.length > 0 && { toolCtx }),
        connOptions: connectOptions(timeoutMs),
        extraKwargs: fields,
      });
      for await (const chunk of stream) {
        if (isStopped) return;
        tellChunk(chunk, place);
      }
      if (isStopped) return;
      const failure = place.failures.of(place.id);
      if (failure === undefined) place.tell({ type: 'done', id: place.id });
      else place.tell({ type: 'failed', id: place.id, ...failure });
    } catch (error) {
      if (!isStopped) place.tell({ type: 'failed', id: place.id, ...failureOf(error) });
    } finally {
      stream?.close();
    }
  };
  void place.failures.attribute(place.id, read);
  return {
    stop() {
      isStopped = true;
      stream?.close();
    },
  };
}

/** A message as items of a chat context: calls of one answer belong to its group, so that providers see one message. */
function items(
  { llm }: AgentsPackage,
  message: LlmMessage,
  at: number,
  all: readonly LlmMessage[],
): readonly object[] {
  const { role, text } = message;
  const id = `message_${at}`;
  if (role === 'tool') {
    const { toolCallId } = message;
    const name = nameOf(toolCallId, all);
    return [llm.FunctionCallOutput.create({ callId: toolCallId, name, output: text, isError: false })];
  }
  const calls = role === 'assistant' ? (message.toolCalls ?? []) : [];
  return [
    ...(text !== '' || calls.length === 0 ? [llm.ChatMessage.create({ id, role, content: text })] : []),
    ...calls.map((call, number) =>
      llm.FunctionCall.create({
        id: `${id}/${number}`,
        groupId: id,
        callId: call.id,
        name: call.name,
        args: call.argumentsJson,
      }),
    ),
  ];
}

/** Some providers want the name of the tool with its answer. */
function nameOf(toolCallId: string, all: readonly LlmMessage[]): string {
  const calls = all.flatMap(message => (message.role === 'assistant' ? (message.toolCalls ?? []) : []));
  return calls.find(call => call.id === toolCallId)?.name ?? '';
}

function tellChunk({ delta, usage }: ChatChunk, { id, tell }: RequestPlace): void {
  const content: unknown = delta?.content ?? '';
  if (typeof content !== 'string') throw new SyntaxError('a text that is none');
  for (let at = 0; at < content.length; at += LIMITS.pluginTextCharacters)
    tell({ type: 'text', id, text: content.slice(at, at + LIMITS.pluginTextCharacters) });
  for (const { callId, name, args } of delta?.toolCalls ?? [])
    tell({ type: 'toolCall', id, callId, name, argumentsJson: args });
  if (usage !== undefined) {
    const { promptTokens, completionTokens, promptCachedTokens = 0 } = usage;
    tell({
      type: 'usage',
      id,
      inputTokens: promptTokens,
      outputTokens: completionTokens,
      cachedTokens: promptCachedTokens,
    });
  }
}
