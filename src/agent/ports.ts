import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { TurnPolicy } from '../../pipeline/turn/turn_event.ts';

export type { After } from '../providers/failover/timing.ts';

/**
 * The call's mouth and ears as the conversation uses them. Positions are samples at `rateHz` of agent speech since
 * the call began, counted as they reach the caller: what was cut is not counted, so that the position of speech is
 * the value of `playedSamples` at which it begins to be heard.
 */
export interface CallAudio {
  readonly rateHz: PipelineRateHz;
  /** Raised by every cut; speech written for an older one is refused. */
  readonly generation: number;
  /**
   * Queues speech, at most LIMITS.speechPieceSeconds of it. Resolves with the position of its first sample once it is
   * in the ring (waiting while enough is queued), or with undefined when the generation is over.
   */
  speak(generation: number, pcm: Int16Array): Promise<number | undefined>;
  /** Samples heard by the caller so far. */
  playedSamples(): number;
  /** Media time in milliseconds since answer. */
  mediaMs(): number;
  /** Silences the agent and raises the generation at once. */
  cut(): void;
  /** What the agent is held for asks for nothing (`hold` of the event that told): it goes on at once. */
  goOn(hold: number): void;
  setPolicy(policy: TurnPolicy): void;
  hangUp(options: { drain: boolean }): void;
}

/** The call's recording; what consent allows is the conversation's business. Never waits, never throws. */
export interface CallRecording {
  start(): void;
  stop(): void;
  /** Silence is recorded instead of sound, from media time `sinceMs` on, which may be some seconds ago. */
  pause(sinceMs: number): void;
  resumeSound(): void;
  readonly isPaused: boolean;
}

/** Nothing is recorded, whatever is consented to. */
export const NO_RECORDING: CallRecording = {
  start: () => undefined,
  stop: () => undefined,
  pause: () => undefined,
  resumeSound: () => undefined,
  isPaused: false,
};

/**
 * What becomes of a person who is called; the last one of these is that they have left, or why they never came, or that their own
 * side has taken the caller over.
 */
export type PersonNews = 'answered' | 'left' | 'taken' | 'busy' | 'declined' | 'noAnswer' | 'failed';

/** A person on their way into the call: from their answer on they hear what the agent says, which the caller then does not. */
export interface PersonLeg {
  /** Person and caller speak with each other, and the agent is heard by nobody. */
  join(): void;
  /** They are no longer wanted: the agent and the caller are as before. `told` hears nothing more. */
  drop(): void;
  /** For the record: what they were told. */
  told(text: string): void;
}

/** Calls people into the call, by their names in the configuration. */
export interface PersonLine {
  /** `told` is never called before this has returned. */
  call(person: string, told: (news: PersonNews) => void): PersonLeg;
}
