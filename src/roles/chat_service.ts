import { ToolReceivers } from '../agent/tools/tool_receivers.ts';
import { describeFault } from '../calls/fault.ts';
import type { ChatFlow } from '../chat/chat_parts.ts';
import { ChatSessions } from '../chat/chat_sessions.ts';
import type { Vault } from '../compliance/vault.ts';
import type { VersionSpread } from '../http/version_spread.ts';
import { openIntegrations } from '../integrations/registry.ts';
import type { Metrics } from '../observe/metrics.ts';
import { ProviderLedger } from '../providers/provider_ledger.ts';
import { type Models, openModels } from '../providers/registry.ts';
import { openChatStore } from '../store/chats.ts';
import { openKeptStates } from '../store/kept_states.ts';
import type { Queries } from '../store/queries.ts';
import { callFlow } from '../workflow/call_flow.ts';
import type { VersionsOfCall } from '../workflow/versions/call_flows.ts';
import type { FlowShelf } from '../workflow/versions/shelf.ts';
import type { RoleContext } from './context.ts';
import { reachOf } from './versioned_flows.ts';

const DATABASE_CONNECTIONS = 4;

/** Text chats of a node; what only some of them need is opened when the first one needs it. */
export interface ChatService {
  readonly sessions: ChatSessions;
  /** The same tools, for whoever asks again. */
  readonly tools: ToolReceivers;
  close(): Promise<void>;
}

export function openChatService(
  context: RoleContext,
  parts: {
    readonly vault: Vault;
    readonly queries: Pick<Queries, 'getCall'>;
    readonly metrics: Pick<Metrics, 'providers'>;
    readonly shelf: FlowShelf;
    readonly spread: Pick<VersionSpread, 'recall'>;
  },
): ChatService {
  const { config, paths, log } = context;
  const { vault, queries, metrics, shelf, spread } = parts;
  const store = openChatStore({
    databaseUrl: config.postgres.url,
    connections: DATABASE_CONNECTIONS,
    redisUrl: config.redis.url,
    vault,
  });
  const states = openKeptStates(config.postgres.url, vault);
  const place = { folder: paths.project, env: process.env };
  const tools = new ToolReceivers(
    { ...place, reach: reachOf(config, parts.shelf) },
    ({ name }, why) => log.warn({ tool: name, why }, 'a tool is off'),
    openIntegrations(config.integrations, place),
  );
  let models: Promise<Models> | undefined;
  const sessions = new ChatSessions({
    store,
    states,
    record: queries,
    tenantId: config.tenant,
    recordingConsent: config.recording.consent,
    async loadFlow(name, chatId, versions) {
      for (const [workflow, version] of Object.entries(versions ?? {}))
        await spread.recall(workflow, version);
      return chatFlow(shelf, { name, chatId, versions }, error =>
        log.warn({ fault: describeFault(error) }, 'a chat is not handed over'),
      );
    },
    tools,
    openModel: async () => {
      models ??= openModels(config, placeOf(context, metrics)).catch(error => {
        models = undefined;
        throw error;
      });
      return (await models).llm;
    },
    after,
    log,
    nowMs: Date.now,
  });
  return {
    sessions,
    tools,
    async close() {
      await sessions.close();
      await tools.close();
      await (await models?.catch(() => undefined))?.close();
      await states.close();
      await store.close();
    },
  };
}

/** @throws TrunklineError WORKFLOW_UNKNOWN */
function chatFlow(
  shelf: FlowShelf,
  chat: { readonly name: string; readonly chatId: string; readonly versions: VersionsOfCall | undefined },
  onFault: (error: unknown) => void,
): ChatFlow {
  const flows = shelf.ofCall(chat.chatId, chat.versions);
  const flow = callFlow(flows, chat.name, { onFault, hasPhone: false });
  return { ...flow, isTried: flows.isTried(chat.name), versions: flows.versionsFrom(chat.name) };
}

function placeOf(
  { address, paths, log }: RoleContext,
  metrics: Pick<Metrics, 'providers'>,
): Parameters<typeof openModels>[1] {
  const ledger = new ProviderLedger();
  const count = () => metrics.providers.add(address, { health: [], ...ledger.take() });
  return {
    folder: paths.project,
    env: process.env,
    clock: { nowMs: () => performance.now(), after },
    observer: {
      attempt: (kind, provider, outcome, latencyMs) => {
        ledger.attempt(kind, provider, outcome, latencyMs);
        count();
        log.debug({ kind, provider, outcome, latencyMs: Math.round(latencyMs) }, 'provider asked');
      },
      switched: (kind, from, to, why) => {
        ledger.switched(kind, from, to, why);
        count();
        log.warn({ kind, from, to, why }, 'provider taken over by another');
      },
    },
    onUse: use => {
      ledger.used(use);
      count();
      log.debug({ ...use }, 'provider used');
    },
  };
}

function after(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
}
