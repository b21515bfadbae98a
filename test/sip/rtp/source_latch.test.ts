import t from 'tap';
import { SourceLatch } from '../../../sip/rtp/source_latch.ts';

const MEANT = ['192.0.2.1', 4_000] as const;
const NAT = ['198.51.100.7', 40_001] as const;
const STRANGER = ['203.0.113.9', 5_000] as const;

function latchOn(host: string, port: number): SourceLatch {
  const latch = new SourceLatch();
  latch.expect(host, port);
  return latch;
}

/** Gives packets in sequence, 20 ms apart, and says which were heard. */
function stream(
  latch: SourceLatch,
  [host, port]: readonly [string, number],
  packets: number,
  fromMs = 0,
  sequence = 100,
): boolean[] {
  return Array.from({ length: packets }, (_, i) =>
    latch.admit(host, port, port, (sequence + i) & 0xffff, fromMs + i * 20),
  );
}

t.test('who is where the signalling said is heard from the first packet on', async t => {
  const latch = latchOn(...MEANT);
  t.same([latch.host, latch.port], MEANT);
  t.same(stream(latch, MEANT, 2), [true, true]);
  t.same(stream(latch, STRANGER, 200, 40).filter(Boolean), [], 'and nobody else');
  t.same(stream(latch, MEANT, 1, 4_100), [true]);
  t.equal(latch.refused, 200);
});

t.test('behind a NAT, the source shows itself; packets go back there', async t => {
  const latch = latchOn(...MEANT);
  t.same(stream(latch, NAT, 5, 0, 65_534), [false, false, false, true, true]);
  t.same([latch.host, latch.port], NAT);
  const sameHost = latchOn('192.0.2.1', 9);
  t.same(stream(sameHost, MEANT, 3), [false, true, true], 'sooner on the host that was told');
});

t.test('a stranger can not take a call over while its source speaks', async t => {
  const latch = latchOn(...MEANT);
  stream(latch, NAT, 4);
  for (let i = 0; i < 500; i += 1) {
    const nowMs = 100 + i * 20;
    t.ok(latch.admit(...NAT, 1, 200 + i, nowMs));
    t.notOk(latch.admit(...STRANGER, 1, 200 + i, nowMs + 1), 'even with the right numbers');
    t.notOk(latch.admit(NAT[0], 9, 1, 200 + i, nowMs + 2), 'or from another port of that host');
  }
  t.notOk(latch.admitsControl(STRANGER[0]));
  t.ok(latch.admitsControl(NAT[0]));
  t.equal(latch.changes, 0);
});

t.test('after a silence another source may follow, but not with one packet', async t => {
  const latch = latchOn(...MEANT);
  stream(latch, NAT, 4);
  t.same(stream(latch, ['198.51.100.7', 40_077], 6, 1_800).filter(Boolean), [], 'not yet');
  t.same(stream(latch, STRANGER, 300, 3_000).filter(Boolean), [], 'and another host not for long');
  t.same(stream(latch, ['198.51.100.7', 40_077], 6, 9_100), [false, false, false, true, true, true]);
  t.equal(latch.changes, 1);
  t.same(stream(latch, STRANGER, 5, 30_000), [false, false, false, true, true]);
  t.notOk(stream(latch, NAT, 3, 30_100).some(Boolean), 'the one before is a stranger now');
});

t.test('numbers that do not follow each other are not believed', async t => {
  const latch = latchOn(...MEANT);
  for (let i = 0; i < 1_000; i += 1) t.notOk(latch.admit(...STRANGER, 7, (i * 7_919) & 0xffff, i));
  for (let i = 0; i < 1_000; i += 1) t.notOk(latch.admit(...STRANGER, i, i, i), 'nor ever other sources');
});

t.test('a flood from elsewhere does not keep out who is meant', async t => {
  const latch = latchOn('192.0.2.1', 9);
  t.notOk(latch.admit(...MEANT, 1, 1, 0));
  for (let i = 0; i < 3; i += 1) latch.admit(...STRANGER, 2, i, 1);
  t.ok(latch.admit(...MEANT, 1, 2, 2));
  const taken = latchOn(...MEANT);
  stream(taken, STRANGER, 10);
  t.ok(taken.isLatched, 'a stranger was first');
  t.ok(taken.admit(...MEANT, 1, 1, 300), 'who is meant takes over');
  t.notOk(taken.admit(...STRANGER, 1, 1, 301));
});

t.test('the signalling moves the call', async t => {
  const latch = latchOn(...MEANT);
  stream(latch, MEANT, 4);
  latch.expect(...MEANT);
  t.notOk(stream(latch, STRANGER, 8, 100).some(Boolean), 'the same again opens nothing');
  latch.expect(...NAT);
  t.same([latch.host, latch.port], NAT);
  t.same(stream(latch, NAT, 2, 300), [true, true]);
  t.notOk(stream(latch, MEANT, 8, 400).some(Boolean));
});
