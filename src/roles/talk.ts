import { createHash } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { ToolReceivers } from '../agent/tools/tool_receivers.ts';
import { describeFault } from '../calls/fault.ts';
import type { TalkWorkerData } from '../calls/media_threads.ts';
import { after, serveCalls } from '../calls/talk_thread.ts';
import type { ToAudio } from '../calls/thread_messages.ts';
import { ThreadPulse } from '../calls/thread_pulse.ts';
import { openVault } from '../compliance/vault.ts';
import { mediaProcesses } from '../config/media_processes.ts';
import { nodePaths } from '../config/paths.ts';
import { readRuntime } from '../config/runtime.ts';
import { openIntegrations } from '../integrations/registry.ts';
import { createLogger } from '../observe/log.ts';
import { ProviderLedger } from '../providers/provider_ledger.ts';
import { openProviders, type Providers } from '../providers/registry.ts';
import { keepSpeech } from '../providers/tts/kept_speech.ts';
import type { Tts } from '../providers/types.ts';
import { Recorders } from '../recording/recorder.ts';
import { recordingSize, repairRecordings } from '../recording/repair.ts';
import { READER } from '../store/database.ts';
import { openEventLog } from '../store/event_log.ts';
import { openKeptStates } from '../store/kept_states.ts';
import type { LoadedFlow } from '../workflow/load.ts';
import { fixedSentences } from '../workflow/prompts.ts';
import { openFlows, reachOf } from './versioned_flows.ts';

const BEAT_EVERY_MS = 1000;
const TELL_PROVIDERS_MS = 5000;

/** The talk thread of a media process: conversations, providers and the record, beside the audio thread. */
const { memory, runtimeFile, address, port, pulse } = workerData as TalkWorkerData;
const { project, config } = readRuntime(runtimeFile);
const paths = nodePaths(project, config);
const log = createLogger(`${address}/talk`, config.logLevel);

/** One process is enough to take over what processes left that the node has no more. */
function isAbandoned(other: string): boolean {
  const index = Number(/^media-(\d+)$/.exec(other)?.[1] ?? -1);
  return address === 'media-0' && index >= mediaProcesses(config);
}

await repairRecordings(paths.recordings, address);
const events = await openEventLog({
  dir: paths.spool,
  address,
  isAbandoned,
  databaseUrl: config.postgres.url,
  redisUrl: config.redis.url,
  vault: openVault(config.sealKeyFile),
  findRemains: file => recordingSize(paths.recordings, file),
  log,
});
const recorders = new Recorders(paths.recordings, address, (callId, error) =>
  log.warn({ callId, code: error.code }, 'a recording ended early'),
);

const flows = await openFlows(config, paths, (error, workflow) =>
  log.error({ workflow, fault: describeFault(error) }, 'a version of a workflow is not to be had'),
);
const ledger = new ProviderLedger();
const providers = await openProviders(config, {
  folder: project,
  env: process.env,
  clock: { nowMs: () => performance.now(), after },
  observer: {
    attempt: (kind, provider, outcome, latencyMs) => {
      ledger.attempt(kind, provider, outcome, latencyMs);
      log.debug({ kind, provider, outcome, latencyMs: Math.round(latencyMs) }, 'provider asked');
    },
    switched: (kind, from, to, why) => {
      ledger.switched(kind, from, to, why);
      log.warn({ kind, from, to, why }, 'provider taken over by another');
    },
  },
  onUse: use => {
    ledger.used(use);
    log.debug({ ...use }, 'provider used');
  },
});
const place = { folder: project, env: process.env };
const tools = new ToolReceivers(
  { ...place, reach: reachOf(config, flows) },
  ({ name }, why) => log.warn({ tool: name, why }, 'a tool is off'),
  openIntegrations(config.integrations, place),
);
let fixed: ReadonlySet<string> = new Set();
prepare([...flows.live.values()]);

await serveCalls({
  memory,
  port,
  config,
  log,
  events,
  flows: {
    ofCall: (callId, versions) => flows.ofCall(callId, versions),
    get live() {
      return flows.live;
    },
    look() {
      const look = flows.look();
      prepare(look.fresh);
      return look;
    },
  },
  providers: { ...providers, tts: keptOnDisk(providers) },
  tools,
  earlier: openKeptStates(config.postgres.url, openVault(config.sealKeyFile), READER),
  openRecorder: call => recorders.open(call),
});

/** What calls need of flows ahead of the first one. */
function prepare(fresh: readonly LoadedFlow[]): void {
  for (const tool of fresh.flatMap(flow => flow.tools)) tools.has(tool);
  for (const { standing } of fresh) for (const expect of standing) providers.stt.prepare(expect);
  fixed = new Set([...flows.live.values(), ...fresh].flatMap(fixedSentences));
}

/** Prompts that every caller hears are spoken by a paid provider once. */
function keptOnDisk({ tts }: Providers): Tts {
  const voice = createHash('sha256').update(JSON.stringify(config.providers.tts)).digest('hex');
  return keepSpeech(tts, { folder: paths.speech, voice, isFixed: sentence => fixed.has(sentence) });
}

const tellProviders = () => {
  const message: ToAudio = {
    type: 'providers',
    figures: { health: [...providers.health()], ...ledger.take() },
  };
  port.postMessage(message);
};
setInterval(tellProviders, TELL_PROVIDERS_MS).unref();

const heart = new ThreadPulse(pulse);
setInterval(() => heart.beat('talk'), BEAT_EVERY_MS).unref();

// A callback that nobody waits for may throw; that must not take the other calls along.
process.on('uncaughtException', error => log.error({ fault: describeFault(error) }, 'stray fault'));
