import type { TurnPolicy } from '../../pipeline/turn/turn_event.ts';
import type { Config } from '../config/schema.ts';
import type { FlowStep } from '../workflow/types.ts';

/** Endpointing for a step. A last word is said whole: there is nothing left to interrupt it for. */
export function turnPolicy(turn: Config['turn'], step: FlowStep): TurnPolicy {
  return {
    endOfTurnPauseMs: turn.endOfTurnPauseMs[step.patience],
    bargeInMinSpeechMs: turn.bargeInMinSpeechMs,
    bargeInSureMs: turn.bargeInSureMs,
    interruptible: step.interruptible && !step.state.done,
    silencePromptMs: turn.silencePromptMs,
    maxTurnMs: turn.maxTurnMs,
  };
}

/** While the agent takes leave nobody is waited for. */
export function lastWordsPolicy(turn: Config['turn']): TurnPolicy {
  return {
    endOfTurnPauseMs: turn.endOfTurnPauseMs.normal,
    bargeInMinSpeechMs: turn.bargeInMinSpeechMs,
    bargeInSureMs: turn.bargeInSureMs,
    interruptible: false,
    silencePromptMs: turn.silencePromptMs,
    maxTurnMs: turn.maxTurnMs,
  };
}
