import type { Vault } from '../compliance/vault.ts';
import { type Cursor, decodeCursor, isoTime, type Page, pageOf } from './cursor.ts';
import { openDatabase, READER } from './database.ts';
import { writeEvents } from './event_writer.ts';
import type { EventDetail } from './events.ts';
import { openField, sealEvent } from './sealing.ts';

export const RUN_OUTCOMES = ['running', 'done', 'failed', 'unknown'] as const;
type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** A run of a tool, without what it was given. */
export interface ToolRunView {
  readonly run: string;
  readonly callId: string;
  readonly workflow: string | null;
  readonly tool: string;
  readonly key: string | null;
  /** Of a call that is over, what is not known to have ended is unknown. */
  readonly outcome: RunOutcome;
  readonly why: string | null;
  readonly httpStatus: number | null;
  readonly begunAt: string;
  readonly endedAt: string | null;
  /** Its receiver can be asked again without doing it twice. */
  readonly canAskAgain: boolean;
}

/** What is sent again for a run. */
interface AskableRun extends ToolRunView {
  /** JSON of the request, but for its headers; null where it was not kept. */
  readonly request: string | null;
}

/** Runs of tools in all calls. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface ToolRuns {
  /** Newest first. @throws TrunklineError BAD_REQUEST for a cursor that no page gave */
  list(
    tenantId: string,
    page: { readonly limit: number; readonly cursor?: string | undefined },
    outcome?: RunOutcome,
  ): Promise<Page<ToolRunView>>;
  /** @throws TrunklineError SEAL_BROKEN */
  find(tenantId: string, run: string): Promise<AskableRun | undefined>;
  /** What came of asking again, at that time, becomes part of the call's record. */
  asked(tenantId: string, callId: string, detail: EventDetail<'tool.ended'>, atMs: number): Promise<void>;
  close(): Promise<void>;
}

const OUTCOME =
  "coalesce(outcome_of_run, CASE WHEN calls.ended_at IS NULL THEN 'running' ELSE 'unknown' END)";
const RUNS = `
  SELECT run, call_id AS "callId", runs.workflow, tool, key, ${OUTCOME} AS outcome, why,
         http_status AS "httpStatus", ${isoTime('begun_at')} AS "begunAt", ${isoTime('run_ended_at')} AS "endedAt",
         is_keyed AND request_sealed IS NOT NULL AND ${OUTCOME} = 'unknown' AS "canAskAgain", request_sealed AS request
  FROM (SELECT tool_runs.*, outcome AS outcome_of_run, ended_at AS run_ended_at FROM tool_runs) AS runs
  JOIN calls USING (tenant_id, call_id)
  WHERE tenant_id = $1`;

const LIST = `${RUNS} AND ($2::text IS NULL OR ${OUTCOME} = $2)
    AND ($3::timestamptz IS NULL OR (begun_at, run) < ($3, $4::text))
  ORDER BY begun_at DESC, run DESC LIMIT $5`;
const FIND = `${RUNS} AND run = $2`;

export function openToolRuns(databaseUrl: string, vault: Vault): ToolRuns {
  const database = openDatabase(databaseUrl, 2, READER);
  return {
    async list(tenantId, { limit, cursor }, outcome) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const values = [tenantId, outcome ?? null, after?.at ?? null, after?.id ?? null, limit + 1];
      const rows = await database.transaction(tenantId, tx => tx.query<AskableRun>(LIST, values));
      return pageOf(
        rows.map(withoutRequest),
        limit,
        ({ begunAt, run }): Cursor => ({ at: begunAt, id: run }),
      );
    },
    async find(tenantId, run) {
      const [row] = await database.transaction(tenantId, tx => tx.query<AskableRun>(FIND, [tenantId, run]));
      if (row === undefined || row.request === null) return row;
      const place = { tenantId, callId: row.callId, type: 'tool.begun' } as const;
      return { ...row, request: String(openField(place, 'request', row.request, vault)) };
    },
    async asked(tenantId, callId, detail, atMs) {
      const key = `${callId}:asked:${detail.run}:${atMs}`;
      const at = new Date(atMs).toISOString();
      const event = sealEvent({ key, tenantId, callId, at, type: 'tool.ended', detail }, vault);
      await writeEvents(database, tenantId, [event]);
    },
    close: () => database.close(),
  };
}

function withoutRequest({ request: _request, ...view }: AskableRun): ToolRunView {
  return view;
}
