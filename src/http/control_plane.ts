import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ChatSessions } from '../chat/chat_sessions.ts';
import type { ProviderState } from '../config/provider_access.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { AuditLog } from '../store/audit_log.ts';
import type { LegalHolds } from '../store/legal_holds.ts';
import type { Effects } from '../store/outbox.ts';
import type { Queries } from '../store/queries.ts';
import type { Deletions } from '../store/recording_deletions.ts';
import type { ToolRuns, ToolRunView } from '../store/tool_runs.ts';
import type { RoomMaker } from './browser_room.ts';
import type { EventFeed } from './event_feed.ts';
import type { LegOrders } from './leg_orders.ts';
import type { NodeView } from './node_view.ts';
import type { Readiness } from './readiness.ts';
import type { VersionDesk } from './version_desk.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What the control plane is made of. */
export interface ControlPlane {
  readonly apiKey: string;
  readonly tenantId: string;
  readonly queries: Pick<
    Queries,
    | 'listCalls'
    | 'getCall'
    | 'listQuotes'
    | 'recordingsOf'
    | 'laddersOf'
    | 'stepsOf'
    | 'qualityOf'
    | 'providerTurns'
  >;
  readonly feed: EventFeed;
  readonly node: Pick<NodeView, 'draining' | 'hasFreeSlot'>;
  readonly providers: {
    /** Those of the configuration, in its order. */
    readonly states: readonly ProviderState[];
    readonly health: () => NodeView['providers'];
  };
  /** Further legs of calls that are up. */
  readonly legs: Pick<LegOrders, 'add' | 'drop'>;
  /** Text chats with the agents that answer calls. */
  readonly chats: Pick<ChatSessions, 'start' | 'say' | 'show' | 'end'>;
  /** What tools did in calls. */
  readonly toolRuns: {
    readonly runs: Pick<ToolRuns, 'list'>;
    /** @throws TrunklineError NOT_FOUND, RUN_SETTLED, STORE_UNAVAILABLE */
    ask(tenantId: string, run: string): Promise<ToolRunView>;
  };
  /** What is told to others after calls. */
  readonly effects: Pick<Effects, 'list'>;
  /** Calls of which nothing is forgotten for now. */
  readonly holds: Pick<LegalHolds, 'set' | 'lift' | 'list'>;
  /** Who looked at what. */
  readonly audit: Pick<AuditLog, 'append' | 'list'>;
  /** Proofs of what was deleted. */
  readonly deletions: Pick<Deletions, 'list'>;
  readonly readiness: () => Promise<Readiness>;
  /** Undefined on a node without rooms. */
  readonly rooms: { readonly make: RoomMaker; readonly url: string } | undefined;
  readonly workflows: { readonly names: () => readonly string[]; readonly default: string };
  /** Who may do what with which version. */
  readonly versions: Pick<VersionDesk, keyof VersionDesk>;
  readonly recordingsDir: string;
  /** Folder of the built browser page. */
  readonly pageDir: string;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Lower in tests. */
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpLimits {
  readonly requestsPerMinute: number;
  readonly requestMs: number;
  readonly closeMs: number;
}
