import t from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import { LegOrders } from '../../src/http/leg_orders.ts';
import { Handlers } from '../../src/ipc/handlers.ts';
import type { LegWish, Message } from '../../src/ipc/messages.ts';
import { startTestPlane, WITH_KEY } from './test_plane.ts';

const URL = '/api/calls/call-1/legs';

const post = (payload: object) => ({ method: 'POST', url: URL, headers: WITH_KEY, payload }) as const;

async function plane() {
  const added: [callId: string, leg: LegWish][] = [];
  const dropped: string[] = [];
  const legs = {
    add: async (callId: string, leg: LegWish) => void added.push([callId, leg]),
    drop: async (callId: string, legId: string) => {
      if (legId === 'nobody') throw new TrunklineError('NOT_FOUND', 'the call has no such leg');
      dropped.push(`${callId} ${legId}`);
    },
  };
  return { added, dropped, ...(await startTestPlane({ plane: { legs } })) };
}

t.test('a number or a room is ordered, beside the agent if nothing else is said', async t => {
  const { app, added, end } = await plane();
  t.teardown(end);
  const answer = await app.inject(post({ number: '+15550111' }));
  t.equal(answer.statusCode, 201);
  const { legId } = answer.json();
  t.match(legId, /^[0-9a-f-]{36}$/);
  await app.inject(
    post({ number: '*98', trunk: 'carrier', callerNumber: '+15550100', mode: 'listen', keepAgent: false }),
  );
  await app.inject(post({ room: 'desk 1', mode: 'whisper' }));
  t.match(added, [
    ['call-1', { legId, mode: 'bridge', keepAgent: true, to: { kind: 'number', number: '+15550111' } }],
    [
      'call-1',
      {
        mode: 'listen',
        keepAgent: false,
        to: { kind: 'number', number: '*98', trunk: 'carrier', callerNumber: '+15550100' },
      },
    ],
    ['call-1', { mode: 'whisper', to: { kind: 'room', room: 'desk 1' } }],
  ]);
});

t.test('odd orders are refused, and nobody is called', async t => {
  const { app, added, end } = await plane();
  t.teardown(end);
  const odd = [
    {},
    { number: '+15550111', room: 'desk' },
    { number: 'sip:alice@example.com' },
    { number: '+15550111\r\nX: y' },
    { number: '+15550111', trunk: '../x' },
    { number: '+15550111', mode: 'shout' },
    { number: '+15550111', keepAgent: 'no' },
    { room: '' },
    { room: 'x'.repeat(513) },
    { number: '+15550111', more: 1 },
  ];
  for (const body of odd) {
    const answer = await app.inject(post(body));
    t.equal(answer.statusCode, 400, JSON.stringify(body).slice(0, 60));
    t.equal(answer.json().error.code, 'BAD_REQUEST');
  }
  const { headers: _, ...keyless } = post({ number: '+15550111' });
  t.equal((await app.inject(keyless)).statusCode, 401);
  t.same(added, []);
});

t.test('a leg is dropped, the agent, too', async t => {
  const { app, dropped, end } = await plane();
  t.teardown(end);
  const drop = (legId: string) => app.inject({ method: 'DELETE', url: `${URL}/${legId}`, headers: WITH_KEY });
  t.equal((await drop('leg-1')).statusCode, 204);
  t.equal((await drop('agent')).statusCode, 204);
  t.equal((await drop('nobody')).statusCode, 404);
  t.same(dropped, ['call-1 leg-1', 'call-1 agent']);
});

/** The edge at the other end of a link. */
function edge() {
  const sent: Message[] = [];
  const handlers = new Handlers(error => {
    throw error;
  });
  const link = {
    send: (_: string, message: Message) => void sent.push(message),
    on: handlers.on.bind(handlers),
  };
  const orders = (): string[] =>
    sent.flatMap(message =>
      message.type === 'addLeg' || message.type === 'dropLeg' ? [message.orderId] : [],
    );
  const answer = (orderId: string, refused: { code: 'CAPACITY'; detail: string } | null): void =>
    handlers.dispatch({ from: 'edge', to: 'api', message: { type: 'legAnswer', orderId, refused } });
  return { sent, orders, answer, link };
}

const LEG = { legId: 'one', mode: 'bridge', keepAgent: true, to: { kind: 'room', room: 'desk' } } as const;

t.test('what the edge says is the answer, each to its order', async t => {
  const { sent, orders, answer, link } = edge();
  const legs = new LegOrders(link);
  const added = legs.add('call', LEG);
  const refused = t.rejects(legs.drop('call', 'agent'), { code: 'CAPACITY', detail: 'none left' });
  const dropped = legs.drop('another', 'agent');
  t.same(
    sent.map(({ type }) => type),
    ['addLeg', 'dropLeg', 'dropLeg'],
  );
  const [add = '', drop = '', other = ''] = orders();
  answer(other, null);
  await dropped;
  answer(other, { code: 'CAPACITY', detail: 'said twice' });
  answer('unknown', null);
  answer(drop, { code: 'CAPACITY', detail: 'none left' });
  await refused;
  answer(add, null);
  await added;
});

t.test('an edge that says nothing is not waited for, and may call nobody later', async t => {
  const { sent, link } = edge();
  await t.rejects(new LegOrders(link, 5).add('call', LEG), { code: 'LINE_FAILED' });
  t.match(sent[1], { type: 'dropLeg', callId: 'call', legId: 'one' });
  await t.rejects(new LegOrders(link, 5).drop('call', 'agent'), { code: 'LINE_FAILED' });
  t.equal(sent.length, 3);
});
