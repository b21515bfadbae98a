import { readFileSync } from 'node:fs';
import t from 'tap';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import { flowOf, loadFlow } from '../../src/workflow/load.ts';
import type { Flow } from '../../src/workflow/types.ts';
import { MASK } from '../../src/workflow/understand/intents/mask_card.ts';
import { startToolServer } from '../agent/tools/tool_server.ts';
import type { ModelScript } from '../providers/servers/model_script.ts';
import { asOwner } from '../store/postgres.ts';
import { VISITS, visits } from '../workflow/act_flows.ts';
import { differsIn, replayAll, rowsOf } from '../workflow/replaying.ts';
import { ask, goOn, startChats, WORKFLOWS } from './chat_rig.ts';

const rig = await startChats();
const { model, queries, flows } = rig;
const server = await startToolServer();
t.teardown(async () => {
  await server.close();
  await rig.end();
});

const piano = await loadFlow(WORKFLOWS, 'piano_removal');
const yaml = readFileSync(`${WORKFLOWS}/piano_removal.yaml`, 'utf8');
flows.piano_removal = piano;
flows.led_removal = flowOf(
  yaml
    .replace('name: piano_removal', 'name: led_removal')
    .replace('start: welcome', 'start: welcome\nlead: model'),
  'led_removal.yaml',
  piano.places,
);
flows.visits = visits(
  VISITS.replaceAll('https://shop.example', server.url).replaceAll(
    /(http: \{ method: POST.*\})/g,
    '$1\n    keyed: true',
  ),
);

t.beforeEach(() => {
  model.answers.length = 0;
});

const CARD = 'four one one one one one one one one one one one one one one one';
const page = { from: 0, limit: 100 };

async function historyOf(chatId: string) {
  return rowsOf(await queries.stepsOf('acme', chatId, page));
}

t.test('a chat is led by the same inputs to the same states, sealed and by its tenant alone', async t => {
  const chats = rig.open(t);
  const { chatId } = await chats.start('acme', 'piano_removal');
  for (const text of ['no', 'an upright piano', '421 Maple Street in Salem Massachusetts', 'yes'])
    await ask(chats, chatId, text);
  const rows = await historyOf(chatId);
  t.equal(rows.length, 6);
  t.match(rows[0], { turn: 0, entry: { kind: 'begun', versions: { piano_removal: piano.version } } });
  t.match(rows[2], { workflow: 'piano_removal', version: piano.version, turn: 2, entry: { kind: 'step' } });
  const steps = replayAll(rows, piano);
  t.equal(steps.length, 5);
  t.same(differsIn(steps), []);
  t.match(steps[2]?.now.slots, { piano_type: { value: 'upright', confirmed: false } });
  const turns = (await queries.getCall('acme', chatId))?.turns ?? [];
  t.equal(steps[2]?.now.say.join(' '), turns[4]?.text, 'what was said then');

  t.same(await queries.stepsOf('umbrella', chatId, page), [], 'another tenant sees none');
  const sql = `SELECT detail::text AS detail, detail ->> 'part' AS part FROM events
    WHERE call_id = '${chatId}' AND type = 'flow.stepped'`;
  const kept = await asOwner<{ detail: string; part: string }>(rig.database, sql);
  t.equal(kept.length, 6);
  for (const { part, detail } of kept) {
    t.match(part, /^v1\./, 'sealed');
    t.notMatch(detail.replace(part, ''), /upright|Maple|421/u);
  }
});

t.test('the number of a card is in no history, and the steps behind it are the same', async t => {
  const chats = rig.open(t);
  const { chatId } = await chats.start('acme', 'piano_removal');
  for (const text of [
    'no',
    `my card is ${CARD}`,
    'upright',
    '4111 1111 1111 1111',
    '421 Maple Street in Salem',
  ])
    await ask(chats, chatId, text);
  const rows = await historyOf(chatId);
  t.match(JSON.stringify(rows), MASK);
  t.notMatch(JSON.stringify(rows), /4111|one one one/u);
  t.same(differsIn(replayAll(rows, piano)), []);
});

t.test('what a model noted is an input: no model is needed to do it once more', async t => {
  const chats = rig.open(t);
  const { chatId } = await chats.start('acme', 'led_removal');
  model.answers.push([{ say: 'Fine. What type of piano shall we move?' }]);
  await ask(chats, chatId, 'no');
  model.answers.length = 0;
  model.answers.push(
    [{ say: 'What a lovely heirloom. And what is the street address of the pick up?' }],
    [note({ piano_type: 'upright' }, 'upright', 'origin_number')],
  );
  await ask(chats, chatId, 'it is this wonderful old upright that our grandparents left behind for us');
  model.answers.push([note({ origin_street: 'Maple Street' }, 'Maple Street', 'origin_number')]);
  await ask(chats, chatId, 'well that would be in Maple Street or so I believe');
  await ask(chats, chatId, '421 Maple Street in Salem Massachusetts');
  const rows = await historyOf(chatId);
  const steps = replayAll(rows, flows.led_removal as Flow);
  t.same(differsIn(steps), []);
  t.equal(steps.length, 5);
  const ops = new Set(steps.flatMap(({ inputs }) => inputs.map(({ op }) => op)));
  t.ok(ops.has('closed'), [...ops].join());
  t.ok(ops.has('noted'), [...ops].join());
});

t.test('a talk with a model goes on by what was said, and ends by the way that it went', async t => {
  const chats = rig.open(t);
  const { chatId } = await chats.start('acme', 'talker');
  model.answers.push([{ say: 'We move pianos of all kinds.' }]);
  await ask(chats, chatId, 'what do you move');
  const [way = ''] = flows.talker?.talk?.(flows.talker.initial)?.ways.map(one => one.way) ?? ['done'];
  model.answers.push([{ say: 'Fine. ' }, goOn(way)]);
  await ask(chats, chatId, 'all right let us go on');
  const rows = await historyOf(chatId);
  const steps = replayAll(rows, flows.talker as Flow);
  t.same(differsIn(steps), []);
  t.equal(steps.length, 3);
  t.ok(steps.some(({ inputs }) => inputs.some(({ op }) => op === 'turn')));
});

t.test('what came of tools is an input, and none is used again', async t => {
  server.replies.push({ body: '{"visit":42}' });
  const tools = new ToolReceivers({ folder: '/', env: {} }, () => undefined);
  t.teardown(() => tools.close());
  const sessions = rig.open(t, { tools });
  const { chatId } = await sessions.start('acme', 'visits');
  await ask(sessions, chatId, 'a big one');
  await ask(sessions, chatId, 'three rooms');
  const asked = server.asked.length;
  const steps = replayAll(await historyOf(chatId), flows.visits as Flow);
  t.same(differsIn(steps), []);
  t.ok(steps.some(({ now }) => now.act !== null));
  t.match(
    steps.flatMap(({ inputs }) => inputs.map(input => input.op === 'heard' && input.heard.type)),
    ['start', 'speech', 'speech', 'acted'],
  );
  t.equal(server.asked.length, asked);
});

function note(values: Record<string, unknown>, said: string, asks: string): ModelScript {
  return { call: [{ id: 'call_1', name: 'note', fragments: [JSON.stringify({ values, said, asks })] }] };
}
