import { Chain } from '../../pipeline/chain.ts';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import type { KernelMemory } from '../../pipeline/kernels/kernel_memory.ts';
import { DEFAULT_PIPELINE_POLICY } from '../../pipeline/policy.ts';
import type { Stage } from '../../pipeline/stage.ts';
import { NoiseSuppressor } from '../../pipeline/stages/noise_suppressor.ts';
import { StrongSuppressor } from '../../pipeline/stages/strong_suppressor.ts';
import type { Rnnoise } from '../../pipeline/strong/rnnoise.ts';
import { frameByFrame, type Suppressor } from './suppressor.ts';

/** What the kernel memory has to hold for them. */
export const OWN_SLOTS = { frame: 1, denoise: 1 } as const;

/** As deep as calls have it unless they are told otherwise. */
const { depthDb } = DEFAULT_PIPELINE_POLICY.noise;

/** The light stage, the strong one, and the strong one with the light one behind it. */
export function ownSuppressors(memory: KernelMemory, network: Rnnoise): Suppressor[] {
  const ports = { network: () => network, hasHeadroom: () => true };
  const light = (rateHz: PipelineRateHz): Stage =>
    new NoiseSuppressor(memory, rateHz, { kind: 'light', depthDb });
  const strong = (rateHz: PipelineRateHz): Stage =>
    new StrongSuppressor(rateHz, { kind: 'strong', depthDb }, ports);
  return [
    throughStages('light', memory, rateHz => [light(rateHz)]),
    throughStages('strong', memory, rateHz => [strong(rateHz)]),
    throughStages('strong, then light', memory, rateHz => [strong(rateHz), light(rateHz)]),
  ];
}

function throughStages(
  name: string,
  memory: KernelMemory,
  open: (rateHz: PipelineRateHz) => Stage[],
): Suppressor {
  return {
    name,
    suppress: (signal, rateHz) => {
      const frame = new KernelFrame(memory, rateHz);
      const chain = new Chain(name, rateHz, open(rateHz));
      try {
        return frameByFrame(signal, rateHz, chain.delayMs, samples => {
          frame.samples.set(samples);
          chain.process(frame);
          samples.set(frame.samples);
        });
      } finally {
        chain.close();
        frame.close();
      }
    },
  };
}
