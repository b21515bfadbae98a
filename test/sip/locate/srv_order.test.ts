import t from 'tap';
import type { SrvRecord } from '../../../sip/locate/resolver.ts';
import { orderServices } from '../../../sip/locate/srv_order.ts';
import { createRandom } from '../rtp/random.ts';

function record(priority: number, weight: number, name: string): SrvRecord {
  return { priority, weight, port: 5060, name };
}

function names(records: readonly SrvRecord[]): string {
  return records.map(({ name }) => name).join('');
}

t.test('priorities come in their order, whatever the weights', async t => {
  const records = [record(20, 900, 'c'), record(5, 0, 'a'), record(10, 5, 'b')];
  for (const drawn of [0, 0.5, 0.999999]) t.equal(names(orderServices(records, () => drawn)), 'abc');
});

t.test('equal priorities are drawn by their running sums (RFC 2782)', async t => {
  const records = [record(0, 1, 'a'), record(0, 3, 'b'), record(0, 0, 'z')];
  // 0 to 4: z up to 0, a up to 1, b up to 4.
  t.equal(names(orderServices(records, () => 0)), 'zab');
  t.equal(names(orderServices(records, () => 0.2)).slice(0, 1), 'a');
  t.equal(names(orderServices(records, () => 0.4)).slice(0, 1), 'b');
  t.equal(names(orderServices(records, () => 0.999)), 'baz');
});

t.test('each comes first as often as it weighs', async t => {
  const random = createRandom(7);
  const records = [record(0, 10, 'a'), record(0, 30, 'b'), record(0, 60, 'c'), record(0, 0, 'z')];
  const first = { a: 0, b: 0, c: 0, z: 0 };
  const draws = 20_000;
  for (let n = 0; n < draws; n += 1) {
    const [winner] = orderServices(records, random);
    first[winner?.name as keyof typeof first] += 100 / draws;
  }
  for (const [name, percent] of [
    ['a', 10],
    ['b', 30],
    ['c', 60],
  ] as const)
    t.ok(Math.abs(first[name] - percent) < 2, `${name}: ${first[name]} %`);
  t.ok(first.z > 0 && first.z < 3, `z: ${first.z} %`);
});

t.test('the best of too many', async t => {
  const records = Array.from({ length: 3000 }, (_, n) => record(n % 3, n, 'x'));
  const ordered = orderServices(records, () => 0.5);
  t.equal(ordered.length, 16);
  t.ok(ordered.every(({ priority, weight }) => priority === 0 && weight > 2900));
});
