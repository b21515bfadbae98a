import { CODECS } from '../wire/codec.ts';
import type { CallPlan } from './event.ts';
import type { EventCaller } from './event_caller.ts';
import type { Programme } from './programme.ts';
import { measureReaction } from './reaction.ts';
import { type Outcome, outcomeOf, outcomeOfMissed } from './verdict.ts';

/** What came of the events of a call that is over, in the order in which they were sent, those that could not be last. */
export function judgeCall(
  { codec }: CallPlan,
  { heard, trials, missed }: EventCaller,
  programmes: readonly Programme[],
): Outcome[] {
  const { rateHz } = CODECS[codec];
  const agent = { pcm: heard.pcm, rateHz, programmes: programmes.map(programme => programme[rateHz]) };
  return [
    ...trials.map(trial => outcomeOf(trial, measureReaction(agent, trial), codec)),
    ...missed.flatMap(event => outcomeOfMissed(event, codec) ?? []),
  ];
}
