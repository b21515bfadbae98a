import type { Places } from '../../src/workflow/places.ts';
import type { WorkflowDocument } from '../../src/workflow/schema.ts';
import type { SlotValue } from '../../src/workflow/types.ts';
import type { PromptIndex } from '../caller/prompts.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Phrasings } from '../speech/phrasings.ts';
import type { Conversation, Turn } from '../text/conversation.ts';

/** A rule that a call broke. */
export interface Violation {
  readonly rule: string;
  /** The agent's turn, counted from 0, where it was one turn. */
  readonly turn?: number;
  readonly detail: string;
}

/** What checkers look at: transcript and record of a call, the files, and nothing of the engine. */
export interface Checked {
  readonly conversation: Conversation;
  readonly scenario: Scenario;
  readonly documents: readonly WorkflowDocument[];
  readonly indexes: readonly PromptIndex[];
  readonly places: Places;
  readonly phrasings: Phrasings;
  readonly aim: string;
}

export type Checker = (checked: Checked) => readonly Violation[];

/** The agent's turns in their order. */
export function agentTurns({ turns }: Conversation): readonly string[] {
  return turns.flatMap(turn => (turn.by === 'agent' ? turn.text : []));
}

/** The caller's turns, each with the agent's turn before it. */
export function callerTurns({
  turns,
}: Conversation): readonly { readonly turn: Turn; readonly after: number }[] {
  let after = -1;
  return turns.flatMap(turn => {
    if (turn.by === 'caller') return { turn, after };
    after += 1;
    return [];
  });
}

/** Slots by the record, as they stood when the agent began a turn. */
export function slotsAt({ effects }: Conversation, turn: number): Readonly<Record<string, SlotValue>> {
  const slots: Record<string, SlotValue> = {};
  for (const { turn: at, effect } of effects)
    if (at <= turn && effect.type === 'slotSet') slots[effect.slot] = effect.value;
  return slots;
}

/** Whether one of the phrases is said, whatever the case. */
export function saysOneOf(text: string, phrases: readonly string[]): boolean {
  const plain = text.toLowerCase();
  return phrases.some(phrase => plain.includes(phrase.toLowerCase()));
}
