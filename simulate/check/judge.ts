import type { LoadedFlow } from '../../src/workflow/load.ts';
import { slotsOf } from '../caller/knowledge.ts';
import type { PromptIndex } from '../caller/prompts.ts';
import type { Persona } from '../persona/schema.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Phrasings } from '../speech/phrasings.ts';
import type { Conversation } from '../text/conversation.ts';
import { askedTwice, consent, disclosure, leaves, mustAndNever, optOut, person } from './manners.ts';
import { prices } from './money.ts';
import { wantedOutcomes } from './outcomes.ts';
import { secrets } from './secrets.ts';
import { type SlotScore, scoreSlots } from './slots.ts';
import type { Checker, Violation } from './types.ts';

/** Every rule that a call must keep. */
const CHECKERS: readonly Checker[] = [
  disclosure,
  consent,
  optOut,
  person,
  askedTwice,
  mustAndNever,
  leaves,
  prices,
  secrets,
];

/** A call with what became of it. */
export interface Verdict {
  readonly conversation: Conversation;
  readonly aim: Persona['aim'];
  /** It ended as the caller wanted. */
  readonly completed: boolean;
  readonly wanted: readonly string[];
  readonly slots: SlotScore;
  readonly violations: readonly Violation[];
}

export interface JudgeParts {
  readonly scenario: Scenario;
  readonly persona: Persona;
  /** The workflow called, then those that it may hand over to. */
  readonly flows: readonly LoadedFlow[];
  readonly indexes: readonly PromptIndex[];
  readonly phrasings: Phrasings;
}

/** Judges a call by its transcript and record. */
export function judge(conversation: Conversation, parts: JudgeParts): Verdict {
  const { scenario, persona, flows, indexes, phrasings } = parts;
  const documents = flows.map(({ document }) => document);
  const [document] = documents as [(typeof documents)[0]];
  const { places } = flows[0]!;
  const wanted = wantedOutcomes({ scenario, persona, document }, conversation);
  const completed =
    conversation.outcome === undefined ? persona.aim === 'hangUp' : wanted.includes(conversation.outcome);
  const checked = { conversation, scenario, documents, indexes, places, phrasings, aim: persona.aim };
  return {
    conversation,
    aim: persona.aim,
    completed,
    wanted,
    slots: scoreSlots(conversation, scenario, slotsOf(documents)),
    violations: CHECKERS.flatMap(check => check(checked)),
  };
}
