import t from 'tap';
import { SILERO_VERSIONS, type SileroVersion } from '../../../models/silero.ts';
import { createVoiceMemory, SileroVad, vadWindowLength } from '../../../models/silero_vad.ts';
import { readSileroWeights } from '../../../models/silero_weights.ts';
import type { PipelineRateHz } from '../../../pipeline/frame.ts';
import { PauseWatch } from '../../../pipeline/turn/pause_watch.ts';
import { comfortNoise, concat, mix, NO_FLITE, noise, silence, speech, tone } from '../sounds.ts';
import { SileroTwin } from '../twins/silero.ts';
import { VoiceRig, voiceMemory } from './voices.ts';

const RATES = [8000, 16_000] as const;

/** A saw that glides upward and swells three times a second. */
function buzz(durationMs: number, rateHz: PipelineRateHz): Float32Array {
  return silence(durationMs, rateHz).map((_, i) => {
    const hz = 110 + (40 * i) / rateHz;
    return 0.4 * (((i * hz) / rateHz) % 1) * Math.sin((2 * Math.PI * 3 * i) / rateHz);
  });
}

/** Sounds made without any program's help, at the edges of what there is. */
function sounds(rateHz: PipelineRateHz): Record<string, Float32Array> {
  return {
    silence: silence(320, rateHz),
    'a buzz like a voice': buzz(1600, rateHz),
    'faint noise': noise(320, rateHz, 0.001),
    'loud noise': noise(640, rateHz, 0.3),
    'a constant': silence(320, rateHz).fill(0.5),
    'full scale': silence(320, rateHz).map((_, i) => (Math.floor(i / 20) % 2 === 0 ? 1 : -1)),
    chords: concat(...[220, 277, 330].map(hz => tone([hz, 2 * hz, 3 * hz], 320, rateHz, 0.5))),
  };
}

function windowsOf(samples: Float32Array, length: number): Float32Array[] {
  return Array.from({ length: Math.floor(samples.length / length) }, (_, i) =>
    samples.slice(i * length, (i + 1) * length),
  );
}

function farthest(some: readonly number[], others: readonly number[]): number {
  return some.reduce((most, value, i) => Math.max(most, Math.abs(value - others[i]!)), 0);
}

t.test('the kernel is the network, at both rates and with both sets of weights', async t => {
  const rig = new VoiceRig(await voiceMemory(1));
  for (const version of SILERO_VERSIONS) {
    const weights = readSileroWeights(version);
    for (const rateHz of RATES) {
      for (const [name, samples] of Object.entries(sounds(rateHz))) {
        const twin = new SileroTwin(weights[rateHz]);
        const wanted = windowsOf(samples, twin.windowLength).map(window => twin.judge(window));
        const told = rig.hearOut(rateHz, version, samples);
        t.equal(told.length, wanted.length, `${name}: as many windows`);
        t.ok(farthest(told, wanted) < 1e-5, `${version}, ${name} at ${rateHz} Hz: ${farthest(told, wanted)}`);
      }
    }
  }
});

/** Some minutes of voices, noises, and voices in noise. */
function trials(rateHz: PipelineRateHz): Float32Array[] {
  const voices = ['slt', 'rms', 'awb', 'kal16'].map((voice, i) =>
    concat(
      speech('Hello, I want to move an upright piano from the second floor.', rateHz, voice),
      silence(300, rateHz),
      speech(['Yes.', 'Nope, not at all.', 'Two.', 'Uh huh, right.'][i]!, rateHz, voice),
      silence(2500, rateHz),
      speech('Nope.', rateHz, voice),
      silence(500, rateHz),
    ),
  );
  const noises = [noise(10_000, rateHz, 0.02), comfortNoise(10_000, rateHz), buzz(10_000, rateHz)];
  return [
    ...voices,
    ...voices.flatMap(voice => noises.map(sound => mix(voice, sound))),
    ...noises,
    ...voices.map(voice => voice.map(sample => sample * 0.01)),
  ];
}

const THRESHOLDS = [0.5, 0.35];

t.test('no decision differs from onnxruntime', { skip: NO_FLITE }, async t => {
  const vad = await SileroVad.load();
  const rig = new VoiceRig(await voiceMemory(40));
  for (const rateHz of RATES) {
    const voices = trials(rateHz).map(samples => ({ samples, detector: rig.open(rateHz) }));
    const told = rig.follow(voices);
    const theirs = await judgedByRuntime(
      vad,
      rateHz,
      voices.map(({ samples }) => samples),
    );
    const windows = told.reduce((sum, { length }) => sum + length, 0);
    const likely = told.flat().filter(probability => probability >= 0.5).length;
    t.ok(windows > 2000 && likely > windows / 4 && likely < (windows * 3) / 4, `${likely} of ${windows}`);
    for (const [i, ours] of told.entries()) {
      const others = theirs[i]!;
      t.ok(farthest(ours, others) < 1e-4, `largest difference ${farthest(ours, others)}`);
      for (const threshold of THRESHOLDS) {
        const differing = ours.filter((p, at) => p >= threshold !== others[at]! >= threshold);
        t.same(differing, [], `at ${rateHz} Hz, threshold ${threshold}`);
      }
    }
    for (const { detector } of voices) detector.close();
  }
  await vad.close();
});

/** All sounds side by side, window by window; the shorter ones end in silence. In pauses, memory ends as a call's does. */
async function judgedByRuntime(
  vad: SileroVad,
  rateHz: PipelineRateHz,
  all: readonly Float32Array[],
): Promise<number[][]> {
  const length = vadWindowLength(rateHz);
  const memories = all.map(() => createVoiceMemory(rateHz));
  const pauses = all.map(() => new PauseWatch());
  const told = all.map((): number[] => []);
  const most = Math.max(...all.map(samples => Math.floor(samples.length / length)));
  for (let at = 0; at < most; at += 1) {
    const windows = all.map((samples, i) => {
      const window = new Float32Array(length);
      window.set(samples.subarray(at * length, (at + 1) * length));
      return { samples: window, memory: memories[i]! };
    });
    const probabilities = await vad.judge(windows, rateHz);
    for (const [i, samples] of all.entries()) {
      if ((at + 1) * length <= samples.length) told[i]!.push(probabilities[i]!);
      if (pauses[i]!.isPause(probabilities[i]!)) memories[i]!.state.fill(0);
    }
  }
  return told;
}

t.test('a voice is judged the same whoever is judged with it', async t => {
  const rig = new VoiceRig(await voiceMemory(40));
  const kinds = SILERO_VERSIONS.flatMap(version => RATES.map(rateHz => ({ version, rateHz })));
  const voices = Array.from({ length: 37 }, (_, i) => {
    const { version, rateHz } = kinds[i % kinds.length]!;
    const detector = rig.open(rateHz, version);
    return { version, detector, samples: mix(buzz(400 + 16 * i, rateHz), noise(1200, rateHz, 0.01, i + 1)) };
  });
  const together = rig.follow(voices);
  const other = new VoiceRig(await voiceMemory(1));
  for (const [i, { version, detector, samples }] of voices.entries()) {
    t.same(together[i], other.hearOut(detector.rateHz, version, samples), 'to the last bit');
  }
});

t.test('what is no sound is heard as silence', async t => {
  const rig = new VoiceRig(await voiceMemory(1));
  for (const rateHz of RATES) {
    const clean = buzz(960, rateHz);
    for (const rubbish of [Number.NaN, Infinity, -Infinity, 1e30, -17, 1e-40, -1e-12]) {
      const spoilt = clean.map((sample, i) => (i % 7 === 3 ? rubbish : sample));
      const silenced = clean.map((sample, i) => (i % 7 === 3 ? 0 : sample));
      t.same(rig.hearOut(rateHz, 'v5', spoilt), rig.hearOut(rateHz, 'v5', silenced), `${rubbish}`);
    }
  }
});

t.test('thousands of voices come and go without growth, and leave nothing behind', async t => {
  const memory = await voiceMemory(8);
  const rig = new VoiceRig(memory);
  const bytes = memory.buffer.byteLength;
  const wanted = Object.fromEntries(
    RATES.map(rateHz => [rateHz, rig.hearOut(rateHz, 'v5', buzz(64, rateHz))]),
  );
  for (let i = 0; i < 2000; i += 1) {
    const rateHz = RATES[i % 2]!;
    const version: SileroVersion = i % 3 === 0 ? 'v6' : 'v5';
    const voices = Array.from({ length: 3 }, (_, n) => ({
      detector: rig.open(rateHz, version),
      samples: noise(n === 0 ? 0 : 40, rateHz, 0.3, i + n + 1),
    }));
    if (i % 40 < 2) rig.follow(voices);
    for (const { detector } of voices) detector.close();
    if (i % 40 < 2) t.same(rig.hearOut(rateHz, 'v5', buzz(64, rateHz)), wanted[rateHz]);
  }
  t.equal(memory.buffer.byteLength, bytes);
  t.equal(memory.pool('voice').freeSlots, 8);
  rig.close();
  for (const kind of ['voice', 'voiceBatch', 'frame'] as const)
    t.equal(memory.pool(kind).brokenSlots, 0, kind);
  const slot = memory.pool('voice').take()!;
  const left = new Uint8Array(memory.buffer, slot, memory.pool('voice').slotBytes);
  t.ok(left.every(byte => byte === 0));
});
