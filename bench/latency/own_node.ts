import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { BenchOptions } from '../bench.ts';
import { type CalledNode, withNode } from '../node.ts';
import { freePorts } from '../sip/free_ports.ts';
import { TALKER, type Workflow } from './workflow.ts';

/** What a bench's own node has otherwise than the bench `latency` wants it. */
export interface OwnNodeSettings {
  /** Keys of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Instead of the talker. */
  readonly workflow?: Workflow;
  /** The processors that it may use, as taskset(1) takes them. */
  readonly cores?: string;
}

/** Runs a bench against a node of its own, on free ports and with a folder of its own, that uses the given providers. */
export async function withOwnNode<T>(
  options: BenchOptions,
  providers: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>>,
  bench: (node: CalledNode) => Promise<T>,
  { config: more, workflow = TALKER, cores }: OwnNodeSettings = {},
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'latency-'));
  const [http = 0, redis = 0, postgres = 0, sip = 0] = await freePorts(4);
  const config = {
    dataDir: join(folder, 'var'),
    http: { port: http },
    redis: { port: redis },
    postgres: { port: postgres },
    livekit: { enabled: false },
    sip: { port: sip },
    recording: { consent: 'never' },
    workflows: { dir: join(folder, 'workflows'), default: 'talker' },
    providers,
    ...more,
  };
  const configFile = join(folder, 'trunkline.yaml');
  Object.assign(process.env, env);
  try {
    await workflow.writeTo(config.workflows.dir);
    await writeFile(configFile, stringify(config));
    return await withNode({ ...options, target: undefined, configFile, cores }, bench);
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    await rm(folder, { recursive: true, force: true });
  }
}
