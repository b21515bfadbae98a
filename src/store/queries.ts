import { z } from 'zod';
import type { Vault } from '../compliance/vault.ts';
import { LIMITS } from '../config/limits.ts';
import { type Cursor, decodeCursor, type Page, pageOf } from './cursor.ts';
import { type Database, openDatabase, READER, type Transaction } from './database.ts';
import { type StepsPage, type StepView, stepsOf } from './history_rows.ts';
import { isCallHeld } from './holding.ts';
import type { LiveEvent } from './live_events.ts';
import { costsOf, latenciesOf, providerTurns } from './provider_rows.ts';
import { type QualityRange, qualityOf, qualitySummary } from './quality_rows.ts';
import { DELETIONS_OF_CALL, type DeletionView } from './recording_deletions.ts';
import { openEvent, openField, type SealedEvent } from './sealing.ts';
import type {
  CallDetailView,
  CallState,
  CallView,
  ConsentView,
  HandOffView,
  ProviderTurnsView,
  QualityView,
  QuoteView,
  RecordingView,
  SlotValueView,
  TurnView,
} from './views.ts';

interface PageRequest {
  /** Rows, at least 1. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

interface CallFilter {
  readonly state?: CallState | undefined;
  /** Caller's number, however written. */
  readonly from?: string | undefined;
  /** Call-ID of the SIP dialog, exactly. */
  readonly sipCallId?: string | undefined;
}

/**
 * What may be read. Every method sees one tenant's rows and throws TrunklineError STORE_UNAVAILABLE when the database
 * is away or stands still, after LIMITS.storeReadMs at the latest, SEAL_BROKEN when a row does not open, BAD_REQUEST for
 * a cursor that is none.
 */
export interface Queries {
  /** Newest first; calls that begin meanwhile don't shift the pages. */
  listCalls(tenantId: string, page: PageRequest, filter?: CallFilter): Promise<Page<CallView>>;
  /** Undefined when the tenant has no such call. */
  getCall(tenantId: string, callId: string): Promise<CallDetailView | undefined>;
  /** Newest first. */
  listQuotes(tenantId: string, page: PageRequest): Promise<Page<QuoteView>>;
  /** Oldest first, after the number given. */
  eventsSince(tenantId: string, seq: number, limit: number): Promise<LiveEvent[]>;
  /** Number of the tenant's latest event; 0 when there is none. */
  lastSeq(tenantId: string): Promise<number>;
  /** A call's recordings in the order of their beginning. */
  recordingsOf(tenantId: string, callId: string): Promise<RecordingView[]>;
  /** The parts of a call's ladder as they were packed; none for a call without. */
  laddersOf(tenantId: string, callId: string): Promise<string[]>;
  /** The steps of a call's workflow in their order, from the `from`th one on. */
  stepsOf(tenantId: string, callId: string, page: StepsPage): Promise<StepView[]>;
  /** Measured seconds of a call; undefined when the tenant has no such call. */
  qualityOf(tenantId: string, callId: string, range: QualityRange): Promise<QualityView | undefined>;
  /** How each provider did in the turns of calls that began since then (ISO 8601). */
  providerTurns(tenantId: string, since: string): Promise<ProviderTurnsView[]>;
  /** @throws TrunklineError STORE_UNAVAILABLE, or CONFIG_INVALID for a role that sees every tenant */
  check(): Promise<void>;
  close(): Promise<void>;
}

export function openQueries(options: {
  readonly databaseUrl: string;
  readonly connections: number;
  readonly vault: Vault;
}): Queries {
  const database = openDatabase(options.databaseUrl, options.connections, READER);
  const { vault } = options;
  return {
    listCalls: (tenantId, page, filter = {}) => listCalls(database, vault, tenantId, page, filter),
    getCall: (tenantId, callId) => database.transaction(tenantId, tx => getCall(tx, vault, tenantId, callId)),
    listQuotes: (tenantId, page) => listQuotes(database, tenantId, page),
    eventsSince: (tenantId, seq, limit) =>
      database.transaction(tenantId, tx => eventsSince(tx, vault, tenantId, seq, limit)),
    lastSeq: async tenantId => {
      const sql = 'SELECT last_seq::float8 AS seq FROM tenants WHERE tenant_id = $1';
      const [row] = await database.transaction(tenantId, tx => tx.query<{ seq: number }>(sql, [tenantId]));
      return row?.seq ?? 0;
    },
    recordingsOf: (tenantId, callId) =>
      database.transaction(tenantId, tx => tx.query<RecordingView>(RECORDINGS, [tenantId, callId])),
    laddersOf: (tenantId, callId) =>
      database.transaction(tenantId, tx => laddersOf(tx, vault, tenantId, callId)),
    stepsOf: (tenantId, callId, page) =>
      database.transaction(tenantId, tx => stepsOf(tx, vault, { tenantId, callId }, page)),
    qualityOf: (tenantId, callId, range) =>
      database.transaction(tenantId, tx => qualityOf(tx, tenantId, callId, range)),
    providerTurns: (tenantId, since) =>
      database.transaction(tenantId, tx => providerTurns(tx, tenantId, since)),
    check: () => database.check(),
    close: () => database.close(),
  };
}

/** A timestamp as `Date.toISOString` writes it; events are stamped no finer. */
function iso(column: string, name: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "${name}"`;
}

/** A call as its row has it. */
interface CallRow extends Omit<CallView, 'attributes'> {
  readonly attributes: string | null;
}

const attributesSchema = z.record(z.string(), z.string());

const CALL_COLUMNS = `
  call_id AS "callId", state, direction, line_kind AS "lineKind", from_sealed AS "from", to_sealed AS "to",
  sip_call_id_sealed AS "sipCallId", workflow, workflow_version AS "workflowVersion", canary, room,
  trunk, attributes_sealed AS attributes, ${iso('started_at', 'startedAt')},
  ${iso('answered_at', 'answeredAt')}, ${iso('ended_at', 'endedAt')}, end_reason AS "endReason", outcome,
  duration_ms AS "durationMs", frames_concealed AS "framesConcealed", frames_dropped AS "framesDropped"`;

const LIST_CALLS = `
  SELECT ${CALL_COLUMNS} FROM calls
  WHERE tenant_id = $1
    AND ($2::text IS NULL OR state = $2)
    AND ($3::text IS NULL OR from_index = $3)
    AND ($4::text IS NULL OR sip_call_id_index = $4)
    AND ($5::timestamptz IS NULL OR (started_at, call_id::text) < ($5, $6::text))
  ORDER BY started_at DESC, call_id DESC
  LIMIT $7`;

const TURNS = `
  SELECT turn, speaker, text_sealed AS text, start_ms AS "startMs", end_ms AS "endMs", interrupted, confidence
  FROM turns WHERE tenant_id = $1 AND call_id = $2 ORDER BY start_ms, turn, speaker`;

const SLOTS = `
  SELECT slot, value, value_sealed AS "sealedValue", confirmed, ${iso('set_at', 'setAt')}
  FROM slots WHERE tenant_id = $1 AND call_id = $2 ORDER BY set_at, slot`;

const QUOTE_COLUMNS = `
  quote_id AS "quoteId", call_id AS "callId", ${iso('made_at', 'madeAt')}, currency, lines,
  total_cents::float8 AS "totalCents", distance_miles AS "distanceMiles", booked`;

const QUOTES_OF_CALL = `
  SELECT ${QUOTE_COLUMNS} FROM quotes WHERE tenant_id = $1 AND call_id = $2 ORDER BY made_at, quote_id`;

const LIST_QUOTES = `
  SELECT ${QUOTE_COLUMNS} FROM quotes
  WHERE tenant_id = $1 AND ($2::timestamptz IS NULL OR (made_at, quote_id) < ($2, $3::text))
  ORDER BY made_at DESC, quote_id DESC
  LIMIT $4`;

const CONSENTS = `
  SELECT kind, granted, given_ms AS "mediaMs", ${iso('given_at', 'givenAt')}
  FROM consents WHERE tenant_id = $1 AND call_id = $2 ORDER BY given_at, consent_id`;

const RECORDINGS = `
  SELECT file, start_ms AS "startMs", rate_hz AS "rateHz", duration_ms AS "durationMs", bytes::float8 AS bytes,
         ${iso('deleted_at', 'deletedAt')}
  FROM recordings WHERE tenant_id = $1 AND call_id = $2 ORDER BY start_ms, file`;

/** Few, and never searched for. */
const HAND_OFFS = `
  SELECT detail ->> 'from' AS "from", detail ->> 'to' AS "to", detail ->> 'version' AS version,
         (detail ->> 'mediaMs')::double precision AS "mediaMs"
  FROM events WHERE tenant_id = $1 AND call_id = $2 AND type = 'call.handedOver' ORDER BY seq`;

/** Ladders are never searched: the events themselves are record enough. */
const OF_LADDER = "FROM events WHERE tenant_id = $1 AND call_id = $2 AND type = 'call.ladder'";
const LADDERS = `SELECT detail ->> 'part' AS part ${OF_LADDER} ORDER BY seq LIMIT $3`;
const HAS_LADDER = `SELECT EXISTS (SELECT ${OF_LADDER}) AS "isThere"`;

const EVENTS_SINCE = `
  SELECT seq::float8 AS seq, key, tenant_id AS "tenantId", call_id AS "callId", ${iso('at', 'at')}, type, detail,
         indexes
  FROM events WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`;

async function listCalls(
  database: Database,
  vault: Vault,
  tenantId: string,
  { limit, cursor }: PageRequest,
  { state, from, sipCallId }: CallFilter,
): Promise<Page<CallView>> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const indexOf = (value: string | undefined, kind: 'number' | 'id') =>
    value === undefined ? null : vault.blindIndex(value, { tenantId, kind });
  const values = [
    tenantId,
    state ?? null,
    indexOf(from, 'number'),
    indexOf(sipCallId, 'id'),
    after?.at ?? null,
    after?.id ?? null,
    limit + 1,
  ];
  const rows = await database.transaction(tenantId, tx => tx.query<CallRow>(LIST_CALLS, values));
  const opened = rows.map(row => openCall(row, tenantId, vault));
  return pageOf(opened, limit, ({ startedAt, callId }): Cursor => ({ at: startedAt, id: callId }));
}

function openCall(row: CallRow, tenantId: string, vault: Vault): CallView {
  const place = { tenantId, callId: row.callId, type: 'call.started' } as const;
  const opened = (field: 'from' | 'to' | 'sipCallId') =>
    row[field] === null ? null : String(openField(place, field, row[field], vault));
  const { attributes: sealed } = row;
  const attributes =
    sealed === null ? null : attributesSchema.parse(openField(place, 'attributes', sealed, vault));
  return { ...row, from: opened('from'), to: opened('to'), sipCallId: opened('sipCallId'), attributes };
}

async function getCall(
  tx: Transaction,
  vault: Vault,
  tenantId: string,
  callId: string,
): Promise<CallDetailView | undefined> {
  const key = [tenantId, callId];
  const [call] = await tx.query<CallRow>(
    `SELECT ${CALL_COLUMNS} FROM calls WHERE tenant_id = $1 AND call_id = $2`,
    key,
  );
  if (call === undefined) return undefined;
  const turns = await tx.query<TurnView>(TURNS, key);
  const slots = await tx.query<SlotRow>(SLOTS, key);
  const [ladder] = await tx.query<{ isThere: boolean }>(HAS_LADDER, key);
  return {
    ...openCall(call, tenantId, vault),
    turns: turns.map(turn => openTurn(turn, tenantId, callId, vault)),
    latencies: await latenciesOf(tx, tenantId, callId),
    costs: await costsOf(tx, tenantId, callId),
    slots: slots.map(slot => openSlot(slot, tenantId, callId, vault)),
    quotes: await tx.query<QuoteView>(QUOTES_OF_CALL, key),
    consents: await tx.query<ConsentView>(CONSENTS, key),
    recordings: await tx.query<RecordingView>(RECORDINGS, key),
    deletions: await tx.query<DeletionView>(DELETIONS_OF_CALL, key),
    isHeld: await isCallHeld(tx, tenantId, callId),
    handOffs: await tx.query<HandOffView>(HAND_OFFS, key),
    hasLadder: ladder?.isThere ?? false,
    quality: await qualitySummary(tx, tenantId, callId),
  };
}

function openTurn(turn: TurnView, tenantId: string, callId: string, vault: Vault): TurnView {
  const place = { tenantId, callId, type: `turn.${turn.speaker}` } as const;
  return { ...turn, text: String(openField(place, 'text', turn.text, vault)) };
}

type SlotRow = Omit<SlotValueView, 'sensitive'> & { readonly sealedValue: string | null };

function openSlot(
  { sealedValue, ...slot }: SlotRow,
  tenantId: string,
  callId: string,
  vault: Vault,
): SlotValueView {
  if (sealedValue === null) return { ...slot, sensitive: false };
  const place = { tenantId, callId, type: 'slot.set' } as const;
  return {
    ...slot,
    value: openField(place, 'value', sealedValue, vault) as SlotValueView['value'],
    sensitive: true,
  };
}

async function listQuotes(
  database: Database,
  tenantId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<QuoteView>> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const values = [tenantId, after?.at ?? null, after?.id ?? null, limit + 1];
  const rows = await database.transaction(tenantId, tx => tx.query<QuoteView>(LIST_QUOTES, values));
  return pageOf(rows, limit, ({ madeAt, quoteId }): Cursor => ({ at: madeAt, id: quoteId }));
}

async function eventsSince(
  tx: Transaction,
  vault: Vault,
  tenantId: string,
  seq: number,
  limit: number,
): Promise<LiveEvent[]> {
  const rows = await tx.query<SealedEvent & { seq: number }>(EVENTS_SINCE, [tenantId, seq, limit]);
  return rows.map(row => Object.assign(openEvent(row, vault), { seq: row.seq }));
}

async function laddersOf(tx: Transaction, vault: Vault, tenantId: string, callId: string): Promise<string[]> {
  const rows = await tx.query<{ part: string }>(LADDERS, [tenantId, callId, LIMITS.ladderParts]);
  const place = { tenantId, callId, type: 'call.ladder' } as const;
  return rows.map(({ part }) => String(openField(place, 'part', part, vault)));
}
