import { ToolReceivers } from '../agent/tools/tool_receivers.ts';
import { describeFault } from '../calls/fault.ts';
import { ChatSessions } from '../chat/chat_sessions.ts';
import type { Vault } from '../compliance/vault.ts';
import { LIMITS } from '../config/limits.ts';
import type { Metrics } from '../observe/metrics.ts';
import { ProviderLedger } from '../providers/provider_ledger.ts';
import { type Models, openModels } from '../providers/registry.ts';
import { openChatStore } from '../store/chats.ts';
import type { Queries } from '../store/queries.ts';
import { loadCallFlow } from '../workflow/load.ts';
import type { Flow } from '../workflow/types.ts';
import type { RoleContext } from './context.ts';

const DATABASE_CONNECTIONS = 4;

/** Text chats of a node; what only some of them need is opened when the first one needs it. */
export interface ChatService {
  readonly sessions: ChatSessions;
  close(): Promise<void>;
}

export function openChatService(
  context: RoleContext,
  parts: {
    readonly vault: Vault;
    readonly queries: Pick<Queries, 'getCall'>;
    readonly metrics: Pick<Metrics, 'providers'>;
  },
): ChatService {
  const { config, paths, log } = context;
  const { vault, queries, metrics } = parts;
  const store = openChatStore({
    databaseUrl: config.postgres.url,
    connections: DATABASE_CONNECTIONS,
    redisUrl: config.redis.url,
    vault,
  });
  const tools = new ToolReceivers({ folder: paths.project, env: process.env }, ({ name }, why) =>
    log.warn({ tool: name, why }, 'a tool is off'),
  );
  const flows = new Map<string, Promise<Flow>>();
  let models: Promise<Models> | undefined;
  const sessions = new ChatSessions({
    store,
    record: queries,
    tenantId: config.tenant,
    loadFlow: name =>
      kept(flows, name, () =>
        loadCallFlow(
          paths.workflows,
          name,
          { recordingConsent: config.recording.consent, hasActs: true },
          error => log.warn({ fault: describeFault(error) }, 'a chat is not handed over'),
        ),
      ),
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
    async close() {
      await sessions.close();
      await tools.close();
      await (await models?.catch(() => undefined))?.close();
      await store.close();
    },
  };
}

/** What was loaded once stays; what could not be is tried again. */
async function kept(
  flows: Map<string, Promise<Flow>>,
  name: string,
  load: () => Promise<Flow>,
): Promise<Flow> {
  const known = flows.get(name);
  if (known !== undefined) return known;
  const loading = load();
  if (flows.size < LIMITS.workflowFiles) flows.set(name, loading);
  try {
    return await loading;
  } catch (error) {
    flows.delete(name);
    throw error;
  }
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
