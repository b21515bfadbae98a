import { Chain } from './chain.ts';
import type { Frame, PipelineRateHz } from './frame.ts';
import type { KeptFrame } from './kept_frame.ts';
import { DEFAULT_PIPELINE_POLICY, type PipelinePolicy } from './policy.ts';
import type { SpeechSource, StereoSink } from './ports.ts';
import type { Stage } from './stage.ts';
import { ComfortNoise } from './stages/comfort_noise.ts';
import { Duck } from './stages/duck.ts';
import { Limiter } from './stages/limiter.ts';
import { Playout, type PlayoutListener } from './stages/playout.ts';
import { RecorderTap } from './stages/recorder_tap.ts';

export interface DownlinkPorts {
  readonly speech: SpeechSource;
  readonly recorder: StereoSink;
  /** The caller's frame of the tick, for the recording. */
  readonly caller: KeptFrame;
  readonly listener: PlayoutListener;
  /** Joins in what the caller is to hear beside the agent. */
  readonly bridge: Stage<Frame>;
}

export interface Downlink {
  readonly chain: Chain<Frame>;
  readonly playout: Playout;
  readonly duck: Duck;
  /** From the next frame on. */
  tune(policy: PipelinePolicy): void;
}

/**
 * The agent's way out of the house, from its speech to the line's frame; all that the caller hears is recorded. `seed`
 * is the comfort noise's.
 */
export function createDownlink(
  rateHz: PipelineRateHz,
  ports: DownlinkPorts,
  policy: PipelinePolicy = DEFAULT_PIPELINE_POLICY,
  seed = 1,
): Downlink {
  const playout = new Playout(rateHz, ports.speech, ports.listener);
  const duck = new Duck(rateHz, policy.bargeIn);
  const comfortNoise = new ComfortNoise(rateHz, policy.comfortNoise, seed);
  const chain = new Chain<Frame>('downlink', rateHz, [
    playout,
    duck,
    ports.bridge,
    comfortNoise,
    new Limiter(rateHz),
    new RecorderTap(ports.caller, ports.recorder),
  ]);
  return {
    chain,
    playout,
    duck,
    tune: ({ bargeIn, comfortNoise: noise }) => {
      duck.tune(bargeIn);
      comfortNoise.tune(noise);
    },
  };
}
