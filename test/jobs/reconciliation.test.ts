import t from 'tap';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import { Reconciliation } from '../../src/jobs/reconciliation.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { openToolRuns } from '../../src/store/tool_runs.ts';
import { startToolServer } from '../agent/tools/tool_server.ts';
import { storyTeller } from '../store/call_story.ts';
import { startTestStore } from '../store/postgres.ts';
import { VISITS, visits } from '../workflow/act_flows.ts';

const store = await startTestStore();
const server = await startToolServer();
const database = openDatabase(store.appUrl, 1);
const runs = openToolRuns(store.appUrl, store.vault);
const tools = new ToolReceivers({ folder: '/', env: {} }, () => undefined);
const yaml = VISITS.replaceAll('https://shop.example', server.url);
const flow = visits(yaml.replace(/(\/visits" \})/, '$1\n    keyed: true'));
let nowMs = Date.UTC(2026, 0, 6);
const reconciliation = new Reconciliation({
  runs,
  tools,
  toolOf: async ({ tool }) => flow.tool?.(flow.initial, tool),
  nowMs: () => (nowMs += 1),
});
t.teardown(async () => {
  await tools.close();
  await server.close();
  await runs.close();
  await database.close();
  await store.end();
});

const parties = { from: '', to: '', workflow: 'visits', workflowVersion: '1' };
const write = (events: readonly CallEvent[]) =>
  writeEvents(
    database,
    'acme',
    events.map(event => sealEvent(event, store.vault)),
  );
const begun = (run: string, tool: string, isKeyed: boolean) => ({
  run,
  tool,
  arguments: '{"what":"Thistlewick"}',
  key: `key-${run}`,
  workflow: 'visits',
  isKeyed,
  request: JSON.stringify({ method: 'POST', url: `${server.url}/visits`, body: '{"what":"Thistlewick"}' }),
  mediaMs: 1,
});
const ended = (run: string, outcome: 'done' | 'unknown') =>
  ({ run, tool: 'reserve', outcome, attempts: 1, answer: '', mediaMs: 2 }) as const;
const [LOST, UNKNOWN, DONE, NO_KEY] = ['a', 'b', 'c', 'd'].map(digit => `tool_${digit.repeat(12)}`) as [
  string,
  string,
  string,
  string,
];

t.before(async () => {
  const tell = storyTeller('acme', 'call-1');
  const live = storyTeller('acme', 'call-2');
  await write([
    tell('call.started', { direction: 'inbound', lineKind: 'trunk', ...parties }),
    tell('tool.begun', begun(LOST, 'reserve', true)),
    tell('tool.begun', begun(UNKNOWN, 'reserve', true)),
    tell('tool.ended', ended(UNKNOWN, 'unknown')),
    tell('tool.begun', begun(DONE, 'reserve', true)),
    tell('tool.ended', ended(DONE, 'done')),
    // A process that was lost tells later that nobody knew.
    tell('tool.ended', ended(DONE, 'unknown')),
    tell('tool.begun', begun(NO_KEY, 'note_down', false)),
    tell('tool.ended', ended(NO_KEY, 'unknown')),
    tell('call.ended', {
      disposition: 'FAILED',
      reason: 'networkLost',
      durationMs: 1,
      framesConcealed: 0,
      framesDropped: 0,
    }),
    live('call.started', { direction: 'inbound', lineKind: 'trunk', ...parties }),
    live('tool.begun', begun('tool_eeeeeeeeeeee', 'reserve', true)),
  ]);
});

t.test('what nobody knows of is listed, with whether it can be asked again', async t => {
  const { rows } = await runs.list('acme', { limit: 10 }, 'unknown');
  t.same(
    rows.map(({ run, canAskAgain }) => [run, canAskAgain]),
    [
      [NO_KEY, false],
      [UNKNOWN, true],
      [LOST, true],
    ],
  );
  t.notMatch(JSON.stringify(rows), /Thistlewick/);
  const all = await runs.list('acme', { limit: 2 });
  t.equal((await runs.list('acme', { limit: 9, cursor: all.next ?? '' })).rows.length, 3);
  t.match((await runs.list('acme', { limit: 10 }, 'running')).rows, [{ run: 'tool_eeeeeeeeeeee' }]);
  t.same((await runs.list('other', { limit: 10 })).rows, []);
});

t.test('it is asked again by its key, as it was sent', async t => {
  server.replies.push({ status: 404 }, { body: '{"visit":7}' });
  t.match(await reconciliation.ask('acme', LOST), { outcome: 'unknown', why: 'refused' });
  t.match(await reconciliation.ask('acme', LOST), { outcome: 'done', httpStatus: 200, canAskAgain: false });
  t.same(
    server.asked.map(({ url, body, headers }) => [url, body, headers['idempotency-key']]),
    [0, 1].map(() => ['/visits', '{"what":"Thistlewick"}', `"key-${LOST}"`]),
  );
});

t.test('what is known, has no key, or is not there is not asked again', async t => {
  for (const run of [DONE, NO_KEY, LOST, 'tool_eeeeeeeeeeee'])
    await t.rejects(reconciliation.ask('acme', run), { code: 'RUN_SETTLED' }, run);
  await t.rejects(reconciliation.ask('acme', 'tool_000000000000'), { code: 'NOT_FOUND' });
  await t.rejects(reconciliation.ask('other', UNKNOWN), { code: 'NOT_FOUND' });
  t.equal(server.asked.length, 2);
});
