import t from 'tap';
import { asDelivered } from '../../src/agent/delivery.ts';
import { SlowedSpeech } from '../../src/agent/slowed_speech.ts';
import type { SpokenPiece } from '../../src/providers/types.ts';

const RATE_HZ = 8000;
const PITCH_HZ = 137;

/** Periods of a voice whose loudness moves like syllables. */
function voice(seconds: number): Int16Array {
  return Int16Array.from({ length: seconds * RATE_HZ }, (_, i) => {
    const phase = (2 * Math.PI * PITCH_HZ * i) / RATE_HZ;
    const loudness = 0.5 + 0.5 * Math.sin((2 * Math.PI * 3 * i) / RATE_HZ);
    return 8000 * loudness * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(5 * phase));
  });
}

function slowed(pcm: Int16Array, tempo: number, pieceSamples = pcm.length): Int16Array {
  const speech = new SlowedSpeech(RATE_HZ, tempo);
  const parts: number[] = [];
  for (let at = 0; at < pcm.length; at += pieceSamples)
    parts.push(...speech.push(pcm.subarray(at, at + pieceSamples)));
  return Int16Array.from([...parts, ...speech.end()]);
}

/** The lag, in samples, at which sound is most like itself. */
function period(pcm: Int16Array): number {
  const likeness = (lag: number) => {
    let sum = 0;
    for (let i = 0; i + lag < pcm.length; i += 1) sum += pcm[i]! * pcm[i + lag]!;
    return sum / (pcm.length - lag);
  };
  const lags = Array.from({ length: 80 }, (_, i) => 30 + i);
  return lags.reduce((best, lag) => (likeness(lag) > likeness(best) ? lag : best));
}

function rms(pcm: Int16Array): number {
  return Math.sqrt(pcm.reduce((sum, sample) => sum + sample * sample, 0) / pcm.length);
}

/** The largest step from one sample to the next. */
function roughest(pcm: Int16Array): number {
  let most = 0;
  for (let i = 1; i < pcm.length; i += 1) most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!));
  return most;
}

t.test('slower speech is longer, at the same pitch and level, without clicks', async t => {
  const spoken = voice(2);
  for (const tempo of [1, 0.85, 0.72, 0.5]) {
    const slow = slowed(spoken, tempo);
    t.equal(slow.length, Math.round(spoken.length / tempo));
    t.equal(period(slow), period(spoken), `pitch at ${tempo}`);
    t.ok(Math.abs(rms(slow) / rms(spoken) - 1) < 0.05, `level at ${tempo}`);
    t.ok(roughest(slow) < 1.2 * roughest(spoken), `no clicks at ${tempo}`);
  }
});

t.test('pieces of any length make the same sound', async t => {
  const spoken = voice(1);
  const whole = slowed(spoken, 0.72);
  for (const samples of [1000, 37, 160]) t.same(slowed(spoken, 0.72, samples), whole);
  t.same(slowed(new Int16Array(0), 0.85), new Int16Array(0));
  t.equal(slowed(voice(0.005), 0.5).length, 80, 'shorter than a window');
});

async function* pieces(pcm: Int16Array): AsyncGenerator<SpokenPiece> {
  yield { pcm: pcm.subarray(0, 1000), words: [{ word: 'one', startMs: 0, endMs: 100 }] };
  yield { pcm: pcm.subarray(1000), words: [{ word: 'two', startMs: 100, endMs: 900 }] };
}

async function delivered(pcm: Int16Array, delivery: { tempo: number; gainDb: number }) {
  const told: SpokenPiece[] = [];
  for await (const piece of asDelivered(pieces(pcm), RATE_HZ, delivery)) told.push(piece);
  return {
    pcm: Int16Array.from(told.flatMap(piece => [...piece.pcm])),
    words: told.flatMap(({ words }) => words),
  };
}

t.test('words keep their places in slower speech', async t => {
  const { pcm, words } = await delivered(voice(1), { tempo: 0.5, gainDb: 0 });
  t.equal(pcm.length, 2 * RATE_HZ);
  t.same(words, [
    { word: 'one', startMs: 0, endMs: 200 },
    { word: 'two', startMs: 200, endMs: 1800 },
  ]);
});

t.test('louder speech is louder, and never clipped', async t => {
  const quiet = voice(1).map(sample => sample / 8);
  const { pcm } = await delivered(quiet, { tempo: 1, gainDb: 6 });
  t.ok(Math.abs(20 * Math.log10(rms(pcm) / rms(quiet)) - 6) < 0.1);
  const loud = await delivered(
    voice(1).map(sample => 2 * sample),
    { tempo: 1, gainDb: 10 },
  );
  t.ok(loud.pcm.every(sample => Math.abs(sample) < 32_767));
  t.ok(loud.pcm.some(sample => Math.abs(sample) > 30_000));
});
