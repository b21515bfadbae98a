import { holds, type Known } from '../condition.ts';
import type { WorkflowDocument } from '../schema.ts';
import type { ScoreSpec } from '../score_schema.ts';
import type { FlowEffect, FlowState, SlotValue } from '../types.ts';

type Scored = Extract<FlowEffect, { type: 'scored' }>;
type Document = Pick<WorkflowDocument, 'scores'>;

/** What is known by name: the value of a slot, or what a score comes to with them. */
export function knownIn({ scores }: Document, ofSlot: Known): Known {
  return name => ofSlot(name) ?? (Object.hasOwn(scores, name) ? scoreOf(scores[name]!, ofSlot) : undefined);
}

function scoreOf({ base, rules, min = -Infinity, max = Infinity }: ScoreSpec, known: Known): number {
  const points = rules.reduce((sum, rule) => (holds(rule.when, known) ? sum + rule.points : sum), base);
  return Math.min(max, Math.max(min, points));
}

/** What every score has come to. */
export function scored({ scores }: Document, slots: FlowState['slots']): readonly Scored[] {
  const ofSlot = (name: string): SlotValue | undefined => slots[name]?.value;
  return Object.entries(scores).map(([score, spec]) => {
    return { type: 'scored', score, value: scoreOf(spec, ofSlot) } as const;
  });
}
