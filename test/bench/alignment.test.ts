import t from 'tap';
import { driftOf, findMarks } from '../../bench/recording/alignment.ts';

const WIRE_RATE_HZ = 8000;
const RECORDED_RATE_HZ = 16_000;
const BURSTS = 12;
const BURST_MS = 400;
const EVERY_MS = 1500;

/** Bursts of a rough, unrepeated sound, each moved by so much; the same sound at either rate. */
function leg(rateHz: number, movedMs: (burst: number) => number): Int16Array {
  const pcm = new Int16Array(((BURSTS + 4) * EVERY_MS * rateHz) / 1000);
  for (let burst = 0; burst < BURSTS; burst += 1) {
    const from = Math.round(((1000 + burst * EVERY_MS + movedMs(burst)) * rateHz) / 1000);
    for (let i = 0; i < (BURST_MS * rateHz) / 1000; i += 1) {
      const s = i / rateHz;
      pcm[from + i] = 4000 * (Math.sin(s * 900 * (1 + burst)) + Math.sin(s * (2000 + 3000 * s) * 6));
    }
  }
  return pcm;
}

function compared(movedMs: (burst: number) => number, expectedMs: number) {
  const wire = { pcm: leg(WIRE_RATE_HZ, () => 0), rateHz: WIRE_RATE_HZ };
  const recorded = { pcm: leg(RECORDED_RATE_HZ, movedMs), rateHz: RECORDED_RATE_HZ };
  return findMarks(wire, recorded, expectedMs);
}

t.test('a steady lag is no drift', async t => {
  const drift = driftOf(compared(() => 1234, 900));
  t.match(drift, { marks: BURSTS, missed: 0 });
  t.ok(Math.abs(drift.driftMs) <= 0.25 && Math.abs(drift.firstLagMs - 1234) <= 0.5, JSON.stringify(drift));
});

t.test('a lag that grows is found, whichever way', async t => {
  for (const perBurstMs of [3, -3]) {
    const { driftMs, worstMs } = driftOf(compared(burst => 500 + burst * perBurstMs, 0));
    t.ok(Math.abs(driftMs - 9 * perBurstMs) <= 0.5, `${driftMs} ms`);
    t.ok(Math.abs(worstMs - 16.5) <= 0.5, `${worstMs} ms`);
  }
});

t.test('one that goes astray is the worst, not the drift', async t => {
  const { driftMs, worstMs } = driftOf(compared(burst => (burst === 6 ? 240 : 200), 0));
  t.ok(Math.abs(driftMs) <= 0.25);
  t.ok(Math.abs(worstMs - 40) <= 0.5);
});

t.test('silence and what lies elsewhere are not taken for marks', async t => {
  const wire = { pcm: leg(WIRE_RATE_HZ, () => 0), rateHz: WIRE_RATE_HZ };
  const silence = { pcm: new Int16Array(RECORDED_RATE_HZ * 20), rateHz: RECORDED_RATE_HZ };
  t.throws(() => driftOf(findMarks(wire, silence, 0)), /only 0 sounds/);
  t.throws(() => driftOf(compared(() => 5000, 0)), /were found/);
});
