import { CODECS } from '../wire/codec.ts';
import type { CallPlan } from './event.ts';
import type { EventCaller } from './event_caller.ts';
import type { Programme } from './programme.ts';
import { measureReaction } from './reaction.ts';
import { type Outcome, outcomeOf, outcomeOfMissed } from './verdict.ts';

export interface JudgedCall {
  /** In the order in which the events were sent, those that could not be last. */
  readonly outcomes: readonly Outcome[];
  /** Events that told nothing: the agent was not speaking. */
  readonly missed: number;
}

/** What came of the events of a call that is over. */
export function judgeCall(
  { codec }: CallPlan,
  { heard, trials, missed }: EventCaller,
  programmes: readonly Programme[],
): JudgedCall {
  const { rateHz } = CODECS[codec];
  const agent = { pcm: heard.pcm, rateHz, programmes: programmes.map(programme => programme[rateHz]) };
  const judged = [
    ...trials.map(trial => {
      const reaction = measureReaction(agent, trial);
      return reaction === undefined ? outcomeOfMissed(trial.event, codec) : outcomeOf(trial, reaction, codec);
    }),
    ...missed.map(event => outcomeOfMissed(event, codec)),
  ];
  const outcomes = judged.filter(outcome => outcome !== undefined);
  return { outcomes, missed: judged.length - outcomes.length };
}
