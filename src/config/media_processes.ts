import { availableParallelism } from 'node:os';
import { LIMITS } from './limits.ts';
import type { Config } from './schema.ts';

/** How many media processes the node has; their addresses are media-0, media-1 … */
export function mediaProcesses({ media }: Config): number {
  return Math.min(media.processes || availableParallelism(), LIMITS.mediaProcesses);
}

/** The one more that there is while a node is upgraded; undefined where the node has as many as there may be. */
export function spareOf(config: Config): string | undefined {
  const processes = mediaProcesses(config);
  return processes < LIMITS.mediaProcesses ? `media-${processes}` : undefined;
}
