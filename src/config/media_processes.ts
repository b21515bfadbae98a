import { availableParallelism } from 'node:os';
import { LIMITS } from './limits.ts';
import type { Config } from './schema.ts';

/** How many media processes the node has; their addresses are media-0, media-1 … */
export function mediaProcesses({ media }: Config): number {
  return Math.min(media.processes || availableParallelism(), LIMITS.mediaProcesses);
}
