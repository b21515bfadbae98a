import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { TurnPolicy } from '../../pipeline/turn/turn_event.ts';

/**
 * The call's mouth and ears as the conversation uses them. Positions are samples at `rateHz` of agent speech
 * written since the call began; what was cut keeps its positions, so that they only grow.
 */
export interface CallAudio {
  readonly rateHz: PipelineRateHz;
  /** Raised by every cut; speech written for an older one is refused. */
  readonly generation: number;
  /**
   * Queues speech. Resolves with the position of its first sample once it is in the ring (waiting while the ring is
   * full), or with undefined when the generation is over.
   */
  speak(generation: number, pcm: Int16Array): Promise<number | undefined>;
  /** Samples heard by the caller so far. */
  playedSamples(): number;
  /** Media time in milliseconds since answer. */
  mediaMs(): number;
  cut(): void;
  setPolicy(policy: TurnPolicy): void;
  hangUp(options: { drain: boolean }): void;
}
