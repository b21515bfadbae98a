import t from 'tap';
import { ToolReceivers } from '../../src/agent/tools/tool_receivers.ts';
import { Delivery } from '../../src/jobs/delivery.ts';
import type { Outbox } from '../../src/store/outbox.ts';
import { startToolServer, until } from '../agent/tools/tool_server.ts';
import { VISITS, visits } from '../workflow/act_flows.ts';

const server = await startToolServer();
const tools = new ToolReceivers({ folder: '/', env: {} }, () => undefined);
const flow = visits(VISITS.replaceAll('https://shop.example', server.url));
t.teardown(async () => {
  await tools.close();
  await server.close();
});

function delivery(): Delivery {
  const effect = { callId: 'call-1', workflow: 'visits', tool: 'note_down', key: 'k'.repeat(32) };
  const argumentsJson = JSON.stringify({ text: 'At noon.', kind: 'visit' });
  const outbox = {
    find: async () => ({ effectId: 'call-1:1', ...effect, argumentsJson }),
  } as unknown as Outbox;
  return new Delivery({
    tenantId: 'acme',
    outbox,
    tools,
    toolOf: async ({ tool }) => flow.tool?.(flow.initial, tool),
  });
}

t.test('what the end of the process breaks off is no try of its receiver', async t => {
  server.replies.push({ until: new Promise(() => undefined) });
  const mine = delivery();
  const tried = mine.try('call-1:1');
  await until(() => server.asked.length === 1, 'it was asked');
  mine.close();
  t.same(await tried, { state: 'stopped' });
});

t.test('what came of it before is', async t => {
  server.replies.push({ status: 503 }, { status: 422 }, {});
  const mine = delivery();
  t.match(await mine.try('call-1:1'), { state: 'again', httpStatus: 503 });
  t.match(await mine.try('call-1:1'), { state: 'givenUp', why: 'refused', httpStatus: 422 });
  t.match(await mine.try('call-1:1'), { state: 'delivered', httpStatus: 200 });
});
