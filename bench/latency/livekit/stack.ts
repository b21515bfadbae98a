import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LiveKitPrograms, untilReady, withLiveKit } from '../../livekit_peer/stack.ts';
import { freePorts } from '../../sip/free_ports.ts';
import type { Stack } from '../../sip/processes.ts';
import type { Services } from '../services.ts';
import { INSTRUCTIONS } from '../workflow.ts';

/** LiveKit with an agent of LiveKit Agents that answers its calls. */
export interface AgentStack extends Stack {
  /** Of its session, as they turned out; after the first call. */
  settings(): Promise<unknown>;
}

/**
 * How their session decides that a caller has finished: as it does by default, by its model of how speech sounds at its
 * end (https://docs.livekit.io/agents/build/turns/), or by the pause alone.
 */
export type TurnDetection = 'default' | 'pause';

export interface AgentOptions {
  readonly turnDetection: TurnDetection;
  /** Its first words. */
  readonly greeting: string;
  /** For what the worker tells. */
  readonly folder: string;
}

const TOLD_FILE = 'session.json';

/**
 * livekit-server, livekit-sip, and a worker of LiveKit Agents whose providers are the scripted ones.
 * @throws Error when one of them is not ready in time
 */
export async function startAgentStack(
  programs: LiveKitPrograms,
  { urls, key }: Pick<Services, 'urls' | 'key'>,
  { turnDetection, greeting, folder }: AgentOptions,
): Promise<AgentStack> {
  const toldIn = join(folder, TOLD_FILE);
  const stack = await withLiveKit(programs, undefined, async (processes, { url, apiKey, apiSecret }) => {
    const [port = 0] = await freePorts(1);
    const settings = {
      sttUrl: urls.stt.replace('/v1/listen', ''),
      llmUrl: urls.llm,
      ttsUrl: urls.tts.replace(/^ws/, 'http'),
      key,
      greeting,
      instructions: INSTRUCTIONS,
      port,
      ...(turnDetection === 'pause' && { turnDetection: 'vad' }),
      toldIn,
    };
    const agent = fileURLToPath(new URL('agent.ts', import.meta.url));
    await processes.start('LiveKit Agents', process.execPath, [agent, 'start', '--log-level', 'error'], {
      environment: {
        LIVEKIT_URL: url,
        LIVEKIT_API_KEY: apiKey,
        LIVEKIT_API_SECRET: apiSecret,
        LATENCY_AGENT: JSON.stringify(settings),
      },
    });
    // It answers 200 once it is registered with livekit-server.
    await untilReady('LiveKit Agents', () => fetch(`http://127.0.0.1:${port}/`).then(({ ok }) => ok));
  });
  return { ...stack, settings: async () => JSON.parse(await readFile(toldIn, 'utf8')) as unknown };
}
