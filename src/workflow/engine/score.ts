import { holds, type Known } from '../condition.ts';
import type { WorkflowDocument } from '../schema.ts';
import type { ScoreSpec } from '../score_schema.ts';
import type { FlowEffect, FlowState, SlotValue } from '../types.ts';

type Document = Pick<WorkflowDocument, 'scores'>;

/** What is known by name: the value of a slot, or what a score comes to with them. */
export function knownIn({ scores }: Document, slots: FlowState['slots']): Known {
  const ofSlot = (name: string): SlotValue | undefined => slots[name]?.value;
  return name => ofSlot(name) ?? (Object.hasOwn(scores, name) ? scoreOf(scores[name]!, ofSlot) : undefined);
}

function scoreOf({ base, rules, min = -Infinity, max = Infinity }: ScoreSpec, known: Known): number {
  const points = rules.reduce((sum, rule) => (holds(rule.when, known) ? sum + rule.points : sum), base);
  return Math.min(max, Math.max(min, points));
}

/** What every score has come to. */
export function scored({ scores }: Document, slots: FlowState['slots']): readonly FlowEffect[] {
  const ofSlot = (name: string): SlotValue | undefined => slots[name]?.value;
  return Object.entries(scores).map(([score, spec]) => ({
    type: 'scored',
    score,
    value: scoreOf(spec, ofSlot),
  }));
}
