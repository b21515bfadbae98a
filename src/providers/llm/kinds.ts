import { type LlmProvider, providerName } from '../../config/providers.ts';
import { pluginOptions } from '../livekit_plugin/plugin_options.ts';
import type { Llm } from '../types.ts';

/** Opens a model of the configuration; `key` is there where it needs one. */
export async function openLlm(entry: LlmProvider, key: string | undefined): Promise<Llm> {
  if (entry.kind === 'livekit_plugin') {
    const { createPluginLlm } = await import('../livekit_plugin/plugin_llm.ts');
    return createPluginLlm({ ...pluginOptions(entry, key), requestFields: entry.requestFields });
  }
  const name = providerName(entry);
  const { model, settings } = entry;
  if (entry.kind === 'anthropic') {
    const { createAnthropicLlm } = await import('./anthropic_messages.ts');
    const url = entry.url ?? 'https://api.anthropic.com/v1';
    return createAnthropicLlm({ name, apiKey: key ?? '', url, model, settings });
  }
  const { createOpenAiLlm } = await import('./openai_chat.ts');
  const { maxTokensField, takesTemperature, asksForUsage } = entry;
  return createOpenAiLlm({
    name,
    apiKey: key,
    url: entry.url ?? 'https://api.openai.com/v1',
    model,
    settings,
    ...(maxTokensField !== undefined && { maxTokensField }),
    ...(takesTemperature !== undefined && { takesTemperature }),
    ...(asksForUsage !== undefined && { asksForUsage }),
  });
}
