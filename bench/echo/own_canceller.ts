import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import type { KernelMemory } from '../../pipeline/kernels/kernel_memory.ts';
import { DEFAULT_PIPELINE_POLICY } from '../../pipeline/policy.ts';
import { EchoCanceller } from '../../pipeline/stages/echo_canceller.ts';
import { EchoDelaySearch } from '../../pipeline/stages/echo_delay_search.ts';
import { EchoShadow } from '../../pipeline/stages/echo_shadow.ts';
import type { Canceller } from './canceller.ts';

/** Slots for one canceller at a time, and its shadow. */
export const CANCELLER_SLOTS = { delaySearch: 1, echo: 1, echoShadow: 2, frame: 4 } as const;

/** The pipeline's stage, by the policy that is in force where nothing else is said but for the tail. */
export function openOwn(memory: KernelMemory, rateHz: PipelineRateHz, tailMs: number): Required<Canceller> {
  const farFrame = new KernelFrame(memory, rateHz);
  const micFrame = new KernelFrame(memory, rateHz);
  const search = new EchoDelaySearch(memory);
  const shadow = new EchoShadow(memory, rateHz);
  const policy = { ...DEFAULT_PIPELINE_POLICY.echo, tailMs };
  const stage = new EchoCanceller(memory, rateHz, farFrame, policy, search);
  return {
    delayMs: stage.delayMs,
    cancel: (far, mic, isConcealed) => {
      farFrame.samples.set(far);
      micFrame.samples.set(mic);
      micFrame.concealed = isConcealed;
      stage.process(micFrame);
      search.tick();
      mic.set(micFrame.samples);
    },
    shadow: (echo, near) => {
      shadow.process(stage, echo, near);
      echo.set(shadow.residual);
      near.set(shadow.near);
    },
    residualDb: () => stage.residualEchoDb,
    close: () => {
      shadow.close();
      stage.close();
      search.close();
      micFrame.close();
      farFrame.close();
    },
  };
}
