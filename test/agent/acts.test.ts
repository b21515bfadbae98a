import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { BRIDGING_WORDS } from '../../src/agent/resumption.ts';
import { HttpTools } from '../../src/agent/tools/http_tools.ts';
import { LIMITS } from '../../src/config/limits.ts';
import type { CallEvent } from '../../src/store/events.ts';
import type { Flow } from '../../src/workflow/types.ts';
import { VISITS, visits } from '../workflow/act_flows.ts';
import { CallRig, type CallRigOptions } from './call_rig.ts';
import { ScriptedStt, ScriptedTts, understood } from './fakes.ts';
import { settle } from './rig.ts';
import { startToolServer, until } from './tools/tool_server.ts';

type Tap = Pick<typeof t, 'teardown'>;

interface Changes {
  readonly change?: (yaml: string) => string;
  readonly flowOf?: (flow: Flow) => Flow;
}

/** Callers of a workflow that books by itself, in as many processes as need be, with the receiver behind a real socket. */
async function office(t: Tap, { change = yaml => yaml, flowOf = flow => flow }: Changes = {}) {
  const server = await startToolServer();
  const tools = new HttpTools({ folder: '/', env: {} }, () => undefined);
  t.teardown(async () => {
    await tools.close();
    await server.close();
  });
  const flow = flowOf(visits(change(VISITS.replaceAll('https://shop.example', server.url))));
  const events: CallEvent[] = [];
  const rigOf = (finals: readonly string[], more: Partial<CallRigOptions> = {}) => {
    const stt = new ScriptedStt();
    stt.finals = finals.map(text => understood(text));
    return new CallRig({ flow, stt, tools, lineKind: 'trunk', events, ...more });
  };
  const details = (type: string) =>
    events.filter(event => event.type === type).map(({ detail }) => detail as Record<string, unknown>);
  const said = () => details('turn.agent').map(({ text }) => String(text));
  return { server, rigOf, events, details, said };
}

/** Answers the form: from then on the workflow books. */
async function order(rig: CallRig): Promise<void> {
  await rig.pass(5000);
  for (let i = 0; i < 2; i += 1) {
    await rig.speak(600);
    await rig.pass(2500);
  }
}

async function passUntil(rig: CallRig, isSo: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 4000; i += 1) {
    if (isSo()) return;
    await rig.pass(10);
    await sleep(1);
  }
  throw new Error(`never: ${what}`);
}

const paths = (server: { asked: readonly { url: string }[] }) => server.asked.map(({ url }) => url);
const keysOf = (server: { asked: readonly { headers: Record<string, unknown> }[] }) =>
  server.asked.map(({ headers }) => String(headers['idempotency-key']));

function checkpointOf(rig: CallRig): string {
  const last = rig.sent.findLast(message => message.type === 'checkpoint');
  if (last?.type !== 'checkpoint') throw new Error('no checkpoint');
  return last.checkpoint;
}

const ANSWERS = ['a big one', 'three rooms'];
/** Whoever is asked does nothing twice for one key. */
const keyed = (yaml: string) => yaml.replaceAll(/(http: \{ method: POST.*\})/g, '$1\n    keyed: true');

t.test(
  'what the workflow wants is done, one after the other, and it goes on with what came of it',
  async t => {
    const { server, rigOf, details, said } = await office(t);
    server.replies.push({ body: '{"visit":42}' });
    const rig = await rigOf(ANSWERS).answer();
    await order(rig);
    await passUntil(rig, () => server.asked.length === 3, 'all were asked');
    await passUntil(rig, () => rig.line.endedBy !== undefined, 'the call is over');
    t.same(paths(server), ['/visits', '/notes', '/mails']);
    t.same(JSON.parse(server.asked[0]!.body), { what: 'big', many: 3 });
    t.equal(new Set(keysOf(server)).size, 3, 'each has a key of its own');
    await until(() => details('call.ended').length === 1, 'the record is complete');
    t.match(details('slot.set').at(-1), { slot: 'visit', value: 42 });
    t.same(details('call.outcome'), [{ outcome: 'booked' }]);
    t.equal(said().at(-1), 'Booked.');
    t.notOk(said().includes('Still at it.'), 'nobody had to wait');
    t.same(
      details('tool.ended').map(({ tool, outcome }) => [tool, outcome]),
      [
        ['reserve', 'done'],
        ['note_down', 'done'],
        ['tell', 'done'],
      ],
    );
  },
);

t.test('a caller who waits is told so, and who speaks meanwhile breaks nothing', async t => {
  const { server, rigOf, details, said } = await office(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ until: slow.promise, body: '{"visit":42}' });
  const rig = await rigOf([...ANSWERS, 'are you still there']).answer();
  await order(rig);
  await passUntil(rig, () => server.asked.length === 1, 'it was asked');
  await passUntil(rig, () => said().includes('Still at it.'), 'the caller is told');
  const before = said().length;
  await rig.speak(600);
  // What came of it comes in the middle of what the caller says.
  slow.resolve();
  await rig.pass(3000);
  await passUntil(rig, () => rig.line.endedBy !== undefined, 'the call is over');
  await until(() => details('call.ended').length === 1, 'the record is complete');
  t.same(paths(server), ['/visits', '/notes', '/mails'], 'each once');
  t.match(details('turn.caller').at(-1), { text: 'are you still there' });
  t.match(said().slice(before), ['Still at it.', 'Booked.']);
});

t.test('a reply that is taken back has begun nothing', async t => {
  const { server, rigOf, said, details } = await office(t);
  const tts = new ScriptedTts();
  tts.sampleOf = () => 8000;
  const rig = await rigOf([...ANSWERS, 'three rooms'], { tts }).answer();
  await rig.pass(5000);
  await rig.speak(600);
  await rig.pass(2500);
  tts.stuck = true;
  await rig.speak(600);
  await rig.pass(2000);
  // What would be sent has time to arrive.
  await sleep(100);
  t.same(paths(server), [], 'nothing is done for a guess');
  await rig.speak(600);
  tts.unstick();
  t.same(paths(server), [], 'nor for what was taken back');
  await passUntil(rig, () => details('call.outcome').length > 0, 'booked');
  t.same(paths(server), ['/visits', '/notes', '/mails']);
  await passUntil(rig, () => said().includes('Booked.'), 'and said so');
});

t.test('a process dies with an act under way: the next one asks again with its key', async t => {
  const { server, rigOf, events, details } = await office(t, { change: keyed });
  server.replies.push({ until: new Promise(() => undefined) });
  const first = await rigOf(ANSWERS).answer();
  await order(first);
  await passUntil(first, () => server.asked.length === 1, 'it was asked');
  const checkpoint = checkpointOf(first);
  t.match(JSON.parse(checkpoint).tools, [{ tool: 'reserve', act: 'visits.book.1' }], 'it was known before');
  const written = events.length;
  server.replies.length = 0;
  server.replies.push({ body: '{"visit":42}' });

  const second = await rigOf([], { resume: { times: 1, checkpoint } }).answer();
  await passUntil(second, () => details('call.outcome').length > 0, 'it went on');
  t.same(paths(server), ['/visits', '/visits', '/notes', '/mails']);
  const [one, two, ...others] = keysOf(server);
  t.equal(one, two, 'the receiver knows that it is the same');
  t.notOk(others.includes(one!));
  const later = events.slice(written);
  t.notOk(later.some(({ type, detail }) => type === 'tool.ended' && 'why' in detail));
  t.match(details('slot.set').at(-1), { slot: 'visit', value: 42 });
  const spoken = later.find(({ type }) => type === 'turn.agent');
  t.match(spoken?.detail, { text: new RegExp(`^${BRIDGING_WORDS}`) });
  first.call.hangUp('localHangup');
});

t.test('without a key nobody knows what came of it, and it is not done again', async t => {
  const { server, rigOf, details, said } = await office(t, {
    change: yaml =>
      yaml
        .replace('failed: not_booked\n', 'failed: not_booked\n    unknown: unsure\n')
        .replace(
          '  not_booked:',
          '  unsure: { kind: end, outcome: unsure, say: [We will see.] }\n  not_booked:',
        ),
  });
  server.replies.push({ until: new Promise(() => undefined) });
  const first = await rigOf(ANSWERS).answer();
  await order(first);
  await passUntil(first, () => server.asked.length === 1, 'it was asked');
  const second = await rigOf([], { resume: { times: 1, checkpoint: checkpointOf(first) } }).answer();
  await passUntil(second, () => details('call.outcome').length > 0, 'it went on');
  t.same(paths(server), ['/visits']);
  t.same(details('call.outcome'), [{ outcome: 'unsure' }]);
  t.match(details('tool.ended'), [{ tool: 'reserve', outcome: 'unknown', why: 'processLost' }]);
  await passUntil(second, () => said().some(text => text.endsWith('We will see.')), 'and says so');
  first.call.hangUp('localHangup');
});

t.test('what another process knows already is not asked again', async t => {
  const { server, rigOf, details } = await office(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ until: slow.promise, body: '{"visit":42}' });
  const first = await rigOf([...ANSWERS, 'hm']).answer();
  await order(first);
  await passUntil(first, () => server.asked.length === 1, 'it was asked');
  // While the caller speaks the workflow is told nothing.
  await first.speak(600);
  slow.resolve();
  await until(() => details('tool.ended').length === 1, 'it is over');
  await first.speak(100);
  const checkpoint = checkpointOf(first);
  t.match(JSON.parse(checkpoint).tools, [
    { tool: 'reserve', answer: { isDone: true, saves: { visit: 42 } } },
  ]);
  const second = await rigOf([], { resume: { times: 1, checkpoint } }).answer();
  await passUntil(second, () => details('call.outcome').length > 0, 'it went on');
  t.same(paths(server), ['/visits', '/notes', '/mails']);
  t.match(details('slot.set').at(-1), { slot: 'visit', value: 42 });
  first.call.hangUp('localHangup');
});

t.test('who hangs up while something is done: all that belongs to it is done', async t => {
  const { server, rigOf, details } = await office(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ until: slow.promise, body: '{"visit":42}' });
  const rig = await rigOf(ANSWERS).answer();
  await order(rig);
  await passUntil(rig, () => server.asked.length === 1, 'it was asked');
  await rig.line.close('remoteHangup');
  slow.resolve();
  await until(() => details('call.ended').length === 1, 'the record is complete');
  t.same(paths(server), ['/visits', '/notes', '/mails'], 'each once');
  t.equal(new Set(keysOf(server)).size, 3);
  t.match(details('slot.set').at(-1), { slot: 'visit', value: 42 }, 'the workflow was told');
  t.same(
    details('tool.ended').map(({ tool, outcome }) => [tool, outcome]),
    [
      ['reserve', 'done'],
      ['note_down', 'done'],
      ['tell', 'done'],
    ],
  );
  t.same(details('call.outcome'), [{ outcome: 'booked' }]);
});

t.test('and what can not be done to its end is undone', async t => {
  const { server, rigOf, details } = await office(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ body: '{"visit":42}' }, { until: slow.promise }, { status: 422, body: '{}' });
  const rig = await rigOf(ANSWERS).answer();
  await order(rig);
  await passUntil(rig, () => server.asked.length === 2, 'the second was asked');
  await rig.line.close('remoteHangup');
  slow.resolve();
  await until(() => details('call.ended').length === 1, 'the record is complete');
  t.same(paths(server), ['/visits', '/notes', '/mails', '/struck', '/released']);
  t.same(JSON.parse(server.asked.at(-1)!.body), { visit_id: 42, size_before: 'big' });
  t.same(details('call.outcome'), [{ outcome: 'failed' }]);
});

t.test('but no other act is begun without a caller', async t => {
  const { server, rigOf, details } = await office(t, {
    change: yaml =>
      yaml
        .replace('next: [{ to: booked }]', 'next: [{ to: more }]')
        .replace(
          '  booked:',
          '  more: { kind: act, tool: tell, args: { urgent: true }, next: [{ to: booked }], failed: booked }\n  booked:',
        ),
  });
  const slow = Promise.withResolvers<void>();
  server.replies.push({ body: '{"visit":42}' }, { body: '{}' }, { until: slow.promise, body: '{}' });
  const rig = await rigOf(ANSWERS).answer();
  await order(rig);
  await passUntil(rig, () => server.asked.length === 3, 'the last of it was asked');
  await rig.line.close('remoteHangup');
  slow.resolve();
  await until(() => details('call.ended').length === 1, 'the record is complete');
  t.equal(server.asked.length, 3);
  t.same(JSON.parse(server.asked[2]!.body), { urgent: false });
  t.same(details('call.outcome'), []);
});

t.test('nor is a further step where it takes too long', async t => {
  const { server, rigOf, details } = await office(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ until: slow.promise, body: '{"visit":42}' });
  const rig = await rigOf(ANSWERS).answer();
  await order(rig);
  await passUntil(rig, () => server.asked.length === 1, 'it was asked');
  await rig.line.close('remoteHangup');
  await rig.waits(LIMITS.actAfterCallMs);
  slow.resolve();
  await until(() => details('call.ended').length === 1, 'the record is complete');
  t.same(paths(server), ['/visits']);
  t.match(details('slot.set').at(-1), { slot: 'visit', value: 42 }, 'the workflow was told all the same');
});

t.test('what came of it is more than the workflow can take: the record is complete all the same', async t => {
  const { server, rigOf, details } = await office(t, {
    flowOf: flow => ({
      ...flow,
      next: (state, heard, at) => {
        if (heard.type === 'acted') throw new Error('no such state');
        return flow.next(state, heard, at);
      },
    }),
  });
  const slow = Promise.withResolvers<void>();
  server.replies.push({ until: slow.promise, body: '{"visit":42}' });
  const rig = await rigOf(ANSWERS).answer();
  await order(rig);
  await passUntil(rig, () => server.asked.length === 1, 'it was asked');
  await rig.line.close('remoteHangup');
  slow.resolve();
  await until(() => details('call.ended').length === 1, 'the record is complete');
  t.match(details('tool.ended'), [{ tool: 'reserve', outcome: 'done' }]);
});

t.test('nothing is done that the edge does not know of', async t => {
  const { server, rigOf, details } = await office(t);
  const rig = await rigOf(ANSWERS, { isEdgeAway: true }).answer();
  await order(rig);
  await rig.pass(LIMITS.toolWrittenMs);
  await passUntil(rig, () => details('call.outcome').length > 0, 'it went on');
  t.same(paths(server), []);
  t.same(details('call.outcome'), [{ outcome: 'failed' }]);
  t.match(details('tool.ended'), [{ tool: 'reserve', outcome: 'failed', why: 'unwritten' }]);
  await settle();
});

t.test('where nobody runs tools all fail', async t => {
  const { server, rigOf, details } = await office(t);
  const rig = await rigOf(ANSWERS, { tools: undefined as never }).answer();
  await order(rig);
  await passUntil(rig, () => details('call.outcome').length > 0, 'it went on');
  t.same(details('call.outcome'), [{ outcome: 'failed' }]);
  t.same(server.asked, []);
});
