import { resolve } from 'node:path';
import type { Config } from './schema.ts';

/** Where a node keeps its things; all absolute, all under the data folder but the workflows. */
export interface NodePaths {
  readonly project: string;
  readonly data: string;
  /** Sockets, pid files, and runtime.json with the resolved configuration (mode 0600). */
  readonly run: string;
  readonly logs: string;
  /** Built or fetched programs. */
  readonly tools: string;
  /** The pipeline's kernels, compiled: the same for every node of this project. */
  readonly kernels: string;
  /** Secrets made at first start (folder mode 0700, files 0600). */
  readonly keys: string;
  readonly spool: string;
  /** <tenant>/<callId>.wav */
  readonly recordings: string;
  /** Fixed prompts as paid synthesisers spoke them. */
  readonly speech: string;
  readonly postgres: string;
  readonly redis: string;
  readonly workflows: string;
  /** Versions of workflows that are or were in force: <tenant>/ */
  readonly versions: string;
}

export function nodePaths(project: string, config: Config): NodePaths {
  const data = resolve(project, config.dataDir);
  return {
    project,
    data,
    run: resolve(data, 'run'),
    logs: resolve(data, 'logs'),
    tools: resolve(data, 'tools'),
    kernels: resolve(project, 'var', 'kernels'),
    keys: resolve(data, 'keys'),
    spool: resolve(data, 'spool'),
    recordings: resolve(data, 'recordings'),
    speech: resolve(data, 'speech'),
    postgres: resolve(data, 'postgres'),
    redis: resolve(data, 'redis'),
    workflows: resolve(project, config.workflows.dir),
    versions: resolve(data, 'workflows'),
  };
}
