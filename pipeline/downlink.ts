import { Chain } from './chain.ts';
import type { Frame, PipelineRateHz } from './frame.ts';
import type { KeptFrame } from './kept_frame.ts';
import type { SpeechSource, StereoSink } from './ports.ts';
import type { Stage } from './stage.ts';
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
}

/** The agent's way out of the house, from its speech to the line's frame; all that the caller hears is recorded. */
export function createDownlink(rateHz: PipelineRateHz, ports: DownlinkPorts): Downlink {
  const playout = new Playout(rateHz, ports.speech, ports.listener);
  const duck = new Duck(rateHz);
  const chain = new Chain<Frame>('downlink', rateHz, [
    playout,
    duck,
    ports.bridge,
    new Limiter(rateHz),
    new RecorderTap(ports.caller, ports.recorder),
  ]);
  return { chain, playout, duck };
}
