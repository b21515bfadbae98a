import t from 'tap';
import { readSileroWeights } from '../../../models/silero_weights.ts';
import type { PipelineRateHz } from '../../../pipeline/frame.ts';
import { concat, noise, silence, tone } from '../sounds.ts';
import { SileroTwin } from '../twins/silero.ts';
import { VoiceRig, voiceMemory } from './voices.ts';

const RATES = [8000, 16_000] as const;

/** Sounds of 1.6 s without any program's help, at the edges of what there is. */
function sounds(rateHz: PipelineRateHz): Record<string, Float32Array> {
  const length = rateHz * 1.6;
  const buzz = Float32Array.from({ length }, (_, i) => {
    const glide = 110 + (60 * i) / length;
    return 0.4 * (((i * glide) / rateHz) % 1) * Math.sin((2 * Math.PI * 3 * i) / rateHz);
  });
  return {
    silence: silence(1600, rateHz),
    'a buzz like a voice': buzz,
    'faint noise': noise(1600, rateHz, 0.001),
    'loud noise': noise(1600, rateHz, 0.3),
    'a constant': new Float32Array(length).fill(0.5),
    'full scale': Float32Array.from({ length }, (_, i) => (Math.floor(i / 20) % 2 === 0 ? 1 : -1)),
    chords: concat(...[220, 277, 330].map(hz => tone([hz, 2 * hz, 3 * hz], 533, rateHz, 0.5))),
  };
}

/** Judgements of whole windows. */
function judgedBy(twin: SileroTwin, samples: Float32Array): number[] {
  return Array.from({ length: Math.floor(samples.length / twin.windowLength) }, (_, i) =>
    twin.judge(samples.subarray(i * twin.windowLength, (i + 1) * twin.windowLength)),
  );
}

function farthest(some: readonly number[], others: readonly number[]): number {
  return some.reduce((most, value, i) => Math.max(most, Math.abs(value - others[i]!)), 0);
}

t.test('the kernel is the network, at both rates and with both sets of weights', async t => {
  const rig = new VoiceRig(await voiceMemory(1));
  for (const version of ['v5', 'v6'] as const) {
    const weights = readSileroWeights(version);
    for (const rateHz of RATES) {
      for (const [name, samples] of Object.entries(sounds(rateHz))) {
        const wanted = judgedBy(new SileroTwin(weights[rateHz]), samples);
        const detector = rig.open(rateHz, version);
        const [told] = rig.follow([{ detector, samples }]);
        detector.close();
        t.equal(told!.length, wanted.length, `${name}: as many windows`);
        t.ok(
          farthest(told!, wanted) < 1e-4,
          `${version}, ${name} at ${rateHz} Hz: ${farthest(told!, wanted)}`,
        );
      }
    }
  }
});
