import t, { type Test } from 'tap';
import { findSounds, type Sound, SoundDetector } from '../../bench/wire/onset.ts';

const RATE_HZ = 8000;
const TOLERANCE_MS = 5;

/** Uniform noise of the given level. */
function noise(lengthMs: number, dbfs: number, seed = 1): Float64Array {
  const peak = 32768 * 10 ** (dbfs / 20) * Math.sqrt(3);
  let state = seed;
  return Float64Array.from({ length: (lengthMs * RATE_HZ) / 1000 }, () => {
    state = (state * 48271) % 2147483647;
    return (state / 1073741823.5 - 1) * peak;
  });
}

/** Something like a voice: 140 Hz pulses with overtones, swelling and fading four times a second. */
function addVoice(pcm: Float64Array, fromMs: number, toMs: number, dbfs: number): void {
  const peak = 32768 * 10 ** (dbfs / 20) * 1.4;
  for (let i = (fromMs * RATE_HZ) / 1000; i < (toMs * RATE_HZ) / 1000; i += 1) {
    const seconds = i / RATE_HZ;
    const swell = 0.75 + 0.25 * Math.sin(2 * Math.PI * 4 * seconds);
    const pulses = [1, 2, 3, 5, 8].reduce((sum, k) => sum + Math.sin(2 * Math.PI * 140 * k * seconds) / k, 0);
    pcm[i]! += peak * swell * pulses * 0.8;
  }
}

function near(t: Test, found: readonly Sound[], wanted: readonly (readonly [number, number])[]): void {
  t.equal(found.length, wanted.length, JSON.stringify(found));
  for (const [i, [startMs, endMs]] of wanted.entries()) {
    t.ok(Math.abs(found[i]!.startMs - startMs) <= TOLERANCE_MS, `start ${found[i]!.startMs} near ${startMs}`);
    t.ok(Math.abs(found[i]!.endMs! - endMs) <= TOLERANCE_MS, `end ${found[i]!.endMs} near ${endMs}`);
  }
}

for (const noiseDbfs of [-90, -65, -50]) {
  t.test(`voice at −20 dBFS over noise at ${noiseDbfs} dBFS`, async t => {
    const pcm = noise(4000, noiseDbfs);
    addVoice(pcm, 503, 1301, -20);
    addVoice(pcm, 2217, 3005, -20);
    near(t, findSounds(Int16Array.from(pcm), { rateHz: RATE_HZ, hangMs: 200 }), [
      [503, 1301],
      [2217, 3005],
    ]);
  });
}

t.test('gaps shorter than the hang time belong to the sound', async t => {
  const pcm = noise(2000, -80);
  addVoice(pcm, 300, 600, -20);
  addVoice(pcm, 750, 1000, -20);
  near(t, findSounds(Int16Array.from(pcm), { rateHz: RATE_HZ, hangMs: 200 }), [[300, 1000]]);
  t.equal(findSounds(Int16Array.from(pcm), { rateHz: RATE_HZ, hangMs: 100 }).length, 2);
});

t.test('steady noise and clicks are no sound', async t => {
  t.same(findSounds(Int16Array.from(noise(3000, -55)), { rateHz: RATE_HZ, hangMs: 200 }), []);
  const clicks = new Int16Array(8000);
  for (let i = 500; i < 8000; i += 1000) clicks[i] = 20_000;
  t.same(findSounds(clicks, { rateHz: RATE_HZ, hangMs: 200 }), []);
});

t.test('loud noise that stays becomes the line’s noise', async t => {
  const found = findSounds(Int16Array.from(noise(12_000, -40)), { rateHz: RATE_HZ, hangMs: 200 });
  t.ok(
    found.every(({ startMs }) => startMs < 3000),
    JSON.stringify(found),
  );
});

t.test('a sound ends by time alone when nothing more arrives', async t => {
  const pcm = noise(300, -80);
  addVoice(pcm, 100, 300, -20);
  const ended: number[] = [];
  const detector = new SoundDetector(
    { rateHz: RATE_HZ, hangMs: 200 },
    { started: () => {}, ended: (_, endMs) => ended.push(endMs) },
  );
  detector.write(Int16Array.from(pcm), 0);
  detector.advance(450);
  t.ok(detector.sounding);
  detector.advance(510);
  t.same(ended, [300]);
  t.notOk(detector.sounding);
});
