import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { openDatabase } from '../../src/store/database.ts';
import { writeEvents } from '../../src/store/event_writer.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { openKeptStates } from '../../src/store/kept_states.ts';
import { openQueries } from '../../src/store/queries.ts';
import { sealEvent } from '../../src/store/sealing.ts';
import { CallRig, type CallRigOptions } from '../agent/call_rig.ts';
import { ScriptedStt, understood } from '../agent/fakes.ts';
import { startToolServer } from '../agent/tools/tool_server.ts';
import { asOwner, startTestStore } from '../store/postgres.ts';
import { VISITS, visits } from '../workflow/act_flows.ts';

const store = await startTestStore();
const server = await startToolServer();
const database = openDatabase(store.appUrl, 1);
const states = openKeptStates(store.appUrl, store.vault);
const queries = openQueries({ databaseUrl: store.appUrl, connections: 1, vault: store.vault });
const tools = new ToolReceivers({ folder: '/', env: {} }, () => undefined);
t.teardown(async () => {
  await tools.close();
  await server.close();
  await states.close();
  await queries.close();
  await database.close();
  await store.end();
});
t.beforeEach(() => {
  server.asked.length = 0;
});

const RESUME = `resume:
  say: ["We had got to {size}."]
  ask: Shall we go on?
  help: Yes or no.
`;
const yaml = VISITS.replaceAll('https://shop.example', server.url);
const flow = visits(yaml.replace('slots:\n', `${RESUME}slots:\n`));
let count = 0;

/** A call of somebody, whose facts are in the store once `kept` has resolved. */
async function callFrom(from: string, finals: readonly string[], more: Partial<CallRigOptions> = {}) {
  const events: CallEvent[] = [];
  const stt = new ScriptedStt();
  stt.finals = finals.map(text => understood(text));
  count += 1;
  const callId = `call-${count}`;
  const nowMs = Date.now;
  const lineKind = 'trunk';
  const rig = new CallRig({
    flow,
    stt,
    tools,
    lineKind,
    events,
    from,
    callId,
    earlier: states,
    nowMs,
    ...more,
  });
  const told = async () => {
    const sealed = events.map(event => sealEvent({ ...event, tenantId: 'acme' }, store.vault));
    await writeEvents(database, 'acme', sealed);
  };
  await rig.answer();
  // What is known of the caller comes over a real connection.
  await sleep(200);
  return {
    rig,
    callId,
    said: () => rig.details('turn.agent').map(({ text }) => text),
    async says(times: number) {
      await rig.pass(6000);
      for (let i = 0; i < times; i += 1) {
        await rig.speak(600);
        await rig.pass(4000);
      }
    },
    /** To its end, if it has one by itself; else the caller hangs up. */
    async kept(hangsUp: boolean) {
      for (let i = 0; i < (hangsUp ? 0 : 2000) && rig.line.endedBy === undefined; i += 1) {
        await rig.pass(10);
        await sleep(1);
      }
      await rig.line.close('remoteHangup');
      while (rig.calls.count > 0) await sleep(5);
      await told();
    },
    /** What happened so far is in the store. */
    told,
  };
}

const stateOf = async (callId: string) => {
  const [row] = await asOwner<{ state: string | null }>(
    store,
    'SELECT state_sealed AS state FROM kept_states WHERE call_id = $1',
    [callId],
  );
  return row?.state;
};

/** A rig of the tests tells of tenants by another name. */
function asAcme() {
  return { claim: (_: string, query: Parameters<typeof states.claim>[1]) => states.claim('acme', query) };
}

async function dropped(t: Test, from: string) {
  const first = await callFrom(from, ['a big one'], { earlier: asAcme() });
  await first.says(1);
  await first.kept(true);
  t.match(await stateOf(first.callId), /^v1\./, 'sealed');
  return first;
}

t.test('who calls back goes on where the call broke off, and nothing is kept of it afterwards', async t => {
  server.replies.push({ body: '{"visit":42}' });
  const first = await dropped(t, '+1 (555) 010-0123');
  const told = JSON.stringify(await asOwner(store, 'SELECT detail FROM events'));
  t.match(told, /keepUntil/);
  t.notMatch(told, /"state":"v1/, 'in no event');

  const second = await callFrom('sip:+15550100123@host', ['yes', 'three rooms'], { earlier: asAcme() });
  await second.says(2);
  await second.kept(false);
  t.match(second.said()[0], /We had got to a big one\. Shall we go on\?/);
  t.match(second.said()[1], /How many rooms\?/);
  t.same(
    server.asked.map(({ url }) => url),
    ['/visits', '/notes', '/mails'],
  );
  t.match(JSON.parse(server.asked[0]!.body), { what: 'big', many: 3 });
  t.match(second.rig.details('call.tookUp'), [{ earlier: first.callId }]);
  t.equal(await stateOf(first.callId), null);
  t.equal(await stateOf(second.callId), null, 'a call that the workflow ended is not taken up');
  const third = await callFrom('+15550100123', [], { earlier: asAcme() });
  await third.rig.pass(5000);
  await third.kept(true);
  t.notMatch(third.said()[0], /go on/);
});

t.test('others are not told of it: by number, while the call is up, and when it is too long ago', async t => {
  const first = await callFrom('+15550100777', ['a big one'], { earlier: asAcme() });
  await first.says(1);
  await first.told();
  t.match(await stateOf(first.callId), /^v1\./);
  const query = { by: 'a-call', workflow: 'visits', from: '+15550100777', callId: undefined };
  t.equal(await states.claim('acme', query), undefined, 'it is up');
  await first.kept(true);
  t.match(await states.claim('acme', query), { callId: first.callId });
  t.equal(await states.claim('acme', { ...query, from: '+15550100778' }), undefined);
  t.equal(await states.claim('acme', { ...query, workflow: 'other' }), undefined);
  t.equal(await states.claim('other', query), undefined, 'of another tenant');
  const other = await callFrom('anonymous', [], { earlier: asAcme() });
  await other.rig.pass(5000);
  await other.kept(true);
  t.notMatch(other.said()[0], /go on/);
  await asOwner(store, "UPDATE kept_states SET keep_until = now() - interval '1 s'");
  t.equal(await states.claim('acme', query), undefined);
  await states.forgetOld('acme');
  t.equal(await stateOf(first.callId), null);
});

t.test('a call that is given the earlier one goes on with it, from whatever number', async t => {
  const first = await dropped(t, '+15550100555');
  const options = { earlier: asAcme(), attributes: { earlier: first.callId } };
  const second = await callFrom('anonymous', [], options);
  await second.rig.pass(6000);
  t.match(second.said()[0], /We had got to a big one/);
  await second.kept(true);
  t.match(await stateOf(first.callId), /^v1\./, 'cut off before an answer, it is still there');
});

t.test('one that is called back twice at once goes on once', async t => {
  const from = '+15550100666';
  const first = await dropped(t, from);
  const query = { workflow: 'visits', from, callId: undefined };
  const many = Array.from({ length: 6 }, () => openKeptStates(store.appUrl, store.vault));
  t.teardown(() => Promise.all(many.map(one => one.close())));
  const given = await Promise.all(many.map((one, at) => one.claim('acme', { ...query, by: `leg-${at}` })));
  const at = given.findIndex(one => one !== undefined);
  t.same(
    given.flatMap(one => one?.callId ?? []),
    [first.callId],
    'of all who ask at once one has it',
  );
  t.match(
    await states.claim('acme', { ...query, by: `leg-${at}` }),
    { callId: first.callId },
    'whenever it asks',
  );

  const other = await callFrom(from, [], { earlier: asAcme() });
  await other.rig.pass(5000);
  t.notMatch(other.said()[0], /go on/, 'the second begins anew');
  await other.kept(true);
  await asOwner(store, "UPDATE kept_states SET claimed_at = now() - interval '1 day'");
  t.match(
    await states.claim('acme', { ...query, by: 'later' }),
    { callId: first.callId },
    'nobody knows that leg',
  );
});

t.test('who has it and hangs up without a word leaves it to the next call', async t => {
  const from = '+15550100888';
  const first = await dropped(t, from);
  const second = await callFrom(from, [], { earlier: asAcme() });
  await second.rig.pass(5000);
  t.match(second.said()[0], /We had got to a big one/);
  await second.told();
  const query = { workflow: 'visits', from, callId: undefined };
  await asOwner(store, "UPDATE kept_states SET claimed_at = now() - interval '1 day'");
  t.equal(await states.claim('acme', { ...query, by: 'another' }), undefined, 'as long as it is up');
  await second.kept(true);
  t.match(await states.claim('acme', { ...query, by: 'another' }), { callId: first.callId });
});

t.test('it is not given to calls without end', async t => {
  const from = '+15550100444';
  await dropped(t, from);
  const query = { workflow: 'visits', from, callId: undefined };
  const forget = () => asOwner(store, "UPDATE kept_states SET claimed_at = now() - interval '1 day'");
  for (let at = 0; at < LIMITS.claimsOfCall; at += 1) {
    t.ok(await states.claim('acme', { ...query, by: `guess-${at}` }));
    await forget();
  }
  t.equal(await states.claim('acme', { ...query, by: 'one-more' }), undefined);
});

t.test('a process that dies before the answer leaves to the next one what is taken up', async t => {
  server.replies.push({ body: '{"visit":42}' });
  const first = await dropped(t, '+15550100999');
  const second = await callFrom('+15550100999', [], { earlier: asAcme() });
  await second.rig.pass(6000);
  const sent = second.rig.sent.findLast(message => message.type === 'checkpoint');
  const checkpoint = sent?.type === 'checkpoint' ? sent.checkpoint : '';
  const third = await callFrom('+15550100999', ['yes'], {
    earlier: asAcme(),
    callId: second.callId,
    resume: { times: 1, checkpoint },
  });
  await third.says(1);
  t.match(third.said(), [/Shall we go on\?/, /How many rooms\?/]);
  await third.kept(true);
  t.match(third.rig.details('call.tookUp'), [{ earlier: first.callId }]);
  t.equal(await stateOf(first.callId), null);
  second.rig.call.hangUp('localHangup');
});

t.test(
  'what a trunk says of the caller is known before a word is said, where the workflow lets it be',
  async t => {
    const own = (given: string) => visits(yaml.replace('part: size', `part: size${given}`));
    const attributes = { size: 'small', rooms: '3', elsewhere: 'big' };
    const known = await callFrom('anonymous', [], { flow: own('\n    given: confirmed'), attributes });
    await known.rig.pass(5000);
    t.match(known.said()[0], /How many rooms/, 'rooms may not be given');
    await known.kept(true);
    const unknown = await callFrom('anonymous', [], { attributes });
    await unknown.rig.pass(5000);
    t.match(unknown.said()[0], /What size/);
    await unknown.kept(true);
  },
);

t.test('a store that is away keeps nobody waiting', async t => {
  const away = { claim: () => new Promise<never>(() => undefined) };
  const call = await callFrom('+15550100123', [], { earlier: away });
  await call.rig.pass(3000);
  t.match(call.said()[0], /Visits robot here/);
  await call.kept(true);
});
