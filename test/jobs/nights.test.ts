import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { DBOS } from '@dbos-inc/dbos-sdk';
import pino from 'pino';
import t from 'tap';
import { configSchema } from '../../src/config/schema.ts';
import type { Delivery } from '../../src/jobs/delivery.ts';
import { FinishedJobs } from '../../src/jobs/finished_jobs.ts';
import { OutboxJobs } from '../../src/jobs/outbox_jobs.ts';
import { RecordingSweep } from '../../src/jobs/recording_sweep.ts';
import { RetentionJob } from '../../src/jobs/retention_job.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import { migrateJobs } from '../../src/store/migrate_jobs.ts';
import { openOutbox } from '../../src/store/outbox.ts';
import { openRecordingDeletions } from '../../src/store/recording_deletions.ts';
import { openRetention } from '../../src/store/retention.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { storyTeller } from '../store/call_story.ts';
import { asOwner, startTestStore } from '../store/postgres.ts';

/** Nights of the role of jobs, in this process: DBOS itself, its rows, and the store. */
const DAY_MS = 86_400_000;
const tenantId = 'acme';
const store = await startTestStore();
await migrateJobs(store.ownerUrl, () => undefined);
const dir = join(store.dir, 'recordings');
mkdirSync(join(dir, tenantId), { recursive: true });
const days = configSchema.parse({}).retention;
const lines: { msg?: string; deleted?: number }[] = [];
const log = pino(
  new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  }),
);
const database = openDatabase(store.appUrl, 1);
const outbox = openOutbox(store.appUrl, store.vault);
const deletions = openRecordingDeletions(store.appUrl);
const retention = openRetention(store.appUrl);
const finished = (limits: { jobs: number; batches: number }, keptDays = days.jobs) =>
  new FinishedJobs({ tenantId, days: keptDays, outbox, log, limits });
const night = new RetentionJob({
  tenantId,
  days,
  retention,
  deletions,
  recordings: new RecordingSweep({ tenantId, dir, days, deletions, log }),
  jobs: finished({ jobs: 100, batches: 10 }),
  log,
  limits: { doubtMs: 50, pauseMs: 1 },
});
const small = DBOS.registerWorkflow(
  async (isToFail: boolean) => {
    await DBOS.runStep(async () => 'a step', { name: 'step' });
    if (isToFail) throw new Error('it fails');
  },
  { name: 'small' },
);
const launcher = new OutboxJobs({
  databaseUrl: store.appUrl,
  tenantId,
  outbox: { waiting: async () => [] },
  delivery: { close: () => undefined } as unknown as Delivery,
  log: pino({ level: 'silent' }),
});
await launcher.start();
t.teardown(async () => {
  night.close();
  await launcher.close();
  for (const part of [outbox, deletions, retention, database]) await part.close();
  await store.end();
});

/** A recording of which the record knows nothing, from 100 days ago. */
function putOld(name: string): string {
  const path = join(dir, tenantId, `${name}.wav`);
  writeFileSync(path, name);
  const then = new Date(Date.now() - 100 * DAY_MS);
  utimesSync(path, then, then);
  return path;
}

async function runNight(at: Date): Promise<string[]> {
  lines.length = 0;
  await night.start(at);
  await DBOS.retrieveWorkflow(`retention:${at.toISOString().slice(0, 10)}`).getResult();
  return lines.flatMap(({ msg }) => msg ?? []);
}

const lastRunWas = (at: Date) => asOwner(store, 'UPDATE retention_runs SET at = $1', [at]);

t.test('a night by a clock that went far ahead is looked at twice', async t => {
  const now = new Date();
  const first = putOld('first');
  t.same(await runNight(now), ['recordings are deleted'], 'the first night has nothing to compare with');
  t.notOk(existsSync(first));
  t.same(await deletions.lastRun(tenantId), now);

  const second = putOld('second');
  const ahead = new Date(now.getTime() + 60 * DAY_MS);
  t.match(await runNight(ahead), [/^the clock went far ahead/, /^the clock went back/]);
  t.ok(existsSync(second), 'it was set right meanwhile: nothing is deleted by it');
  t.same(await deletions.lastRun(tenantId), now, 'nor is it compared with');

  await lastRunWas(new Date(now.getTime() - 60 * DAY_MS));
  const yesterday = new Date(now.getTime() - DAY_MS);
  t.match(await runNight(yesterday), [/^the clock went far ahead/, 'recordings are deleted']);
  t.notOk(existsSync(second), 'a node that was off for long goes on');

  const third = putOld('third');
  await lastRunWas(new Date(now.getTime() - 4 * DAY_MS));
  t.same(await runNight(new Date(now.getTime() - 2 * DAY_MS)), ['recordings are deleted']);
  t.notOk(existsSync(third));
});

async function runSmall(workflowID: string, isToFail = false): Promise<void> {
  const handle = await DBOS.startWorkflow(small, { workflowID })(isToFail);
  await handle.getResult().catch(() => undefined);
}

const completedDaysAgo = (ago: number, ids: readonly string[]) =>
  asOwner(store, 'UPDATE jobs.workflow_status SET completed_at = $1 WHERE workflow_uuid = ANY ($2)', [
    Date.now() - ago * DAY_MS,
    ids,
  ]);
async function kept(table: string): Promise<string[]> {
  const rows = await asOwner<{ id: string }>(
    store,
    `SELECT DISTINCT workflow_uuid AS id FROM jobs.${table} WHERE workflow_uuid NOT LIKE 'retention:%' ORDER BY 1`,
  );
  return rows.map(({ id }) => id);
}

t.test('what jobs left behind that are over is collected, and what is needed stays', async t => {
  const tell = storyTeller(tenantId, 'call');
  const effect = { workflow: 'visits', tool: 'tell', arguments: '{}' };
  await writeEvents(
    database,
    tenantId,
    [
      tell('effect.wanted', { effect: 'waits', ...effect }),
      tell('effect.wanted', { effect: 'is there', ...effect }),
    ].map(event => sealEvent(event, store.vault)),
  );
  await outbox.settle(tenantId, 'call:is there', { state: 'delivered', attempts: 1 });
  const old = ['a-done', 'b-failed', 'c-gone', 'outbox:call:is there', 'outbox:call:waits', 'under-way'];
  for (const id of old) await runSmall(id, id === 'b-failed');
  await runSmall('young');
  await asOwner(store, "UPDATE jobs.workflow_status SET status = 'CANCELLED' WHERE workflow_uuid = 'c-gone'");
  await completedDaysAgo(31, old);
  await asOwner(
    store,
    "UPDATE jobs.workflow_status SET status = 'PENDING', completed_at = NULL WHERE workflow_uuid = 'under-way'",
  );
  await completedDaysAgo(29, ['young']);
  t.equal((await kept('operation_outputs')).length, 7);
  const { signal } = new AbortController();
  t.equal(await finished({ jobs: 2, batches: 10 }, 0).collect(Date.now(), signal), 'done');
  t.equal(await finished({ jobs: 2, batches: 10 }).collect(Date.now(), AbortSignal.abort()), 'stopped');
  t.equal((await kept('workflow_status')).length, 7, 'for ever, or not now');
  lines.length = 0;
  t.equal(await finished({ jobs: 2, batches: 10 }).collect(Date.now(), signal), 'done');
  const left = ['outbox:call:waits', 'under-way', 'young'];
  for (const table of ['workflow_status', 'operation_outputs', 'workflow_input'])
    t.same(await kept(table), left, table);
  t.match(lines, [{ deleted: 4 }]);
  await finished({ jobs: 1, batches: 10 }).collect(Date.now() + 3 * DAY_MS, signal);
  t.same(await kept('workflow_status'), left.slice(0, 2), 'those that stay do not stop those behind them');
});
