import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SileroVad } from '../models/silero_vad.ts';
import type { PipelineRateHz } from '../pipeline/frame.ts';
import { type PipelineOverrides, pipelinePolicy } from '../pipeline/policy.ts';
import { SharedParts } from '../pipeline/shared_parts.ts';
import { loadConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import type { Bench } from './bench.ts';
import type { Scene } from './echo/scene.ts';
import { Voices } from './echo/voices.ts';
import { measureStages, measureTotal } from './pipeline/measure.ts';
import { measureOnnx, measureWebrtc } from './pipeline/peers.ts';
import { makeCall } from './pipeline/sound.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const MOST_CALLS = 1000;
const GOAL_US = 26;

/** What is left when each is switched off. */
const WITHOUT: Readonly<Record<string, PipelineOverrides>> = {
  'echo cancellation': { echo: { enabled: false } },
  'noise suppression': { noise: { kind: 'off' } },
  'level control': { level: { enabled: false } },
  'comfort noise': { comfortNoise: { enabled: false } },
  'all of these': {
    echo: { enabled: false },
    noise: { kind: 'off' },
    level: { enabled: false },
    comfortNoise: { enabled: false },
  },
};

interface Plan {
  readonly calls: readonly number[];
  readonly rates: readonly PipelineRateHz[];
  readonly frames: number;
  readonly rounds: number;
}

const FULL: Plan = { calls: [1, 100, MOST_CALLS], rates: [8000, 16_000], frames: 100_000, rounds: 5 };
const QUICK: Plan = { calls: [1, MOST_CALLS], rates: [8000], frames: 50_000, rounds: 3 };

/** What a frame of a call costs, by stage, rate and number of calls, against what others do. */
export const bench: Bench = {
  name: 'pipeline',
  run: async ({ quick, configFile }) => {
    const config = loadConfig(configFile);
    const plan = quick ? QUICK : FULL;
    const folder = mkdtempSync(join(tmpdir(), 'pipeline-'));
    const shared = await SharedParts.load(nodePaths(ROOT, config).kernels, MOST_CALLS, 1);
    try {
      const voices = new Voices(config.voice.flite, folder);
      const scenes = plan.rates.map(rateHz => makeCall(rateHz, voices, shared.memory));
      const totals = scenes.flatMap(scene => totalsOf(scene, plan, shared));
      const { frames, rounds } = plan;
      const main = { shared, scene: scenes[0]!, calls: MOST_CALLS, frames, rounds };
      const policy = pipelinePolicy();
      const stagesUs = measureStages({ ...main, policy });
      const total = totals.find(({ calls, rateHz }) => calls === MOST_CALLS && rateHz === 8000)!.us;
      return {
        ok: total <= GOAL_US,
        headline: { usPerFrame: { total, ...stagesUs } },
        figures: {
          totals,
          withoutUs: Object.fromEntries(
            Object.entries(WITHOUT).map(([name, overrides]) => [
              name,
              measureTotal({ ...main, policy: pipelinePolicy(overrides) }),
            ]),
          ),
          peers: await peersOf(scenes, quick),
        },
        validity: validityOf(plan),
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function totalsOf(scene: Scene, { calls, frames, rounds }: Plan, shared: SharedParts) {
  return calls.map(count => {
    const us = measureTotal({ shared, scene, calls: count, policy: pipelinePolicy(), frames, rounds });
    process.stderr.write(`${count} calls at ${scene.rateHz} Hz: ${us} µs\n`);
    return { calls: count, rateHz: scene.rateHz, us };
  });
}

/** On the same sound. */
async function peersOf(scenes: readonly Scene[], quick: boolean): Promise<Record<string, unknown>> {
  const vad = await SileroVad.load();
  const seconds = quick ? 10 : 30;
  const found: Record<string, unknown> = {};
  for (const scene of scenes) {
    found[`${scene.rateHz} Hz`] = {
      webrtcUsPer10Ms: await measureWebrtc(scene, seconds),
      onnxruntimeUsPer10Ms: await measureOnnx(vad, scene, seconds),
    };
  }
  await vad.close();
  return found;
}

function validityOf({ frames, rounds }: Plan): string[] {
  return [
    `Processor time of one thread for 10 ms of one call, both ways: median of ${rounds} rounds of ${frames} frames each.`,
    'Everything is on but the strong noise suppression; codecs, jitter buffers, sockets and recording are not in it.',
    'All calls hear the same talk, each from another place in it: half a minute in turns over a car, with a hybrid’s echo.',
    'Stages are timed call by call in a run of their own, less what reading the clock takes: so short ones are only known roughly.',
    'WebRTC’s audio processing does echo, noise, level and high pass in one; onnxruntime judges voices alone, one call at a time. Both are timed with all their threads.',
  ];
}
