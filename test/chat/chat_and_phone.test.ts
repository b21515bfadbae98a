import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { ChatSessions } from '../../src/chat/chat_sessions.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import { openKeptStates } from '../../src/store/kept_states.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { CallRig, type CallRigOptions } from '../agent/call_rig.ts';
import { ScriptedStt, understood } from '../agent/fakes.ts';
import { asOwner } from '../store/postgres.ts';
import { flowFrom } from '../workflow/rich_flows.ts';
import { SALES } from '../workflow/sales_flow.ts';
import { ask, startChats } from './chat_rig.ts';

const rig = await startChats();
const { vault, appUrl } = rig.database;
const states = openKeptStates(appUrl, vault);
const database = openDatabase(appUrl, 1);
t.teardown(async () => {
  await states.close();
  await database.close();
  await rig.end();
});

const plain = flowFrom(SALES);
/** Their trade is nobody else's business. */
const guarded = flowFrom(
  SALES.replace(/(trade: \{.*?)( repair: )/, '$1 sensitive: true,$2')
    .replace(', "You are a {trade}."', '')
    .replace('  ask: Shall we go on', '  confirm: { slots: [claims, staff], say: So that it is you. }\n$&'),
);
t.beforeEach(() => {
  rig.flows.rich = plain;
});

const TOLD = ['yes', 'roofer', 'twelve', 'no', 'yes'];
const ASKED = /We had got to your claims\. I know of twelve pieces\. .*Shall we go on with that\?/;
let count = 0;

/** A call by telephone in which that is said and then the line breaks; resolves with what the agent said. */
async function call(texts: readonly string[], more: Partial<CallRigOptions>) {
  const stt = new ScriptedStt();
  stt.finals = texts.map(text => understood(text));
  count += 1;
  const callId = `call-${count}`;
  // A rig of the tests tells of tenants by another name.
  const earlier = {
    claim: (_: string, query: Parameters<typeof states.claim>[1]) => states.claim('acme', query),
  };
  const flow = rig.flows.rich!;
  const line = new CallRig({ flow, stt, lineKind: 'trunk', callId, earlier, nowMs: Date.now, ...more });
  await line.answer();
  // What is known of the caller comes over a real connection.
  await sleep(200);
  await line.pass(6000);
  for (const _ of texts) {
    await line.speak(600);
    await line.pass(9000);
  }
  await line.line.close('remoteHangup');
  while (line.calls.count > 0) await sleep(5);
  const sealed = line.events.map(event => sealEvent({ ...event, tenantId: 'acme' }, vault));
  await writeEvents(database, 'acme', sealed);
  return {
    callId,
    said: line.details('turn.agent').map(({ text }) => text),
    took: line.details('call.tookUp'),
  };
}

async function chat(chats: ChatSessions, party: { from?: string; earlier?: string }, texts = TOLD) {
  const { chatId } = await chats.start('acme', 'rich', party);
  const said: string[] = [];
  for (const text of texts) said.push((await ask(chats, chatId, text)).said.join(' '));
  return { chatId, said };
}

const open = (t: Test): ChatSessions => rig.open(t, { states });

const keptOf = async (id: string) => {
  const sql = 'SELECT state_sealed AS state FROM kept_states WHERE call_id = $1';
  const [row] = await asOwner<{ state: string | null }>(rig.database, sql, [id]);
  return row?.state;
};

t.test('who hung up goes on by chat, from the same number or by the name of the call', async t => {
  const chats = open(t);
  const first = await call(TOLD, { from: '+1 (555) 010-0123' });
  t.match(await keptOf(first.callId), /^v1\./);
  const stranger = await chat(chats, { from: '+15550100124' }, ['no']);
  t.match(stranger.said[0], /What trade\?/, 'nobody else does');
  const second = await chat(chats, { from: 'sip:+15550100123@host' }, ['no', 'yes']);
  t.match(second.said, [ASKED, 'Very well. Now the claims. How many claims?']);
  t.equal(await keptOf(first.callId), null, 'taken up, it is kept no more');
  const { slots = [] } = (await rig.queries.getCall('acme', second.chatId)) ?? {};
  t.same(new Map(slots.map(({ slot, value }) => [slot, value])).get('staff'), 12);

  const other = await call(TOLD, { from: 'anonymous' });
  t.match((await chat(chats, { earlier: other.callId }, ['no'])).said[0], ASKED);
});

t.test('who wrote and broke off goes on by telephone, by the number or the name of the chat', async t => {
  const chats = open(t);
  const wrote = await chat(chats, { from: '+15550100777' });
  await chats.end('acme', wrote.chatId);
  t.match(await keptOf(wrote.chatId), /^v1\./);
  const stranger = await call(['no'], { from: '+15550100778' });
  t.match(stranger.said.join(' '), /What trade\?/);
  const phoned = await call(['no', 'yes'], { from: 'sip:+15550100777@host' });
  t.match(phoned.said.join(' '), ASKED);
  t.match(phoned.said.at(-1), /Now the claims\. How many claims\?/);
  t.match(phoned.took, [{ earlier: wrote.chatId }]);
  t.equal(await keptOf(wrote.chatId), null);

  const named = await chat(chats, {});
  await chats.end('acme', named.chatId);
  const by = await call(['no'], { from: 'anonymous', attributes: { earlier: named.chatId } });
  t.match(by.said.join(' '), ASKED);
});

t.test('and back again: what was said on either is known on the third', async t => {
  const chats = open(t);
  const from = '+15550100555';
  await call(TOLD.slice(0, 3), { from });
  const wrote = await chat(chats, { from }, ['no', 'yes']);
  t.match(wrote.said[0], /I know of twelve pieces/);
  for (const text of ['no', 'yes']) await ask(chats, wrote.chatId, text);
  await chats.end('acme', wrote.chatId);
  t.match((await call(['no'], { from })).said.join(' '), ASKED);
});

t.test('a number is no proof: before anything sensitive one thing is to be said again', async t => {
  rig.flows.rich = guarded;
  const chats = open(t);
  await call(TOLD, { from: '+15550100444' });
  const right = await chat(chats, { from: '+15550100444' }, ['no', 'yes', 'twelve']);
  t.match(right.said.slice(1), ['So that it is you. How many staff?', /^Very well\. Now the claims\./]);

  const wrote = await chat(chats, { from: '+15550100333' });
  await chats.end('acme', wrote.chatId);
  const wrong = await call(['no', 'yes', 'thirteen', 'fourteen'], { from: '+15550100333' });
  t.match(wrong.said.join(' '), /So that it is you\. How many staff\?/);
  t.match(wrong.said.at(-1), /Then anew\. What trade\?/);
  t.notMatch(wrong.said.join(' '), /roofer/);
  t.equal(await keptOf(wrote.chatId), null, 'and it is forgotten');
});
