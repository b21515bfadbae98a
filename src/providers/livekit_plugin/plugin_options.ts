import { type PluginProvider, providerName } from '../../config/providers.ts';

export interface PluginOptions {
  /** Provider's name, for errors. */
  readonly name: string;
  /** An npm package such as @livekit/agents-plugin-deepgram. */
  readonly package: string;
  /** What it exports; STT, LLM or TTS by default. */
  readonly className?: string;
  /** As its documentation has them. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly apiKey?: string;
  /** In which of its own variables the process finds the key, too; it is also given as the option `apiKey`. */
  readonly keyVariable?: string;
  /** Whose node_modules the packages lie in; the project's by default. */
  readonly folder?: string;
  /** LIMITS unless given. */
  readonly processLimits?: Partial<ProcessLimits>;
}

/** How long a plugin's process may take, and how much it may say. */
export interface ProcessLimits {
  readonly loadMs: number;
  /** LIMITS.pluginPingsMissed of them without an answer are too long. */
  readonly pingMs: number;
  readonly messagesPerSecond: number;
}

/** What the configuration says of a plugin. */
export function pluginOptions(entry: PluginProvider, key: string | undefined): PluginOptions {
  return {
    name: providerName(entry),
    package: entry.package,
    options: entry.options,
    ...(entry.class !== undefined && { className: entry.class }),
    ...(key !== undefined && { apiKey: key }),
    ...(entry.keyEnv !== undefined && { keyVariable: entry.keyEnv }),
  };
}
