import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cli, defineAgent, type JobContext, llm, ServerOptions, voice } from '@livekit/agents';
import { TTS } from '@livekit/agents-plugin-cartesia';
import { STT } from '@livekit/agents-plugin-deepgram';
import { LLM } from '@livekit/agents-plugin-openai';
import { z } from 'zod';

/**
 * The agent that LiveKit Agents runs in the latency bench, as a user of theirs would write it: an AgentSession of their
 * plugins, and all else as it is by default (https://docs.livekit.io/agents/start/voice-ai/).
 *
 * `node agent.ts start`, with LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET, and its settings as JSON in LATENCY_AGENT.
 */
const settings = z
  .object({
    /** Of the scripted providers: ws://, http://…/v1, http:// */
    sttUrl: z.string(),
    llmUrl: z.string(),
    ttsUrl: z.string(),
    key: z.string(),
    greeting: z.string(),
    instructions: z.string(),
    /** As by default where it is left out. */
    turnDetection: z.literal('vad').optional(),
    /** Of the worker's own health check. */
    port: z.number(),
    /** Where the session's settings are written as they turned out. */
    toldIn: z.string(),
  })
  .parse(JSON.parse(process.env.LATENCY_AGENT ?? '{}'));

/** Never called; without any tool the plugin sends an empty list, which the scripted server refuses. */
const FINISH = llm.tool({
  name: 'finish',
  description: 'The caller has no further question.',
  execute: async () => 'done',
});

class FrontDesk extends voice.Agent {
  override async onEnter(): Promise<void> {
    this.session.say(settings.greeting);
  }
}

export default defineAgent({
  entry: async (job: JobContext) => {
    const { key: apiKey, sttUrl, llmUrl, ttsUrl, turnDetection } = settings;
    const session = new voice.AgentSession({
      stt: new STT({ apiKey, baseUrl: sttUrl }),
      llm: new LLM({ apiKey, baseURL: llmUrl, model: 'scripted' }),
      tts: new TTS({ apiKey, baseUrl: ttsUrl }),
      ...(turnDetection !== undefined && { turnHandling: { turnDetection } }),
    });
    tell(session);
    const { instructions } = settings;
    await session.start({ agent: new FrontDesk({ instructions, tools: [FINISH] }), room: job.room });
    await job.connect();
  },
});

/** What the session chose where nothing was said. */
function tell({ sessionOptions, turnDetection, vad }: voice.AgentSession): void {
  const { turnHandling, aecWarmupDuration } = sessionOptions;
  const { endpointing, interruption, preemptiveGeneration } = turnHandling;
  const told = {
    vad: vad?.label,
    turnDetection: typeof turnDetection === 'object' ? turnDetection?.model : turnDetection,
    endpointing,
    interruption,
    preemptiveGeneration,
    aecWarmupDurationMs: aecWarmupDuration,
  };
  writeFileSync(settings.toldIn, JSON.stringify(told));
}

const file = fileURLToPath(import.meta.url);
if (process.argv[1] === file) {
  cli.runApp(
    new ServerOptions({
      agent: file,
      host: '127.0.0.1',
      port: settings.port,
      // By default a worker takes no more calls where the machine is 70 % busy: here everything shares one.
      loadFunc: () => Promise.resolve(0),
    }),
  );
}
