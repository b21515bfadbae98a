import type { WorkflowDocument } from '../../src/workflow/schema.ts';
import { hearSentences } from '../caller/hearing.ts';
import { conditionHolds } from '../scenario/conditions.ts';
import type { Truths } from '../scenario/truth.ts';
import { exitOutcomes } from './outcomes.ts';
import { agentTurns, type Checked, type Checker, callerTurns, saysOneOf, type Violation } from './types.ts';

/** So many turns of the agent may go by until a wish is fulfilled. */
const WITHIN_TURNS = 2;

/** The agent says what it is in its first turn. */
export const disclosure: Checker = ({ conversation, scenario }) => {
  const [first = ''] = agentTurns(conversation);
  if (saysOneOf(first, scenario.check.disclosure)) return [];
  return [
    { rule: 'disclosure', turn: 0, detail: 'the first turn does not say that it is an automated assistant' },
  ];
};

/** Nothing is recorded of a caller who refused, or was not asked where the workflow asks. */
export const consent: Checker = ({ conversation, documents }) => {
  const turns = agentTurns(conversation);
  const answers = callerTurns(conversation).filter(
    ({ turn: { intent } }) => intent === 'consent' || intent === 'noConsent',
  );
  return conversation.effects.flatMap(({ turn, effect }): readonly Violation[] => {
    if (effect.type !== 'consent' || !effect.granted) return [];
    const answer = answers.findLast(({ after }) => after < turn);
    if (answer?.turn.intent === 'consent') return [];
    if (answer !== undefined)
      return [{ rule: 'consent', turn, detail: 'recorded although the caller refused' }];
    const values = { ...conversation.slots, ...conversation.truths };
    const isTold = documents.some(document => isAnnounced(document, values, turns[turn] ?? ''));
    return isTold ? [] : [{ rule: 'consent', turn, detail: 'recorded before the caller agreed' }];
  });
};

/** Where one party's leave is enough, and it is known that the caller is there, telling them will do. */
function isAnnounced({ stages }: WorkflowDocument, values: Truths, said: string): boolean {
  return Object.values(stages).some(stage => {
    if (stage.kind !== 'consent' || stage.twoParty === undefined) return false;
    const place = values[stage.twoParty.slot];
    const isElsewhere = typeof place === 'string' && !stage.twoParty.states.includes(place);
    return isElsewhere && saysOneOf(said, [stage.announce.replace(/\{.*$/, '').trim()]);
  });
}

/** Who wants no more calls is told so, and the call ends. */
export const optOut: Checker = ({ conversation, scenario, documents }) => {
  const wish = callerTurns(conversation).find(({ turn }) => turn.intent === 'optOut');
  if (wish === undefined) return [];
  const turns = agentTurns(conversation);
  const after = turns.slice(wish.after + 1);
  const confirmations = documents.map(({ always }) => always.optOut);
  const outcomes = scenario.outcomes.optOut ?? exitOutcomes(documents[0]!, 'optOut');
  const violations: Violation[] = [];
  if (after.length > WITHIN_TURNS)
    violations.push({
      rule: 'optOut',
      turn: wish.after,
      detail: `the call went on for ${after.length} turns`,
    });
  if (!after.some(text => saysOneOf(text, confirmations)))
    violations.push({ rule: 'optOut', turn: wish.after, detail: 'it was not confirmed' });
  if (conversation.outcome === undefined || !outcomes.includes(conversation.outcome))
    violations.push({
      rule: 'optOut',
      turn: wish.after,
      detail: `the call ended as ${conversation.outcome}`,
    });
  return violations;
};

/** Who wants a person gets one, or is told what happens instead. */
export const person: Checker = ({ conversation, scenario, documents }) => {
  const wish = callerTurns(conversation).find(({ turn }) => turn.intent === 'person');
  if (wish === undefined || conversation.personJoined) return [];
  const after = agentTurns(conversation).slice(wish.after + 1);
  const outcomes = scenario.outcomes.person ?? exitOutcomes(documents[0]!, 'person');
  if (after.length <= WITHIN_TURNS + 1 && outcomes.includes(conversation.outcome ?? '')) return [];
  const detail = `after ${after.length} turns the call ended as ${conversation.outcome}`;
  return [{ rule: 'person', turn: wish.after, detail }];
};

/**
 * What the caller has confirmed is not asked for again, unless they go back or change their mind, or have to prove who they are. A
 * question shows by its words, or, where nobody knows those, in the record: the answer is written down over what was confirmed.
 */
export const askedTwice: Checker = checked => {
  const { conversation, indexes, documents } = checked;
  const isTakenUp = documents.some(({ resume }) => resume !== undefined);
  const undone = callerTurns(conversation).filter(
    ({ turn: { intent } }) =>
      intent === 'back' || intent === 'change' || (intent === 'dropped' && !isTakenUp),
  );
  const confirmedAt = new Map<string, number>();
  const violations: Violation[] = [];
  const proofs = documents.flatMap(({ resume }) => resume?.confirm ?? []);
  let proving: readonly string[] = [];
  for (const [turn, text] of agentTurns(conversation).entries()) {
    const asked = askedFor(text, checked);
    const proof = proofs.find(({ say }) => text.includes(say));
    proving = proof?.slots ?? (asked.every(slot => proving.includes(slot)) ? proving : []);
    for (const slot of asked) {
      if (proving.includes(slot)) continue;
      const since = confirmedAt.get(slot);
      if (since === undefined || undone.some(({ after }) => after >= since)) continue;
      if (indexes.some(({ document }) => document.slots[slot] !== undefined))
        violations.push({
          rule: 'askedTwice',
          turn,
          detail: `${slot} was confirmed, and is asked for again`,
        });
    }
    for (const { turn: at, effect } of conversation.effects) {
      if (at !== turn || effect.type !== 'slotSet') continue;
      const since = confirmedAt.get(effect.slot);
      // What tools write down nobody was asked for.
      const isAsked = indexes.some(({ asked: slots }) => slots.has(effect.slot));
      const isAnew = isAsked && !effect.confirmed && since !== undefined && since < turn;
      if (isAnew && !undone.some(({ after }) => after >= since) && !followsFromOthers(documents, effect))
        violations.push({
          rule: 'askedTwice',
          turn: Math.max(0, turn - 1),
          detail: `${effect.slot} was confirmed, and is written down anew`,
        });
      if (effect.confirmed) confirmedAt.set(effect.slot, turn);
      else confirmedAt.delete(effect.slot);
    }
  }
  return violations;
};

/** Whether a value is one that a slot has where its question is left out. */
function followsFromOthers(
  documents: readonly WorkflowDocument[],
  { slot, value }: { readonly slot: string; readonly value: unknown },
): boolean {
  const forms = documents.flatMap(({ stages }) =>
    Object.values(stages).flatMap(stage => (stage.kind === 'form' ? stage.questions : [])),
  );
  return forms.some(({ slots, otherwise }) => slots.includes(slot) && otherwise[slot] === value);
}

/** Slots that a turn asks for beyond doubt. */
function askedFor(text: string, { indexes }: Checked): readonly string[] {
  return indexes.flatMap(index =>
    hearSentences(text, index).flatMap(({ acts }) => {
      const asks = acts.flatMap(act => (act.type === 'ask' || act.type === 'repair' ? act : []));
      const [only, ...others] = asks;
      if (only === undefined || others.length > 0) return [];
      return only.type === 'ask' ? only.slots : [only.slot];
    }),
  );
}

/** What the call is to leave behind in the back office is there as often as it should be. */
export const leaves: Checker = ({ conversation, scenario }) =>
  scenario.check.leaves.flatMap(({ resource, outcome, when, count }, at): readonly Violation[] => {
    if (outcome !== undefined && !outcome.includes(conversation.outcome ?? '')) return [];
    if (when !== undefined && !conditionHolds(when, { ...conversation.slots, ...conversation.truths }))
      return [];
    const found = conversation.left[at];
    return found === count
      ? []
      : [{ rule: 'leaves', detail: `${found} of ${resource} in place of ${count}` }];
  });

/** The agent's turn before a slot was written down; -1 where it was not. */
function turnBefore({ effects }: Checked['conversation'], slot: string): number {
  const set = effects.find(({ effect }) => effect.type === 'slotSet' && effect.slot === slot);
  return set === undefined ? -1 : Math.max(0, set.turn - 1);
}

/** What the scenario says must be said, and must not. */
export const mustAndNever: Checker = checked => {
  const { conversation, scenario } = checked;
  const { mustSay, neverSay } = scenario.check;
  const turns = agentTurns(conversation);
  const violations: Violation[] = turns.flatMap((text, turn) =>
    neverSay.flatMap(phrase =>
      saysOneOf(text, [phrase]) ? [{ rule: 'neverSay', turn, detail: `"${phrase}" was said` }] : [],
    ),
  );
  for (const { phrases, beforeSlot, outcome, when } of mustSay) {
    if (when !== undefined && !conditionHolds(when, { ...conversation.truths, ...conversation.slots }))
      continue;
    if (beforeSlot === undefined) {
      if (outcome !== undefined && !outcome.includes(conversation.outcome ?? '')) continue;
      if (outcome === undefined && conversation.endedBy !== 'agent') continue;
      if (!turns.some(text => saysOneOf(text, phrases)))
        violations.push({ rule: 'mustSay', detail: `"${phrases[0]}" was not said` });
      continue;
    }
    const asked = turns.findIndex(text => askedFor(text, checked).includes(beforeSlot));
    // Asked in words that nobody knows, it is before the answer at least.
    const at = asked >= 0 ? asked : turnBefore(conversation, beforeSlot);
    if (at >= 0 && !turns.slice(0, at + 1).some(text => saysOneOf(text, phrases)))
      violations.push({
        rule: 'mustSay',
        turn: at,
        detail: `"${phrases[0]}" was not said before ${beforeSlot}`,
      });
  }
  return violations;
};
