import { type Cursor, decodeCursor, isoTime, type Page, pageOf } from './cursor.ts';
import { openDatabase, READER, type Transaction } from './database.ts';
import { addEvents, lockTenant } from './event_writer.ts';
import { isCallHeld, isHeld, lockCall } from './holding.ts';

/** What is known of a call of which there is a file. */
export interface CallStanding {
  readonly callId: string;
  readonly workflow: string | null;
  readonly startedAt: Date;
  /** Null while it goes on, or where its end was lost. */
  readonly endedAt: Date | null;
  readonly isHeld: boolean;
}

/** A file that is to be deleted. */
interface WantedDeletion {
  readonly callId: string;
  /** Below the recordings folder, and of the recording that it is, or is a piece of. */
  readonly file: string;
  readonly recording: string;
  readonly sha256: string;
  readonly bytes: number;
  /** What of the configuration says so, how many days it says, and since when these count. */
  readonly rule: string;
  readonly days: number;
  readonly keptSince: Date;
  /** The run that wants it. */
  readonly runAt: Date;
}

/** What a run came to. */
interface RetentionRun {
  readonly at: Date;
  /** Files that are old enough, and of calls that are held. */
  readonly held: number;
  readonly failed: number;
  /** More were to be deleted than one run may. */
  readonly isLimited: boolean;
}

/** The proof that a file was deleted. */
export interface DeletionView {
  readonly deletion: string;
  readonly callId: string;
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly rule: string;
  readonly days: number;
  readonly keptSince: string;
  readonly deletedAt: string;
}

/** How recordings are deleted. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface RecordingDeletions {
  /** When the last run was; undefined before the first. */
  lastRun(tenantId: string): Promise<Date | undefined>;
  /** Of those calls that are on the record. */
  standing(tenantId: string, callIds: readonly string[]): Promise<ReadonlyMap<string, CallStanding>>;
  /** Files that this run has deleted so far, whoever began it. */
  deletedBy(tenantId: string, runAt: Date): Promise<number>;
  /**
   * Writes down that the file is to be deleted and what it is, deletes it while nobody can hold its call, and makes the row its proof.
   * Broken off anywhere it is done again; where the file was gone already, `settle` completes the proof.
   * @returns false where the call came to be held meanwhile @throws what `deleteFile` throws
   */
  delete(tenantId: string, wanted: WantedDeletion, deleteFile: () => Promise<void>): Promise<boolean>;
  /** Files that were to be deleted and whose proof is not complete, in the order of their names behind one. */
  unsettled(
    tenantId: string,
    after: string,
    limit: number,
  ): Promise<Pick<WantedDeletion, 'callId' | 'file'>[]>;
  /** The file is gone: completes its proof. */
  settle(tenantId: string, wanted: Pick<WantedDeletion, 'callId' | 'file' | 'recording'>): Promise<void>;
  finish(tenantId: string, run: RetentionRun): Promise<void>;
  close(): Promise<void>;
}

/** What is shown of deletions. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away. */
export interface Deletions {
  /** Newest first. @throws TrunklineError BAD_REQUEST for a cursor that no page gave */
  list(
    tenantId: string,
    page: { readonly limit: number; readonly cursor?: string | undefined },
    callId?: string,
  ): Promise<Page<DeletionView>>;
  /** Files deleted in all; of the last run: files that were held, those that failed. Zeros before the first. */
  figures(
    tenantId: string,
  ): Promise<{ readonly deleted: number; readonly held: number; readonly failed: number }>;
  close(): Promise<void>;
}

const LAST_RUN = 'SELECT at FROM retention_runs WHERE tenant_id = $1';

const STANDING = `
  SELECT call_id AS "callId", workflow, started_at AS "startedAt", ended_at AS "endedAt", ${isHeld('calls')} AS "isHeld"
  FROM calls WHERE tenant_id = $1 AND call_id = ANY ($2)`;

const DELETED_BY = `
  SELECT count(*)::integer AS files FROM recording_deletions
  WHERE tenant_id = $1 AND run_at = $2 AND deleted_at IS NOT NULL`;

/** What was written down before may have been another file of this name. */
const WANT = `
  INSERT INTO recording_deletions (tenant_id, call_id, file, sha256, bytes, rule, days, kept_since, run_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (tenant_id, file) WHERE deleted_at IS NULL DO UPDATE SET
    sha256 = EXCLUDED.sha256, bytes = EXCLUDED.bytes, rule = EXCLUDED.rule, days = EXCLUDED.days,
    kept_since = EXCLUDED.kept_since, run_at = EXCLUDED.run_at, wanted_at = now()`;

const UNSETTLED = `
  SELECT call_id AS "callId", file FROM recording_deletions
  WHERE tenant_id = $1 AND deleted_at IS NULL AND file > $2 ORDER BY file LIMIT $3`;

const SETTLE = `
  UPDATE recording_deletions SET deleted_at = now()
  WHERE tenant_id = $1 AND file = $2 AND deleted_at IS NULL
  RETURNING deletion_id AS deletion, sha256, bytes::float8 AS bytes, rule, days`;

const MARK = `
  UPDATE recordings SET deleted_at = coalesce(deleted_at, now())
  WHERE tenant_id = $1 AND call_id = $2 AND file = $3`;

/** The first run has no row yet. */
const COUNT = `
  INSERT INTO retention_runs (tenant_id, at, deleted)
  SELECT tenant_id, run_at, 1 FROM recording_deletions WHERE tenant_id = $1 AND deletion_id = $2
  ON CONFLICT (tenant_id) DO UPDATE SET deleted = retention_runs.deleted + 1`;

const FINISH = `
  INSERT INTO retention_runs (tenant_id, at, held, failed, is_limited) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (tenant_id) DO UPDATE SET
    at = EXCLUDED.at, held = EXCLUDED.held, failed = EXCLUDED.failed, is_limited = EXCLUDED.is_limited`;

const PROOFS = `
  SELECT deletion_id AS deletion, call_id AS "callId", file, sha256, bytes::float8 AS bytes, rule, days,
         ${isoTime('kept_since')} AS "keptSince", ${isoTime('deleted_at')} AS "deletedAt"
  FROM recording_deletions WHERE tenant_id = $1 AND deleted_at IS NOT NULL`;
export const DELETIONS_OF_CALL = `${PROOFS} AND call_id = $2 ORDER BY deleted_at, file`;
const LIST = `${PROOFS} AND ($2::text IS NULL OR call_id = $2)
    AND ($3::timestamptz IS NULL OR (deleted_at, deletion_id::text) < ($3, $4::text))
  ORDER BY deleted_at DESC, deletion_id::text DESC LIMIT $5`;

const FIGURES = `
  SELECT deleted::float8 AS deleted, held::float8 AS held, failed::float8 AS failed
  FROM retention_runs WHERE tenant_id = $1`;

/** Connects at the first use. */
export function openRecordingDeletions(databaseUrl: string): RecordingDeletions {
  const database = openDatabase(databaseUrl, 1);
  return {
    async lastRun(tenantId) {
      const [row] = await database.transaction(tenantId, tx => tx.query<{ at: Date }>(LAST_RUN, [tenantId]));
      return row?.at;
    },
    async standing(tenantId, callIds) {
      const rows = await database.transaction(tenantId, tx =>
        tx.query<CallStanding>(STANDING, [tenantId, callIds]),
      );
      return new Map(rows.map(row => [row.callId, row]));
    },
    async deletedBy(tenantId, runAt) {
      const [row] = await database.transaction(tenantId, tx =>
        tx.query<{ files: number }>(DELETED_BY, [tenantId, runAt]),
      );
      return row?.files ?? 0;
    },
    async delete(tenantId, wanted, deleteFile) {
      const { callId, file, sha256, bytes, rule, days, keptSince, runAt } = wanted;
      await database.transaction(tenantId, async tx => {
        // The tenant's row is there from its first event on, and not for a file alone.
        await lockTenant(tx, tenantId);
        await tx.query(WANT, [tenantId, callId, file, sha256, bytes, rule, days, keptSince, runAt]);
      });
      return database.transaction(tenantId, async tx => {
        await lockCall(tx, tenantId, callId);
        if (await isCallHeld(tx, tenantId, callId)) return false;
        await deleteFile();
        await settle(tx, tenantId, wanted);
        return true;
      });
    },
    unsettled: (tenantId, after, limit) =>
      database.transaction(tenantId, tx => tx.query(UNSETTLED, [tenantId, after, limit])),
    settle: (tenantId, wanted) =>
      database.transaction(tenantId, async tx => {
        await lockCall(tx, tenantId, wanted.callId);
        await settle(tx, tenantId, wanted);
      }),
    async finish(tenantId, { at, held, failed, isLimited }) {
      await database.transaction(tenantId, async tx => {
        await lockTenant(tx, tenantId);
        await tx.query(FINISH, [tenantId, at, held, failed, isLimited]);
      });
    },
    close: () => database.close(),
  };
}

/** Connects at the first use. */
export function openDeletions(databaseUrl: string): Deletions {
  const database = openDatabase(databaseUrl, 2, READER);
  return {
    async list(tenantId, { limit, cursor }, callId) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const values = [tenantId, callId ?? null, after?.at ?? null, after?.id ?? null, limit + 1];
      const rows = await database.transaction(tenantId, tx => tx.query<DeletionView>(LIST, values));
      return pageOf(rows, limit, ({ deletedAt, deletion }): Cursor => ({ at: deletedAt, id: deletion }));
    },
    async figures(tenantId) {
      const [row] = await database.transaction(tenantId, tx =>
        tx.query<{ deleted: number; held: number; failed: number }>(FIGURES, [tenantId]),
      );
      return row ?? { deleted: 0, held: 0, failed: 0 };
    },
    close: () => database.close(),
  };
}

interface Settled {
  readonly deletion: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly rule: string;
  readonly days: number;
}

/** The row becomes the proof, and the call's record tells of it; a file without a call has no record. */
async function settle(
  tx: Transaction,
  tenantId: string,
  { callId, file, recording }: Pick<WantedDeletion, 'callId' | 'file' | 'recording'>,
): Promise<void> {
  await lockTenant(tx, tenantId);
  const [settled] = await tx.query<Settled>(SETTLE, [tenantId, file]);
  if (settled === undefined) return;
  const { deletion, ...what } = settled;
  await tx.query(MARK, [tenantId, callId, recording]);
  await tx.query(COUNT, [tenantId, deletion]);
  const calls = await tx.query(STANDING, [tenantId, [callId]]);
  if (calls.length === 0) return;
  const event = {
    key: `${callId}:deleted:${deletion}`,
    tenantId,
    callId,
    at: new Date().toISOString(),
    type: 'recording.deleted',
    detail: { file, ...what },
    indexes: {},
  } as const;
  await addEvents(tx, tenantId, [event]);
}
