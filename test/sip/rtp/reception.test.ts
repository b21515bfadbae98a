import t from 'tap';
import { Reception } from '../../../sip/rtp/reception.ts';

/** Packets of 20 ms, each as long on the way as `delayMs` says. */
function feed(
  reception: Reception,
  sequences: readonly number[],
  delayMs: (index: number) => number = () => 0,
): void {
  for (const [i, sequence] of sequences.entries()) {
    reception.note(sequence & 0xffff, sequence * 160, 1_000 + i * 20 + delayMs(i));
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

t.test('numbers that roll over are counted on', async t => {
  const reception = new Reception(7, 8);
  feed(reception, range(65_500, 65_700));
  t.match(reception.report(9_000), { ssrc: 7, packetsLost: 0, highestSequence: 0x10000 + 163 });
  t.equal(reception.received, 200);
});

t.test('losses are counted since the start and since the last report (RFC 3550 §A.3)', async t => {
  const reception = new Reception(7, 8);
  feed(
    reception,
    range(0, 100).filter(n => n % 4 !== 1),
  );
  t.match(reception.report(0), { packetsLost: 25, fractionLost: 64 });
  t.equal(reception.lost, 25);
  feed(reception, range(100, 200));
  t.match(reception.report(0), { packetsLost: 25, fractionLost: 0 });
});

t.test('packets out of order are no losses, duplicates no gains', async t => {
  const reception = new Reception(7, 8);
  feed(reception, [10, 11, 13, 12, 12, 14, 14, 9]);
  t.equal(reception.received, 6);
  t.equal(reception.duplicates, 2);
  t.match(reception.report(0), { packetsLost: -1, fractionLost: 0, highestSequence: 14 });
  t.equal(reception.lost, 0);
});

t.test('one stray number is passed over; two in a row begin anew', async t => {
  const reception = new Reception(7, 8);
  feed(reception, range(0, 50));
  t.equal(reception.note(30_000, 0, 2_000), 'stray');
  t.equal(reception.note(50, 0, 2_000), 'fresh');
  t.equal(reception.received, 51);
  t.equal(reception.note(30_000, 0, 2_000), 'stray');
  t.equal(reception.note(30_001, 0, 2_000), 'fresh');
  t.match(reception.report(0), { highestSequence: 30_001, packetsLost: 0 });
});

t.test('jitter is that of RFC 3550 §A.8', async t => {
  const steady = new Reception(7, 8);
  feed(steady, range(0, 500));
  t.equal(steady.jitterMs, 0);
  const shaken = new Reception(7, 8);
  // Every other packet 16 ms late: the mean change of transit is 16 ms.
  feed(shaken, range(0, 500), i => (i % 2) * 16);
  t.ok(Math.abs(shaken.jitterMs - 16) < 0.01, `${shaken.jitterMs} ms`);
});

t.test('the last report and the time since are told', async t => {
  const reception = new Reception(7, 8);
  feed(reception, [1]);
  t.match(reception.report(500), { lastReport: 0, delaySinceLastReport: 0 });
  reception.noteReport(0xaabbccdd, 0x11223344, 1_000);
  t.match(reception.report(3_500), { lastReport: 0xccdd1122, delaySinceLastReport: 2.5 * 65_536 });
});
