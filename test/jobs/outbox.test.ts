import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DBOS } from '@dbos-inc/dbos-sdk';
import t from 'tap';
import type { Delivery } from '../../src/jobs/delivery.ts';
import { OutboxJobs } from '../../src/jobs/outbox_jobs.ts';
import { createLogger } from '../../src/observe/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import { migrateJobs } from '../../src/store/migrate_jobs.ts';
import { openEffects } from '../../src/store/outbox.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { startToolServer, until } from '../agent/tools/tool_server.ts';
import { storyTeller } from '../store/call_story.ts';
import { asOwner, startTestStore } from '../store/postgres.ts';
import { VISITS } from '../workflow/act_flows.ts';

const CHILD = fileURLToPath(new URL('jobs_child.ts', import.meta.url));
const store = await startTestStore();
const server = await startToolServer();
const migrated: string[] = [];
await migrateJobs(store.ownerUrl, line => migrated.push(line));
const database = openDatabase(store.appUrl, 1);
const project = store.dir;
cpSync(fileURLToPath(new URL('../../workflows/places', import.meta.url)), join(project, 'workflows/places'), {
  recursive: true,
});
const yaml = VISITS.replaceAll('https://shop.example', server.url);
writeFileSync(join(project, 'workflows/visits.yaml'), yaml);

t.teardown(async () => {
  await jobs.end('SIGKILL');
  await server.close();
  await database.close();
  await store.end();
});
t.beforeEach(() => {
  server.asked.length = 0;
  server.replies.length = 0;
});

/** What a call tells that ended so that others are to know. */
async function callEnds(callId: string, times = 1): Promise<void> {
  const tell = storyTeller('acme', callId);
  const parties = { from: '+15550100123', to: '', workflow: 'visits', workflowVersion: '1' };
  const events = [tell('call.started', { direction: 'inbound', lineKind: 'trunk', ...parties })];
  // A process that goes on with a call may tell it once more.
  for (let i = 0; i < times; i += 1) {
    const args = JSON.stringify({ text: `${callId} at Thistlewick Crescent`, kind: 'visit' });
    events.push(
      tell('effect.wanted', {
        effect: 'visits.booked.0',
        workflow: 'visits',
        tool: 'note_down',
        arguments: args,
      }),
    );
  }
  await writeEvents(
    database,
    'acme',
    events.map(event => sealEvent(event, store.vault)),
  );
}

/** The role of jobs in a process of its own, which each test leaves to the next: it takes a second to begin. */
class Jobs {
  #child: ChildProcess | undefined;

  start(): void {
    this.#child ??= spawn(process.execPath, [CHILD, store.appUrl, store.keyFile, project], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  /** Its exit code and signal. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<unknown> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return undefined;
    const exited = once(child, 'exit');
    child.kill(signal);
    return await exited;
  }
}

const jobs = new Jobs();

function outbox(callId: string) {
  return asOwner<{ state: string; attempts: number; why: string | null }>(
    store,
    'SELECT state, attempts, why FROM outbox WHERE call_id = $1',
    [callId],
  );
}

async function untilSettled(callId: string): Promise<void> {
  let state = 'waiting';
  for (let i = 0; i < 600 && state === 'waiting'; i += 1) {
    [{ state } = { state: 'waiting' }] = await outbox(callId);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Until so much of its delivery is written down. */
async function untilSteps(callId: string, steps: number): Promise<void> {
  for (let i = 0; i < 600; i += 1) {
    const rows = await asOwner(
      store,
      "SELECT FROM jobs.operation_outputs WHERE workflow_uuid LIKE 'outbox:' || $1 || ':%'",
      [callId],
    );
    if (rows.length >= steps) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

const keys = () => server.asked.map(({ headers }) => headers['idempotency-key']);

t.test(
  'what is wanted is delivered once, however often it was told, and nothing personal is left about',
  async t => {
    await callEnds('call-1', 2);
    jobs.start();
    await untilSettled('call-1');
    t.match(await outbox('call-1'), [{ state: 'delivered', attempts: 1 }]);
    t.equal(server.asked.length, 1);
    t.match(JSON.parse(server.asked[0]!.body), { text: 'call-1 at Thistlewick Crescent', kind: 'visit' });
    const rows = await asOwner(
      store,
      'SELECT w::text || coalesce(o::text, $1) AS row FROM jobs.workflow_status w LEFT JOIN jobs.operation_outputs o USING (workflow_uuid)',
      [''],
    );
    t.ok(rows.length > 0);
    t.notMatch(JSON.stringify(rows), /Thistlewick|5550100/);
  },
);

t.test('killed in the midst of a delivery, it is gone on with by the same key', async t => {
  server.replies.push({ until: new Promise(() => undefined) });
  await callEnds('call-2');
  await until(() => server.asked.length === 1, 'it was asked');
  await jobs.end('SIGKILL');
  jobs.start();
  await untilSettled('call-2');
  t.match(await outbox('call-2'), [{ state: 'delivered', attempts: 1 }]);
  t.equal(server.asked.length, 2);
  t.equal(new Set(keys()).size, 1, 'the receiver does it once');
});

t.test('killed in the pause after a try, it counts on', async t => {
  server.replies.push({ status: 503 });
  await callEnds('call-3');
  await until(() => server.asked.length === 1, 'it was asked');
  let pause = [] as unknown[];
  while (pause.length === 0) {
    await rest(20);
    pause = await asOwner(store, "SELECT FROM jobs.operation_outputs WHERE function_name ILIKE '%sleep%'");
  }
  await jobs.end('SIGKILL');
  jobs.start();
  await untilSettled('call-3');
  t.match(await outbox('call-3'), [{ state: 'delivered', attempts: 2 }]);
  t.equal(server.asked.length, 2);
  t.equal(new Set(keys()).size, 1);
});

t.test('a try that the end of the process breaks off counts for nothing', async t => {
  server.replies.push({ until: new Promise(() => undefined) });
  await callEnds('call-5');
  await until(() => server.asked.length === 1, 'it was asked');
  t.same(await jobs.end('SIGTERM'), [0, null], 'it ends in order');
  jobs.start();
  await untilSettled('call-5');
  t.match(await outbox('call-5'), [{ state: 'delivered', attempts: 1 }]);
  t.equal(server.asked.length, 2);
});

t.test('an effect whose delivery broke is unknown and listed, and looked at no more', async t => {
  server.replies.push({ status: 503 });
  await callEnds('call-6');
  await until(() => server.asked.length === 1, 'it was asked');
  await untilSteps('call-6', 2);
  await jobs.end('SIGKILL');
  await asOwner(
    store,
    "UPDATE jobs.workflow_status SET status = 'ERROR', error = '{}' WHERE workflow_uuid LIKE 'outbox:call-6%'",
  );
  jobs.start();
  await untilSettled('call-6');
  t.match(await outbox('call-6'), [{ state: 'unknown', attempts: 1, why: 'broken' }]);
  t.equal(server.asked.length, 1);
  const effects = openEffects(store.appUrl);
  t.teardown(() => effects.close());
  const { rows, next } = await effects.list('acme', { limit: 10 }, 'unknown');
  const sent = keys()[0];
  t.match(rows, [
    { callId: 'call-6', tool: 'note_down', state: 'unknown', why: 'broken', key: JSON.parse(String(sent)) },
  ]);
  t.equal(next, null);
  t.same((await effects.list('else', { limit: 10 })).rows, [], 'of no other tenant');
  const newest = await effects.list('acme', { limit: 1 });
  t.match(newest.rows, [{ callId: 'call-6' }]);
  const older = await effects.list('acme', { limit: 10, cursor: newest.next ?? '' });
  t.notMatch(JSON.stringify(older.rows), /call-6/);
  t.ok(older.rows.length > 2);
});

t.test('what is refused is given up, and keeps nobody waiting', async t => {
  server.replies.push({ status: 422 });
  await callEnds('call-4');
  await untilSettled('call-4');
  t.match(await outbox('call-4'), [{ state: 'givenUp', attempts: 1, why: 'refused' }]);
});

t.test(
  'what could not be begun is begun at the next look; what is gone on with is not begun anew',
  async t => {
    server.replies.push({ status: 503 });
    await callEnds('call-8');
    await until(() => server.asked.length === 1, 'it was asked');
    await untilSteps('call-8', 2);
    await jobs.end('SIGKILL');
    const [{ recovered = '' } = {}] = await asOwner<{ recovered?: string }>(
      store,
      "SELECT effect_id AS recovered FROM outbox WHERE call_id = 'call-8'",
    );
    const begin = DBOS.startWorkflow;
    const tried: string[] = [];
    const begun: unknown[] = [];
    const settled: string[] = [];
    const counts = new Map<string, number>();
    let isAway = true;
    t.teardown(() => {
      DBOS.startWorkflow = begin;
    });
    DBOS.startWorkflow = ((...args: Parameters<typeof begin>) => {
      begun.push(args[1]?.workflowID);
      if (!isAway) return Reflect.apply(begin, DBOS, args);
      isAway = false;
      throw new Error('away');
    }) as typeof begin;
    const here = new OutboxJobs({
      databaseUrl: store.appUrl,
      tenantId: 'acme',
      outbox: {
        waiting: async (_, underWay) =>
          [recovered, 'call-9:1'].filter(id => !settled.includes(id) && !underWay.includes(id)),
      },
      delivery: {
        try: async (id: string) => {
          tried.push(id);
          const isFirst = tried.filter(one => one === id).length === 1;
          return { state: id === 'call-9:1' && isFirst ? 'stopped' : 'delivered' };
        },
        settle: async (id: string, { attempts }: { attempts: number }) => {
          settled.push(id);
          counts.set(id, attempts);
        },
        close: () => undefined,
      } as unknown as Delivery,
      log: createLogger('jobs', 'silent'),
      limits: { lookMs: 20, firstPauseMs: 20 },
    });
    await here.start();
    t.teardown(() => here.close());
    for (let i = 0; i < 1_000 && settled.length < 2; i += 1)
      await new Promise(resolve => setTimeout(resolve, 20));
    t.same(tried.toSorted(), [recovered, 'call-9:1', 'call-9:1'].toSorted());
    t.same([counts.get(recovered), counts.get('call-9:1')], [2, 1], 'a try that was stopped is not counted');
    t.same(
      begun,
      ['outbox:call-9:1', 'outbox:call-9:1'],
      'what is gone on with is not begun, nor asked after',
    );
  },
);
