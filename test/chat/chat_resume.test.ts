import t, { type Test } from 'tap';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import type { ChatParts } from '../../src/chat/chat_parts.ts';
import type { ChatSessions } from '../../src/chat/chat_sessions.ts';
import { openKeptStates } from '../../src/store/kept_states.ts';
import { startToolServer } from '../agent/tools/tool_server.ts';
import { asOwner } from '../store/postgres.ts';
import { flowFrom } from '../workflow/rich_flows.ts';
import { SALES } from '../workflow/sales_flow.ts';
import { ask, codeOf, startChats } from './chat_rig.ts';

const rig = await startChats();
const server = await startToolServer();
const states = openKeptStates(rig.database.appUrl, rig.database.vault);
const tools = new ToolReceivers({ folder: '/', env: {} }, () => undefined);
t.teardown(async () => {
  await states.close();
  await tools.close();
  await server.close();
  await rig.end();
});

const yaml = SALES.replaceAll('https://shop.example', server.url);
rig.flows.rich = flowFrom(yaml);
/** Their trade is nobody else's business. */
const guarded = flowFrom(
  yaml
    .replace(/(trade: \{.*?)( repair: )/, '$1 sensitive: true,$2')
    .replace(', "You are a {trade}."', '')
    .replace('  ask: Shall we go on', '  confirm: { slots: [claims, staff], say: So that it is you. }\n$&'),
);

const MINUTE_MS = 60_000;
let nowMs = Date.now();
t.beforeEach(() => {
  rig.flows.rich = flowFrom(yaml);
  server.asked.length = 0;
});

/** A node of its own over the same store, at the time of the test. */
const open = (t: Test, more: Partial<ChatParts> = {}): ChatSessions =>
  rig.open(t, { states, tools, nowMs: () => nowMs, ...more });

const TOLD = ['yes', 'roofer', 'twelve', 'no', 'yes'];
const ASKED = ['We had got to your claims.', 'I know of twelve pieces.', 'You are a roofer.'];
const BEGUN = ['First your business.', 'What trade?'];

/** A chat in which somebody has written, and then nothing more. */
async function dropped(chats: ChatSessions, from: string | undefined, texts: readonly string[] = TOLD) {
  const { chatId } = await chats.start('acme', 'rich', { from });
  for (const text of texts) await ask(chats, chatId, text);
  return chatId;
}

const again = async (chats: ChatSessions, party: { from?: string; earlier?: string }) => {
  const begun = await chats.start('acme', 'rich', party);
  return { ...begun, first: (await ask(chats, begun.chatId, 'no')).said.slice(1) };
};

async function keptOf(chatId: string): Promise<string | null | undefined> {
  const [row] = await asOwner<{ state: string | null }>(
    rig.database,
    'SELECT state_sealed AS state FROM kept_states WHERE call_id = $1',
    [chatId],
  );
  return row?.state;
}

t.test('who left without a word and begins anew goes on, on another node too', async t => {
  const left = await dropped(open(t), 'Customer 4711');
  t.equal(await keptOf(left), undefined, 'while it is open it is in the chat alone');
  nowMs += 2 * MINUTE_MS;
  const chats = open(t);
  const second = await again(chats, { from: 'customer-4711' });
  t.same(second.first, ['First your business.', ...ASKED, 'Shall we go on with that?']);
  t.match(await chats.show('acme', left), { open: false, endReason: 'left' });
  t.equal(await codeOf(chats.say('acme', left, 'hello')), 'CHAT_ENDED');
  t.match(await keptOf(left), /^v1\./, 'sealed, until it is settled');
  t.same((await ask(open(t), second.chatId, 'yes')).said, [
    'Very well.',
    'Now the claims.',
    'How many claims?',
  ]);
  t.equal(await keptOf(left), null, 'taken up, it is kept no more');
  t.match(await rig.queries.getCall('acme', second.chatId), {
    from: 'customer-4711',
    slots: [{ slot: 'insured' }, { slot: 'staff', value: 12 }, { slot: 'trade', value: 'roofer' }],
  });
  const events = await asOwner<{ detail: unknown }>(rig.database, 'SELECT detail FROM events');
  t.notMatch(JSON.stringify(events), /4711|"state":"v1/, 'and neither who it was nor where it stood is told');
  const third = await again(chats, { from: 'somebody else' });
  t.same(third.first, BEGUN);
});

t.test(
  'a chat that was ended, or came to its time, is gone on with as long as the workflow says',
  async t => {
    const chats = open(t);
    const hungUp = await dropped(chats, 'hung-up-1');
    await chats.end('acme', hungUp);
    t.match(await keptOf(hungUp), /^v1\./);
    t.match((await again(chats, { from: 'hung-up-1' })).first, { 1: ASKED[0] });

    const idle = await dropped(chats, 'was-idle-1');
    nowMs += 31 * MINUTE_MS;
    t.equal(await codeOf(chats.say('acme', idle, 'still there?')), 'CHAT_ENDED');
    t.match((await again(chats, { from: 'was-idle-1' })).first, { 1: ASKED[0] });

    const old = await dropped(chats, 'too-old-1');
    await chats.end('acme', old);
    await asOwner(
      rig.database,
      "UPDATE kept_states SET keep_until = now() - interval '1 s' WHERE call_id = $1",
      [old],
    );
    t.same((await again(chats, { from: 'too-old-1' })).first, BEGUN);

    const done = await dropped(chats, 'was-done-1', [...TOLD, 'two', 'no']);
    t.match(await chats.show('acme', done), { open: false, endReason: 'completed' });
    t.equal(await keptOf(done), undefined, 'what the workflow ended leaves nothing');
    const empty = await dropped(chats, 'is-empty-1', ['yes']);
    await chats.end('acme', empty);
    t.equal(await keptOf(empty), undefined, 'nor does one that knows nothing');
  },
);

t.test('one in which somebody still writes is nobody else’s, unless it is named', async t => {
  const chats = open(t);
  const left = await dropped(chats, 'two-tabs-1');
  nowMs += MINUTE_MS / 2;
  t.same((await again(chats, { from: 'two-tabs-1' })).first, BEGUN);
  t.same((await ask(chats, left, 'two')).said, ['Shall we come by?'], 'and it goes on');
  const named = await again(chats, { earlier: left });
  t.match(named.first, { 1: ASKED[0] });
  t.equal(await codeOf(chats.say('acme', left, 'hello')), 'CHAT_ENDED');
  const stranger = await chats.start('other', 'rich', { earlier: named.chatId });
  t.same((await ask(chats, stranger.chatId, 'no', 'other')).said.slice(1), BEGUN, 'of another tenant');
  t.match(await chats.show('acme', named.chatId), { open: true });
});

t.test('who is nobody in particular takes nothing up', async t => {
  const chats = open(t);
  for (const from of [undefined, '', '---', '555-01']) {
    await chats.end('acme', await dropped(chats, from));
    t.same((await again(chats, from === undefined ? {} : { from })).first, BEGUN);
  }
});

t.test('of many that begin at once one goes on', async t => {
  const left = await dropped(open(t), 'many-at-once');
  nowMs += 2 * MINUTE_MS;
  const nodes = Array.from({ length: 6 }, () => open(t));
  const all = await Promise.all(nodes.map(chats => again(chats, { from: 'many-at-once' })));
  t.equal(all.filter(({ first }) => first.includes(ASKED[0] ?? '')).length, 1);
  t.equal(all.filter(({ first }) => first.length === BEGUN.length).length, 5);
  t.match(await rig.queries.getCall('acme', left), { endReason: 'left' });
});

t.test('who leaves before an answer leaves it to the next one, five times at most', async t => {
  const chats = open(t);
  await chats.end('acme', await dropped(chats, 'keeps-leaving'));
  for (let times = 0; times < 5; times += 1) {
    const one = await again(chats, { from: 'keeps-leaving' });
    t.match(one.first, { 1: ASKED[0] });
    await chats.end('acme', one.chatId);
    t.equal(await keptOf(one.chatId), undefined, 'it is kept with the first');
  }
  t.same((await again(chats, { from: 'keeps-leaving' })).first, BEGUN);
});

t.test('before anything sensitive is said, one thing is to be said again', async t => {
  rig.flows.rich = guarded;
  const chats = open(t);
  await chats.end('acme', await dropped(chats, 'has-a-secret'));
  const right = await again(chats, { from: 'has-a-secret' });
  t.same((await ask(chats, right.chatId, 'yes')).said, ['So that it is you.', 'How many staff?']);
  t.same((await ask(chats, right.chatId, 'twelve')).said.slice(0, 2), ['Very well.', 'Now the claims.']);

  await chats.end('acme', await dropped(chats, 'has-two-secrets'));
  const wrong = await again(chats, { from: 'has-two-secrets' });
  await ask(chats, wrong.chatId, 'yes');
  await ask(chats, wrong.chatId, 'thirteen');
  t.same((await ask(chats, wrong.chatId, 'fourteen')).said, ['Then anew.', 'What trade?']);
  const { turns = [] } = (await rig.queries.getCall('acme', wrong.chatId)) ?? {};
  t.notMatch(
    turns
      .filter(({ speaker }) => speaker === 'agent')
      .map(({ text }) => text)
      .join(' '),
    /roofer/,
  );
  t.same((await again(chats, { from: 'has-two-secrets' })).first, BEGUN, 'and it is forgotten');
});

t.test('a store that can’t tell of earlier ones lets a chat begin like any other', async t => {
  await open(t).end('acme', await dropped(open(t), 'store-is-away'));
  const claim = () => Promise.reject(new Error('away'));
  const chats = open(t, { states: { claim } });
  t.same((await again(chats, { from: 'store-is-away' })).first, BEGUN);
  t.equal(rig.faults.length, 1);
  t.match((await again(open(t), { from: 'store-is-away' })).first, { 1: ASKED[0] });
});
