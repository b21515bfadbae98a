import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrunklineError } from '../../src/config/errors.ts';
import { createApp } from '../../src/http/app.ts';
import type { App, ControlPlane } from '../../src/http/control_plane.ts';
import { EventFeed, type EventFeedOptions } from '../../src/http/event_feed.ts';
import type { Publications } from '../../src/http/publications.ts';
import { createLogger } from '../../src/observe/log.ts';
import { Metrics } from '../../src/observe/metrics.ts';
import type { LiveEvent } from '../../src/store/live_events.ts';
import type { Queries } from '../../src/store/queries.ts';
import type { CallDetailView, CallView, QuoteView } from '../../src/store/views.ts';

export const API_KEY = 'a-key-that-is-only-for-tests';
export const WITH_KEY = { authorization: `Bearer ${API_KEY}` };

export function callView(callId: string, more: Partial<CallView> = {}): CallView {
  return {
    callId,
    state: 'COMPLETED',
    direction: 'inbound',
    lineKind: 'room',
    from: '+15550142',
    to: '+15550100',
    sipCallId: `${callId}@pc33.example`,
    workflow: 'piano_removal',
    workflowVersion: '1',
    canary: false,
    room: `web-${callId}`,
    trunk: null,
    attributes: null,
    startedAt: '2026-03-01T10:00:00.123456Z',
    answeredAt: '2026-03-01T10:00:01.000000Z',
    endedAt: '2026-03-01T10:02:00.000000Z',
    endReason: 'remoteHangup',
    outcome: 'booked',
    durationMs: 119_000,
    framesConcealed: 0,
    framesDropped: 0,
    ...more,
  };
}

export function quoteView(quoteId: string, callId: string): QuoteView {
  return {
    quoteId,
    callId,
    madeAt: '2026-03-01T10:01:30.000000Z',
    currency: 'USD',
    lines: [
      { label: 'Upright piano', amountCents: 25_000 },
      { label: 'Distance', amountCents: 4_250 },
    ],
    totalCents: 29_250,
    distanceMiles: 8.5,
    booked: true,
  };
}

export function callDetail(callId: string, more: Partial<CallDetailView> = {}): CallDetailView {
  return {
    ...callView(callId),
    turns: [
      {
        turn: 1,
        speaker: 'agent',
        text: 'Hello.',
        startMs: 0,
        endMs: 800,
        interrupted: false,
        confidence: null,
      },
    ],
    latencies: [],
    costs: [],
    slots: [
      {
        slot: 'pianoType',
        value: 'upright',
        confirmed: true,
        sensitive: false,
        setAt: '2026-03-01T10:00:30.000000Z',
      },
    ],
    quotes: [quoteView(`${callId}-7`, callId)],
    consents: [{ kind: 'recording', granted: true, mediaMs: 4000, givenAt: '2026-03-01T10:00:05.000000Z' }],
    handOffs: [],
    recordings: [],
    deletions: [],
    isHeld: false,
    hasLadder: false,
    quality: null,
    ...more,
  };
}

export function outcomeEvent(seq: number, callId = 'call-1'): LiveEvent {
  return {
    seq,
    key: `${callId}:${seq}`,
    tenantId: 'default',
    callId,
    at: '2026-03-01T10:00:00.000Z',
    type: 'call.outcome',
    detail: { outcome: `outcome ${seq}` },
  };
}

/** A channel that the test speaks into. */
class TestPublications implements Publications {
  connected = true;
  readonly #messages: ((message: string) => void)[] = [];
  readonly #connects: (() => void)[] = [];

  onMessage(handler: (message: string) => void): void {
    this.#messages.push(handler);
  }

  onConnected(handler: () => void): void {
    this.#connects.push(handler);
  }

  publish(event: LiveEvent | string): void {
    const message = typeof event === 'string' ? event : JSON.stringify(event);
    for (const handler of this.#messages) handler(message);
  }

  reconnect(): void {
    this.connected = true;
    for (const handler of this.#connects) handler();
  }
}

type ReadQueries = ControlPlane['queries'] & Pick<Queries, 'eventsSince' | 'lastSeq'>;

const EMPTY: ReadQueries = {
  listCalls: async () => ({ rows: [], next: null }),
  getCall: async () => undefined,
  listQuotes: async () => ({ rows: [], next: null }),
  recordingsOf: async () => [],
  laddersOf: async () => [],
  stepsOf: async () => [],
  qualityOf: async () => undefined,
  providerTurns: async () => [],
  eventsSince: async () => [],
  lastSeq: async () => 0,
};

const unknownChat = async () => {
  throw new TrunklineError('NOT_FOUND', 'no chat has this id');
};
/** Nobody chats. */
const NO_CHATS: ControlPlane['chats'] = {
  start: unknownChat,
  say: unknownChat,
  show: unknownChat,
  end: unknownChat,
};

const unknownVersion = async () => {
  throw new TrunklineError('WORKFLOW_UNKNOWN', 'no version of it is kept');
};
/** No tool was ever used. */
const NO_RUNS: ControlPlane['toolRuns'] = {
  runs: { list: async () => ({ rows: [], next: null }) },
  ask: async () => {
    throw new TrunklineError('NOT_FOUND', 'no run of a tool has this id');
  },
};

const unknownCall = async () => {
  throw new TrunklineError('NOT_FOUND', 'no call has this id');
};
/** Nothing is held. */
const NO_HOLDS: ControlPlane['holds'] = {
  set: unknownCall,
  lift: unknownCall,
  list: async () => ({ rows: [], next: null }),
};

/** Nobody has versions. */
const NO_VERSIONS: ControlPlane['versions'] = {
  names: () => [],
  states: () => [],
  state: unknownVersion,
  versions: unknownVersion,
  version: unknownVersion,
  history: async () => [],
  diff: unknownVersion,
  draft: unknownVersion,
  submit: unknownVersion,
  approve: unknownVersion,
  reject: unknownVersion,
  attachGate: unknownVersion,
  deploy: unknownVersion,
  rollBack: unknownVersion,
  retire: unknownVersion,
};

export interface TestPlane {
  readonly app: App;
  readonly feed: EventFeed;
  readonly publications: TestPublications;
  readonly metrics: Metrics;
  readonly dir: string;
  end(): Promise<void>;
}

function readEvent(message: string): LiveEvent | undefined {
  try {
    const event = JSON.parse(message);
    return typeof event.at === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}

/** A control plane over what the test says is in the record; not listening yet. */
export async function startTestPlane(
  options: {
    queries?: Partial<ReadQueries>;
    plane?: Partial<ControlPlane>;
    feedLimits?: Partial<EventFeedOptions['limits']>;
  } = {},
): Promise<TestPlane> {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-http-'));
  const pageDir = join(dir, 'page');
  const recordingsDir = join(dir, 'recordings');
  mkdirSync(pageDir);
  mkdirSync(join(recordingsDir, 'default'), { recursive: true });
  writeFileSync(join(pageDir, 'index.html'), '<!doctype html><title>Trunkline</title>');
  const queries = { ...EMPTY, ...options.queries };
  const publications = new TestPublications();
  const metrics = new Metrics();
  const log = createLogger('api', 'silent');
  const feed = new EventFeed({
    tenantId: 'default',
    publications,
    read: readEvent,
    queries,
    metrics,
    log,
    limits: {
      readers: 3,
      bufferBytes: 16 << 10,
      batchRows: 10,
      heartbeatMs: 60_000,
      ...options.feedLimits,
    },
  });
  const app = await createApp({
    apiKey: API_KEY,
    tenantId: 'default',
    queries,
    feed,
    node: { draining: false, hasFreeSlot: () => true },
    providers: { states: [], health: () => new Map() },
    legs: { add: async () => {}, drop: async () => {} },
    chats: NO_CHATS,
    readiness: async () => ({ ready: true, parts: { postgres: 'up' } }),
    rooms: undefined,
    workflows: { names: () => ['piano_removal'], default: 'piano_removal' },
    versions: NO_VERSIONS,
    toolRuns: NO_RUNS,
    effects: { list: async () => ({ rows: [], next: null }) },
    holds: NO_HOLDS,
    audit: { append: async () => undefined, list: async () => [] },
    deletions: { list: async () => ({ rows: [], next: null }) },
    recordingsDir,
    pageDir,
    metrics,
    log,
    ...options.plane,
  });
  return {
    app,
    feed,
    publications,
    metrics,
    dir,
    async end() {
      await app.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
