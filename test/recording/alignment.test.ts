import t, { type Test } from 'tap';
import { scratchFolder } from '../store/postgres.ts';
import { type Places, simulateCall, type Weather } from './simulated_call.ts';

const SECONDS = 180;
const MOST_DRIFT_MS = 20;

/** Lags of the recorded marks, each with the mark that is nearest to it. */
function lagsMs({ truthMs, recordedMs }: Places): number[] {
  return recordedMs.map(ms => {
    const lags = truthMs.map(truth => ms - truth);
    return lags.reduce(
      (best, lag) => (Math.abs(lag) < Math.abs(best) ? lag : best),
      Number.POSITIVE_INFINITY,
    );
  });
}

async function keepsToTheWire(t: Test, weather: Weather, mayLose = 0): Promise<void> {
  const { dir, remove } = scratchFolder();
  t.teardown(remove);
  const { caller, agent, durationMs } = await simulateCall(dir, weather);
  t.ok(Math.abs(durationMs - (weather.seconds - 2) * 1000) <= 10, `as long as it took: ${durationMs} ms`);
  for (const [leg, places] of Object.entries({ caller, agent })) {
    const lags = lagsMs(places);
    t.ok(
      lags.length >= places.truthMs.length - mayLose,
      `${leg}: ${lags.length} marks of ${places.truthMs.length}`,
    );
    const spreadMs = Math.max(...lags) - Math.min(...lags);
    t.ok(spreadMs < MOST_DRIFT_MS, `${leg}: all marks lie within ${spreadMs.toFixed(1)} ms`);
  }
}

/** Numbers from 0 to 1, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

t.test('steady', t => keepsToTheWire(t, { seconds: SECONDS }));

t.test('the caller’s clock is slower', t => keepsToTheWire(t, { seconds: SECONDS, callerSlowPpm: 300 }));

t.test('the caller’s clock is faster', t => keepsToTheWire(t, { seconds: SECONDS, callerSlowPpm: -300 }, 2));

t.test('lateness that comes and goes: the reserve grows and shrinks, the places stay', t => {
  const random = seeded(7);
  let last = 0;
  const delayMs = (frame: number): number => {
    const isRough = frame % 6000 > 1000 && frame % 6000 < 2500;
    // Frames are never overtaken.
    last = Math.max(last - 10, isRough ? random() * 55 : random() * 4);
    return last;
  };
  return keepsToTheWire(t, { seconds: SECONDS, delayMs }, 4);
});

t.test('a process that is late, and one that stands still', t => {
  const random = seeded(11);
  const stalls = new Map<number, number>();
  for (let ms = 5000; ms < SECONDS * 1000; ms += 1000 + Math.floor(random() * 30))
    stalls.set(ms, 20 + Math.floor(random() * 60));
  for (const ms of [30_400, 91_400, 150_400]) stalls.set(ms, 250);
  stalls.set(120_400, 900);
  return keepsToTheWire(t, { seconds: SECONDS, stalls }, 12);
});
