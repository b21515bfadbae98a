import t from 'tap';
import type { PersonOrder } from '../../src/calls/bridge_legs.ts';
import { TalkPeople } from '../../src/calls/talk_people.ts';

const PEOPLE = {
  sales: { number: '+15550111', trunk: 'out' },
  bridged: { number: '+15550112', by: 'bridge' },
  referred: { number: '+15550113', by: 'refer' },
  exchange: { uri: 'sip:6001@pbx.example.com' },
  desk: { room: 'desk-1' },
} as const;

function rig({ isPhone = true } = {}) {
  const orders: PersonOrder[] = [];
  const soon: (() => void)[] = [];
  const people = new TalkPeople({
    people: PEOPLE,
    isPhone,
    order: order => orders.push(order),
    told: () => undefined,
    soon: action => soon.push(action),
  });
  const news: string[] = [];
  const call = (person: string) => people.call(person, what => news.push(what));
  const idOf = (order: PersonOrder | undefined): string => {
    if (order?.do === 'refer') return order.transferId;
    return order?.do === 'call' ? order.leg.legId : '';
  };
  const ends = (result: string): void =>
    people.leg({ type: 'transfer.ended', detail: { transfer: idOf(orders.at(-1)), result, mediaMs: 0 } });
  return { orders, soon, people, news, call, ends, last: () => idOf(orders.at(-1)) };
}

t.test("how a person is called is theirs, or the caller's trunk's", async t => {
  const { orders, call } = rig();
  for (const person of Object.keys(PEOPLE)) call(person);
  t.match(orders, [
    { do: 'refer', person: 'sales', isWished: false, to: { kind: 'number', number: '+15550111' } },
    { do: 'call', person: 'bridged', leg: { to: { kind: 'number', number: '+15550112' } } },
    { do: 'refer', person: 'referred', isWished: true, to: { kind: 'number', number: '+15550113' } },
    { do: 'refer', person: 'exchange', isWished: true, to: { kind: 'uri', uri: 'sip:6001@pbx.example.com' } },
    { do: 'call', person: 'desk', leg: { to: { kind: 'room', room: 'desk-1' } } },
  ]);
});

t.test('a call by a room has no far end to ask', async t => {
  const { orders, call, soon, news } = rig({ isPhone: false });
  for (const person of ['sales', 'referred', 'exchange', 'nobody']) call(person);
  t.match(orders, [
    { do: 'call', person: 'sales' },
    { do: 'call', person: 'referred' },
  ]);
  t.same(news, [], 'not before it has returned');
  for (const action of soon) action();
  t.same(news, ['failed', 'failed']);
});

t.test("who is not called by the caller's side is called by this one", async t => {
  for (const refuse of ['edge', 'far end'] as const) {
    const { orders, call, people, ends, last, news } = rig();
    const leg = call('sales');
    const transfer = last();
    if (refuse === 'edge') people.refused(transfer);
    else ends('refused');
    t.match(orders.at(-1), { do: 'call', leg: { to: { number: '+15550111', trunk: 'out' } } });
    t.not(last(), transfer);
    people.leg({ type: 'leg.answered', detail: { leg: last(), mediaMs: 0 } });
    leg.join();
    t.same(orders.at(-1), { do: 'join', legId: orders[1]?.do === 'call' ? orders[1].leg.legId : '' });
    t.same(news, ['answered']);
  }
  const { orders, call, ends, news } = rig();
  call('exchange');
  ends('refused');
  t.equal(orders.length, 1, 'but for one without a number');
  t.same(news, ['failed']);
});

t.test('what becomes of a transfer', async t => {
  for (const [result, what] of [
    ['taken', 'taken'],
    ['busy', 'busy'],
    ['declined', 'declined'],
    ['noAnswer', 'noAnswer'],
    ['unreachable', 'failed'],
    ['unknown', 'failed'],
  ]) {
    const { orders, call, ends, news } = rig();
    call('referred');
    ends(result ?? '');
    t.same(news, [what]);
    t.equal(orders.length, 1, 'whoever may have been called is not called again');
  }
});

t.test('one that is no longer wanted is not heard of, and nobody is called in its place', async t => {
  const { orders, call, people, last, news } = rig();
  const leg = call('sales');
  const transfer = last();
  leg.drop();
  people.refused(transfer);
  t.same(orders.at(-1), { do: 'drop', legId: transfer });
  t.same(news, []);
});
