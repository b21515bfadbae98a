import type { TurnPolicy } from './turn_event.ts';

/** What is known of the caller's open turn. */
export interface OpenTurn {
  readonly nowMs: number;
  readonly startedMs: number;
  /** End of the caller's last sound. */
  readonly lastSoundMs: number;
  readonly callerActive: boolean;
  /** Frames not yet judged stand out of the noise: they may be speech. */
  readonly soundPending: boolean;
}

export type EndOfTurnDecision = 'goesOn' | 'ended' | 'tooLong';

/** Pause-based end of turn; a turn without a pause ends at its longest. */
export function decideEndOfTurn(turn: OpenTurn, policy: TurnPolicy): EndOfTurnDecision {
  const pausedMs = turn.nowMs - turn.lastSoundMs;
  if (!turn.callerActive && !turn.soundPending && pausedMs >= policy.endOfTurnPauseMs) return 'ended';
  return turn.nowMs - turn.startedMs >= policy.maxTurnMs ? 'tooLong' : 'goesOn';
}
