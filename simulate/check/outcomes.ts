import type { WorkflowDocument } from '../../src/workflow/schema.ts';
import type { Persona } from '../persona/schema.ts';
import { conditionHolds } from '../scenario/conditions.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Conversation } from '../text/conversation.ts';

/** How calls end that leave by an exit. */
export function exitOutcomes(
  { exits, stages }: WorkflowDocument,
  exit: 'exhausted' | 'goodbye' | 'person' | 'optOut',
): readonly string[] {
  return endsOf(stages, exits[exit] ?? exits.goodbye, new Set());
}

/** Outcomes of the ends that a stage leads to, whatever the caller says on the way. */
function endsOf(stages: WorkflowDocument['stages'], name: string, seen: Set<string>): readonly string[] {
  const stage = stages[name];
  if (stage === undefined || seen.has(name)) return [];
  seen.add(name);
  if (stage.kind === 'end') return [stage.outcome];
  if (stage.kind === 'person')
    return [stage.outcome, ...[stage.otherwise, stage.after ?? ''].flatMap(to => endsOf(stages, to, seen))];
  const { next } = stage as { readonly next?: unknown };
  const branches = Array.isArray(next) ? (next as readonly { readonly to: string }[]) : [];
  return branches.flatMap(({ to }) => endsOf(stages, to, seen));
}

/** The outcomes that fulfil what the caller wanted. */
export function wantedOutcomes(
  { scenario, persona, document }: { scenario: Scenario; persona: Persona; document: WorkflowDocument },
  { truths, slots }: Conversation,
): readonly string[] {
  const more = scenario.personas[persona.name]?.outcome ?? [];
  if (persona.aim === 'goal') {
    const goal = scenario.goals.find(
      ({ when }) => when === undefined || conditionHolds(when, { ...slots, ...truths }),
    );
    return [...(goal?.outcome ?? []), ...more];
  }
  const own = scenario.outcomes[persona.aim];
  if (own !== undefined) return [...own, ...more];
  if (persona.aim === 'hangUp') return more;
  const exit = persona.aim === 'silent' ? 'exhausted' : persona.aim;
  return [...exitOutcomes(document, exit), ...more];
}
