import t from 'tap';
import { ToolReceivers } from '../../../src/agent/tools/tool_receivers.ts';
import { LIMITS } from '../../../src/config/limits.ts';
import type { CallEvent } from '../../../src/store/events.ts';
import { CallRig, type CallRigOptions } from '../call_rig.ts';
import { ScriptedStt, understood } from '../fakes.ts';
import { settle } from '../rig.ts';
import { ScriptedLlm } from '../scripted_llm.ts';
import { toolFlow } from './tool_flow.ts';
import { called } from './tool_rig.ts';
import { startToolServer, until } from './tool_server.ts';

type Tap = Pick<typeof t, 'teardown'>;

async function shop(t: Tap) {
  const server = await startToolServer();
  const tools = new ToolReceivers({ folder: '/', env: { SHOP_KEY: 'hunter2' } }, () => undefined);
  const flow = toolFlow(server.url, { retries: false });
  t.teardown(async () => {
    await tools.close();
    await server.close();
  });
  const events: CallEvent[] = [];
  const llm = new ScriptedLlm();
  const process = (more: Partial<CallRigOptions> = {}) => {
    const stt = new ScriptedStt();
    stt.finals = [understood('pay it please')];
    return new CallRig({ flow, stt, llm, tools, lineKind: 'trunk', events, ...more });
  };
  const details = (type: string) => events.filter(event => event.type === type).map(({ detail }) => detail);
  return { server, llm, process, events, details };
}

function checkpointOf(rig: CallRig): string {
  const last = rig.sent.findLast(message => message.type === 'checkpoint');
  if (last?.type !== 'checkpoint') throw new Error('no checkpoint');
  return last.checkpoint;
}

/** The caller says it, and the turn ends. */
async function say(rig: CallRig): Promise<void> {
  await rig.speak(600);
  await rig.pass(2500);
}

t.test(
  'a process that dies with a tool under way: the next one tells the model, and does it no more',
  async t => {
    const { server, llm, process, events, details } = await shop(t);
    server.replies.push({ until: new Promise(() => undefined) }, { until: new Promise(() => undefined) });
    const calls = () => [called('pay', { order: 'A' }), called('find_order', { order: 'A' })];
    llm.answers.push(calls(), ['I can not tell whether it was paid.'], calls(), ['It was sent.']);
    const first = await process().answer();
    await first.pass(6000);
    await say(first);
    await until(() => server.asked.length === 2, 'both were asked');
    const checkpoint = checkpointOf(first);
    t.match(JSON.parse(checkpoint).tools, [{ tool: 'pay' }, { tool: 'find_order' }], 'it was known before');
    const written = events.length;
    server.replies.length = 0;

    const second = await process({ resume: { times: 1, checkpoint } }).answer();
    t.match(details('tool.ended'), [
      { tool: 'pay', outcome: 'unknown', why: 'processLost' },
      { tool: 'find_order', outcome: 'unknown', why: 'processLost' },
    ]);
    await second.pass(9000);
    await say(second);
    await until(() => llm.requests.length === 2, 'the model was asked');
    const told = llm.requests[1]?.messages.filter(({ role }) => role === 'tool');
    t.match(told, [{ text: /"unknown"/ }, { text: /"unknown"/ }]);
    await second.pass(6000);
    await say(second);
    await until(() => server.asked.length === 3, 'what is only read is asked again');
    await until(() => llm.requests.length === 4, 'and told');
    t.same(
      server.asked.map(({ url }) => url).toSorted(),
      ['/orders/A', '/orders/A', '/payments'],
      'and nothing is paid twice',
    );
    t.match(llm.requests[3]?.messages.slice(-2), [{ text: /called before/ }, { text: /"done"/ }]);
    t.same(events.slice(written).filter(({ type }) => type === 'tool.begun').length, 1);
    t.match(details('tool.refused'), [{ tool: 'pay', why: 'again' }]);
    const keys = events.map(({ key }) => key);
    t.equal(new Set(keys).size, keys.length);
    first.call.hangUp('localHangup');
    second.call.hangUp('localHangup');
    await settle();
  },
);

t.test('an answer of which the model was not told is taken over', async t => {
  const { server, llm, process, details } = await shop(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ body: '{"id":7}', until: slow.promise });
  llm.answers.push(
    ['I am paying it now, one moment please. ', called('pay', { order: 'A' })],
    ['It is paid.'],
  );
  const first = await process().answer();
  await first.pass(6000);
  await say(first);
  await until(() => server.asked.length === 1, 'it was asked');
  await first.speak(1500);
  slow.resolve();
  await until(() => details('tool.ended').length === 1, 'it ended');
  await first.pass(20);
  const checkpoint = checkpointOf(first);
  t.match(JSON.parse(checkpoint).tools, [{ tool: 'pay', answer: { isUnknown: false } }]);
  const second = await process({ resume: { times: 1, checkpoint } }).answer();
  await second.pass(9000);
  await say(second);
  await until(() => llm.requests.length === 2, 'the model was asked');
  t.match(
    llm.requests[1]?.messages.filter(({ role }) => role === 'tool'),
    [{ text: '{"status":"done","answer":{"id":7}}' }],
  );
  first.call.hangUp('localHangup');
  second.call.hangUp('localHangup');
});

t.test('nothing is begun that the disk does not know of', async t => {
  const { server, llm, process } = await shop(t);
  let isStuck = false;
  const flush = () => (isStuck ? new Promise<never>(() => undefined) : Promise.resolve());
  llm.answers.push([called('pay', { order: 'A' })], ['Not now.']);
  const rig = await process({ flush }).answer();
  await rig.pass(6000);
  isStuck = true;
  await say(rig);
  await rig.pass(LIMITS.toolWrittenMs);
  await until(() => llm.requests.length === 2, 'the model was told');
  t.match(llm.requests[1]?.messages.at(-1), { role: 'tool', text: /"failed"/ });
  t.equal(server.asked.length, 0);
});

t.test('nothing is begun that the edge does not know of', async t => {
  const { server, llm, process } = await shop(t);
  llm.answers.push([called('pay', { order: 'A' }), called('find_order', { order: 'A' })], ['Not now.']);
  const rig = await process({ isEdgeAway: true }).answer();
  await rig.pass(6000);
  await say(rig);
  await until(() => server.asked.length === 1, 'what is only read is asked at once');
  await rig.pass(LIMITS.toolWrittenMs);
  await until(() => llm.requests.length === 2, 'the model was told');
  t.match(llm.requests[1]?.messages.slice(-2), [{ text: /"failed"/ }, { text: /"done"/ }]);
  t.same(
    server.asked.map(({ url }) => url),
    ['/orders/A'],
  );
  const last = rig.sent.findLast(message => message.type === 'checkpoint');
  rig.calls.receive({
    type: 'checkpointKept',
    slot: 0,
    number: last?.type === 'checkpoint' ? last.number : 0,
  });
  await settle();
  t.equal(server.asked.length, 1, 'nor later');
});

t.test('the record has what was run, and the end of the call comes last', async t => {
  const { server, llm, process, events, details } = await shop(t);
  const slow = Promise.withResolvers<void>();
  server.replies.push({ status: 404, until: slow.promise });
  llm.answers.push([called('pay', { order: 'A' })]);
  const rig = await process().answer();
  await rig.pass(6000);
  await say(rig);
  await until(() => server.asked.length === 1, 'it was asked');
  rig.call.hangUp('localHangup');
  slow.resolve();
  await until(() => events.at(-1)?.type === 'call.ended', 'the call is over');
  const [begun] = details('tool.begun') as { run: string }[];
  t.match(begun, { tool: 'pay', arguments: '{"order":"A"}', run: /^tool_[0-9a-f]{12}$/ });
  t.match(details('tool.ended'), [
    { run: begun?.run, tool: 'pay', outcome: 'failed', why: 'refused', attempts: 1, httpStatus: 404 },
  ]);
});
