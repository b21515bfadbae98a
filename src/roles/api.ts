import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPage } from '../../web/build.ts';
import { openVault, type Vault } from '../compliance/vault.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { accessProviders, providerStates } from '../config/provider_access.ts';
import { createApp } from '../http/app.ts';
import { createRoomMaker } from '../http/browser_room.ts';
import type { ControlPlane } from '../http/control_plane.ts';
import { EventFeed } from '../http/event_feed.ts';
import { LegOrders } from '../http/leg_orders.ts';
import { NodeView } from '../http/node_view.ts';
import { type RedisPublications, subscribe } from '../http/publications.ts';
import { createReadiness, type Readiness } from '../http/readiness.ts';
import { showDeletions } from '../http/shown_deletions.ts';
import { Reconciliation } from '../jobs/reconciliation.ts';
import { folderBytes } from '../observe/folder_bytes.ts';
import { Metrics } from '../observe/metrics.ts';
import { type AuditLog, openAuditLog } from '../store/audit_log.ts';
import { type LegalHolds, openLegalHolds } from '../store/legal_holds.ts';
import { eventsChannel, readLiveEvent } from '../store/live_events.ts';
import { type Effects, openEffects } from '../store/outbox.ts';
import { openQueries, type Queries } from '../store/queries.ts';
import { type Deletions, openDeletions } from '../store/recording_deletions.ts';
import { openToolRuns, type ToolRuns } from '../store/tool_runs.ts';
import { type ChatService, openChatService } from './chat_service.ts';
import type { Role, RoleContext } from './context.ts';
import { openVersions, type VersionService } from './version_service.ts';
import { toolsIn } from './versioned_flows.ts';

const DATABASE_CONNECTIONS = 8;

/**
 * The control plane: REST, the event stream and the browser page.
 * @throws TrunklineError KEY_INVALID, PORT_BUSY
 */
export async function run(context: RoleContext): Promise<Role> {
  const { config, paths, link, log } = context;
  const metrics = new Metrics();
  metrics.gaugeOnDemand('spool_bytes', 'Events on disk that the database does not have yet, at most.', () =>
    folderBytes(paths.spool),
  );
  // Before anything is waited for: the hub tells at once who is ready.
  const node = new NodeView(link, metrics);
  const legs = new LegOrders(link);
  const apiKey = readApiKey(join(paths.keys, 'api.key'));
  const vault = openVault(config.sealKeyFile);
  const pageDir = join(paths.run, 'page');
  await buildPage(pageDir);
  const queries = openQueries({
    databaseUrl: config.postgres.url,
    connections: DATABASE_CONNECTIONS,
    vault,
  });
  const publications = subscribe(config.redis.url, eventsChannel(config.tenant));
  const versions = await openVersions(context);
  const runs = openToolRuns(config.postgres.url, vault);
  const effects = openEffects(config.postgres.url);
  const holds = openLegalHolds(config.postgres.url, vault);
  const deletions = openDeletions(config.postgres.url);
  const audit = openAuditLog(config.postgres.url);
  showDeletions(metrics, () => deletions.figures(config.tenant));
  const chats = openChatService(context, { vault, queries, metrics, ...versions });
  const app = await createApp(
    planeOf(context, {
      metrics,
      node,
      legs,
      apiKey,
      vault,
      pageDir,
      queries,
      publications,
      chats,
      versions,
      runs,
      effects,
      holds,
      deletions,
      audit,
    }),
  );
  const stop = async (): Promise<void> => {
    await app.close();
    await chats.close();
    await runs.close();
    await effects.close();
    await holds.close();
    await deletions.close();
    await audit.close();
    await versions.close();
    publications.close();
    await queries.close();
  };
  try {
    const url = await listen(app, config.http);
    log.info({ url }, 'control plane listens');
    link.send('supervisor', { type: 'ready', detail: url });
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Parts {
  readonly metrics: Metrics;
  readonly node: NodeView;
  readonly legs: LegOrders;
  readonly apiKey: string;
  readonly vault: Vault;
  readonly pageDir: string;
  readonly queries: Queries;
  readonly publications: RedisPublications;
  readonly chats: ChatService;
  readonly versions: VersionService;
  readonly runs: ToolRuns;
  readonly effects: Effects;
  readonly holds: LegalHolds;
  readonly deletions: Deletions;
  readonly audit: AuditLog;
}

function planeOf({ config, paths, log }: RoleContext, parts: Parts): ControlPlane {
  const { tenant, livekit, workflows, jobs } = config;
  const { metrics, node, legs, queries, publications, vault, apiKey, pageDir, chats, versions, runs } = parts;
  const feed = new EventFeed({
    tenantId: tenant,
    publications,
    read: message => readLiveEvent(message, vault),
    queries,
    metrics,
    log,
    limits: {
      readers: LIMITS.httpEventReaders,
      bufferBytes: LIMITS.httpEventBufferBytes,
      batchRows: LIMITS.httpEventBatchRows,
      heartbeatMs: LIMITS.httpEventHeartbeatMs,
    },
  });
  return {
    apiKey,
    tenantId: tenant,
    queries,
    feed,
    node,
    legs,
    chats: chats.sessions,
    toolRuns: new Reconciliation({
      runs,
      tools: chats.tools,
      toolOf: toolsIn(versions.shelf),
      nowMs: Date.now,
    }),
    providers: {
      states: providerStates(accessProviders(config.providers, { folder: paths.project, env: process.env })),
      health: () => node.providers,
    },
    effects: parts.effects,
    holds: parts.holds,
    deletions: parts.deletions,
    audit: parts.audit,
    readiness: readinessOf(queries, publications, node, jobs.enabled),
    rooms: livekit.enabled ? { make: createRoomMaker(livekit), url: livekit.url } : undefined,
    workflows: { names: () => versions.desk.names(), default: workflows.default },
    versions: versions.desk,
    recordingsDir: paths.recordings,
    pageDir,
    metrics,
    log,
  };
}

/** The key is made by the supervisor at the first start. */
function readApiKey(file: string): string {
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (key !== '') return key;
  } catch (cause) {
    throw new TrunklineError('KEY_INVALID', `${file} can't be read`, { cause });
  }
  throw new TrunklineError('KEY_INVALID', `${file} is empty`);
}

async function listen(
  app: { listen(options: { host: string; port: number }): Promise<string> },
  { host, port }: { host: string; port: number },
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new TrunklineError('PORT_BUSY', `http.port ${port} on ${host}`, { cause });
  }
}

function readinessOf(
  queries: Queries,
  publications: RedisPublications,
  node: NodeView,
  hasJobs: boolean,
): () => Promise<Readiness> {
  const assertReady = (role: 'edge' | 'media' | 'jobs') => () => {
    if (!node.isReady(role)) throw new TrunklineError('LINE_FAILED', `${role} is not ready`);
  };
  return createReadiness(
    {
      postgres: () => queries.check(),
      redis: () => publications.ping(),
      edge: assertReady('edge'),
      media: assertReady('media'),
      ...(hasJobs && { jobs: assertReady('jobs') }),
    },
    LIMITS.readinessMs,
  );
}
