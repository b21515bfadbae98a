import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type {
  VersionAction,
  VersionChange,
  VersionFacts,
  VersionState,
} from '../workflow/versions/lifecycle.ts';
import { CHATTER, openDatabase, type Transaction } from './database.ts';
import { lockTenant } from './event_writer.ts';

/** Text by path below the workflows folder. */
type VersionFiles = Readonly<Record<string, string>>;

interface NewVersion {
  readonly files: VersionFiles;
  readonly sha256: string;
  /** Null where the text was not loaded, or can't be. */
  readonly flowVersion: string | null;
  readonly author: string;
  readonly note: string;
}

export interface StoredVersion extends VersionFacts {
  readonly note: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface WholeVersion extends StoredVersion {
  readonly files: VersionFiles;
  /** What a gate found; null without one. */
  readonly gate: unknown;
}

export interface HistoryRow {
  readonly seq: number;
  readonly version: number;
  readonly action: VersionAction;
  readonly from: VersionState | null;
  readonly to: VersionState;
  readonly percent: number | null;
  readonly who: string;
  readonly note: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A version that new calls begin with. */
export interface VersionInForce extends VersionFacts {
  readonly workflow: string;
  readonly files: VersionFiles;
}

/** What a change is decided by, and what it comes to; none at all for nothing. */
type Decide = (all: readonly VersionFacts[]) => readonly VersionChange[];

/**
 * Versions of workflows and who did what with them. Changes of one tenant come one after the other, each whole or not at
 * all. Every method throws TrunklineError STORE_UNAVAILABLE when the database is away or stands still.
 */
export interface WorkflowStore {
  /** @throws TrunklineError VERSION_CONFLICT where the same text is a version already that is not retired, TOO_MANY */
  add(tenantId: string, workflow: string, version: NewVersion): Promise<StoredVersion>;
  /** What is decided is done before anybody else decides. @throws what `decide` throws: then nothing has happened */
  change(tenantId: string, workflow: string, decide: Decide): Promise<readonly VersionFacts[]>;
  /** All of a workflow, newest first; none where nobody knows it. */
  list(tenantId: string, workflow: string): Promise<readonly StoredVersion[]>;
  /** Undefined where there is none. */
  find(tenantId: string, workflow: string, version: number): Promise<WholeVersion | undefined>;
  /** By what a call has on record. */
  findFlow(tenantId: string, workflow: string, flowVersion: string): Promise<VersionFiles | undefined>;
  /** Newest first, of one version or of all. */
  history(tenantId: string, workflow: string, page: HistoryPage): Promise<readonly HistoryRow[]>;
  /** Those that are live or tried, with the number of the last change that they are of. */
  inForce(tenantId: string): Promise<{ readonly seq: number; readonly versions: readonly VersionInForce[] }>;
  /** Number of the tenant's last change; 0 before the first. */
  lastChange(tenantId: string): Promise<number>;
  close(): Promise<void>;
}

export interface HistoryPage {
  readonly version?: number | undefined;
  /** Only rows before that `seq`. */
  readonly before?: number | undefined;
  readonly limit: number;
}

const FACTS = `
  version, state, author, sha256, flow_version AS "flowVersion", canary_percent AS "canaryPercent", replaced,
  deployed_by AS "deployedBy", gate_passed AS "gatePassed"`;
const STORED = `${FACTS}, note, created_at AS "createdAt"`;
const OF_WORKFLOW = 'FROM workflow_versions WHERE tenant_id = $1 AND workflow = $2';

const ADD = `
  INSERT INTO workflow_versions (tenant_id, workflow, version, files, sha256, flow_version, author, note, state)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'draft') RETURNING ${STORED}`;

const CHANGE = `
  UPDATE workflow_versions SET
    state = $4, canary_percent = $5, replaced = $6, deployed_by = $7, flow_version = coalesce($8, flow_version),
    gate = coalesce($9, gate), gate_passed = coalesce($10, gate_passed)
  WHERE tenant_id = $1 AND workflow = $2 AND version = $3`;

const TELL = `
  INSERT INTO workflow_history (tenant_id, seq, workflow, version, action, from_state, to_state, percent, who, note)
  SELECT $1::text, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9
  FROM workflow_history WHERE tenant_id = $1::text`;

const HISTORY = `
  SELECT seq::float8 AS seq, version, action, from_state AS "from", to_state AS "to", percent, who, note, at
  FROM workflow_history
  WHERE tenant_id = $1 AND workflow = $2 AND ($3::integer IS NULL OR version = $3) AND ($4::bigint IS NULL OR seq < $4)
  ORDER BY seq DESC LIMIT $5`;

const IN_FORCE = `
  SELECT workflow, files, ${FACTS} FROM workflow_versions
  WHERE tenant_id = $1 AND (state = 'live' OR canary_percent IS NOT NULL) ORDER BY workflow, version`;

const LAST = 'SELECT coalesce(max(seq), 0)::float8 AS seq FROM workflow_history WHERE tenant_id = $1';

/** A row's times are read as dates. */
type Dated<Row, Key extends keyof Row> = Omit<Row, Key> & { readonly [K in Key]: Date };

/** Connects at the first use. */
export function openWorkflowStore(options: {
  readonly databaseUrl: string;
  readonly connections: number;
}): WorkflowStore {
  const database = openDatabase(options.databaseUrl, options.connections, CHATTER);
  const read = <Row extends object>(tenantId: string, sql: string, values: readonly unknown[]) =>
    database.transaction(tenantId, tx => tx.query<Row>(sql, [tenantId, ...values]));
  return {
    add: (tenantId, workflow, version) =>
      database.transaction(tenantId, tx => add(tx, tenantId, workflow, version)),
    change: (tenantId, workflow, decide) =>
      database.transaction(tenantId, tx => change(tx, tenantId, workflow, decide)),
    async list(tenantId, workflow) {
      const sql = `SELECT ${STORED} ${OF_WORKFLOW} ORDER BY version DESC`;
      return (await read<Dated<StoredVersion, 'createdAt'>>(tenantId, sql, [workflow])).map(stored);
    },
    async find(tenantId, workflow, version) {
      const sql = `SELECT files, gate, ${STORED} ${OF_WORKFLOW} AND version = $3`;
      const [row] = await read<Dated<WholeVersion, 'createdAt'>>(tenantId, sql, [workflow, version]);
      return row && stored(row);
    },
    async findFlow(tenantId, workflow, flowVersion) {
      const sql = `SELECT files ${OF_WORKFLOW} AND flow_version = $3 LIMIT 1`;
      const [row] = await read<{ files: VersionFiles }>(tenantId, sql, [workflow, flowVersion]);
      return row?.files;
    },
    async history(tenantId, workflow, { version = null, before = null, limit }) {
      const rows = await read<Dated<HistoryRow, 'at'>>(tenantId, HISTORY, [workflow, version, before, limit]);
      return rows.map(row => Object.assign(row, { at: row.at.toISOString() }));
    },
    inForce: tenantId =>
      database.transaction(tenantId, async tx => {
        // Both are of one moment only while nobody changes anything.
        await lockTenant(tx, tenantId);
        const versions = await tx.query<VersionInForce>(IN_FORCE, [tenantId]);
        return { seq: await lastChange(tx, tenantId), versions };
      }),
    lastChange: tenantId => database.transaction(tenantId, tx => lastChange(tx, tenantId)),
    close: () => database.close(),
  };
}

async function add(
  tx: Transaction,
  tenantId: string,
  workflow: string,
  { files, sha256, flowVersion, author, note }: NewVersion,
): Promise<StoredVersion> {
  await lockTenant(tx, tenantId);
  const all = await factsOf(tx, tenantId, workflow);
  const same = all.find(one => one.sha256 === sha256 && one.state !== 'retired');
  if (same !== undefined)
    throw new TrunklineError('VERSION_CONFLICT', `version ${same.version} has the same text`);
  if (all.length >= LIMITS.workflowVersions)
    throw new TrunklineError('TOO_MANY', `${LIMITS.workflowVersions} versions of a workflow`);
  const version = Math.max(0, ...all.map(one => one.version)) + 1;
  const values = [tenantId, workflow, version, JSON.stringify(files), sha256, flowVersion, author, note];
  const [row] = await tx.query<Dated<StoredVersion, 'createdAt'>>(ADD, values);
  if (row === undefined) throw new TrunklineError('INTERNAL', 'a version was not added');
  await tx.query(TELL, [tenantId, workflow, version, 'drafted', null, 'draft', null, author, note]);
  return stored(row);
}

async function change(
  tx: Transaction,
  tenantId: string,
  workflow: string,
  decide: Decide,
): Promise<readonly VersionFacts[]> {
  await lockTenant(tx, tenantId);
  const all = await factsOf(tx, tenantId, workflow);
  const states = new Map<number, VersionState>(all.map(({ version, state }) => [version, state]));
  const changes = decide(all);
  for (const { version, action, state, canaryPercent, who, note, ...more } of changes) {
    const standing = [state, canaryPercent, more.replaced, more.deployedBy, more.flowVersion ?? null];
    const gate = more.gate === undefined ? null : JSON.stringify(more.gate.result);
    await tx.query(CHANGE, [tenantId, workflow, version, ...standing, gate, more.gate?.passed ?? null]);
    const from = states.get(version) ?? null;
    await tx.query(TELL, [tenantId, workflow, version, action, from, state, canaryPercent, who, note]);
    states.set(version, state);
  }
  return changes.length === 0 ? all : factsOf(tx, tenantId, workflow);
}

/** Oldest first. */
function factsOf(tx: Transaction, tenantId: string, workflow: string): Promise<VersionFacts[]> {
  return tx.query<VersionFacts>(`SELECT ${FACTS} ${OF_WORKFLOW} ORDER BY version`, [tenantId, workflow]);
}

async function lastChange(tx: Transaction, tenantId: string): Promise<number> {
  const [row] = await tx.query<{ seq: number }>(LAST, [tenantId]);
  return row?.seq ?? 0;
}

function stored<Row extends { readonly createdAt: Date }>(
  row: Row,
): Omit<Row, 'createdAt'> & { readonly createdAt: string } {
  return { ...row, createdAt: row.createdAt.toISOString() };
}
