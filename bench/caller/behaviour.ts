/** How a caller behaves besides answering; robustness tests make use of it. */
export interface Behaviour {
  /** The agent's turn to cut into: 1 is the greeting. */
  readonly interruptTurn: number | undefined;
  /** So long it has lasted when it is cut into. */
  readonly interruptAfterMs: number;
  /** Seconds after answer, or in the middle of the caller's first answer. */
  readonly hangUpAfter: number | 'mid-sentence' | undefined;
  /** Says nothing at all. */
  readonly silent: boolean;
  /** Background noise in dBFS. */
  readonly noiseDbfs: number | undefined;
  /** Speaks on and on, whatever the agent does. */
  readonly neverStops: boolean;
  /** Hangs up after so long at the latest. */
  readonly maxSeconds: number;
  /** So much silence ends a turn of the agent. */
  readonly turnEndMs: number;
  /** When neither side has said anything for so long, the caller asks what is going on. */
  readonly quietMs: number;
}

export const COOPERATIVE: Behaviour = {
  interruptTurn: undefined,
  interruptAfterMs: 1200,
  hangUpAfter: undefined,
  silent: false,
  noiseDbfs: undefined,
  neverStops: false,
  maxSeconds: 600,
  turnEndMs: 700,
  quietMs: 6000,
};

/** True when the caller means to hold the conversation to its end. */
export function isCooperative({ hangUpAfter, silent, neverStops }: Behaviour): boolean {
  return hangUpAfter === undefined && !silent && !neverStops;
}
