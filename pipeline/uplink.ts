import { Chain } from './chain.ts';
import type { Frame, PipelineRateHz } from './frame.ts';
import type { PipelinePolicy } from './policy.ts';
import type { SampleSink } from './ports.ts';
import { LevelProbe } from './stages/level_probe.ts';
import { RemoveDc } from './stages/remove_dc.ts';
import { Sanitize } from './stages/sanitize.ts';
import { Tap } from './stages/tap.ts';

export interface UplinkPorts {
  /** What the caller's line gave, for the recording. */
  readonly recorder: SampleSink;
  /** Where the voice-activity network finds its samples. */
  readonly voiceActivity: SampleSink;
  /** Where the recogniser finds them. */
  readonly recogniser: SampleSink;
}

export interface Uplink {
  readonly chain: Chain<Frame>;
  readonly levels: LevelProbe;
  /** From the next frame on. */
  tune(policy: PipelinePolicy): void;
}

/** The caller's way into the house, from the line's frame to the recogniser. */
export function createUplink(rateHz: PipelineRateHz, ports: UplinkPorts): Uplink {
  const levels = new LevelProbe();
  const chain = new Chain<Frame>('uplink', rateHz, [
    new Sanitize(),
    new RemoveDc(rateHz),
    new Tap('recorder', ports.recorder),
    levels,
    new Tap('voice activity', ports.voiceActivity),
    new Tap('recogniser tap', ports.recogniser),
  ]);
  return { chain, levels, tune: () => undefined };
}
