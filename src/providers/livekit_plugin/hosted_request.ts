import type { ConnectOptions } from './plugin_api.ts';
import type { PluginFailures } from './plugin_failure.ts';
import type { PluginNews } from './plugin_messages.ts';

/** A request in the plugin's process. */
export interface HostedRequest {
  audio?(pcm: Int16Array): void;
  finish?(): void;
  /** Nothing is told of it any more. */
  stop(): void;
}

/** What every request has to do with. */
export interface RequestPlace {
  readonly id: number;
  readonly failures: PluginFailures;
  tell(news: PluginNews): void;
}

/** No second try: another provider is asked at once. */
export function connectOptions(timeoutMs: number): ConnectOptions {
  return { maxRetry: 0, retryIntervalMs: 0, timeoutMs };
}
