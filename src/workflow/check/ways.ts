import type { WorkflowDocument } from '../schema.ts';
import { stageNamed } from './names.ts';
import type { Report } from './report.ts';

/** Where a stage may lead. */
export function waysOf(document: WorkflowDocument, name: string): readonly string[] {
  const stage = stageNamed(document, name);
  if (stage === undefined || stage.kind === 'end' || stage.kind === 'hand_off') return [];
  if (stage.kind === 'person') return [stage.otherwise, ...(stage.after === undefined ? [] : [stage.after])];
  if (stage.kind === 'talk') return [stage.without, ...Object.values(stage.ways).map(({ to }) => to)];
  const ways = stage.next.map(({ to }) => to);
  return stage.kind === 'act' ? [...ways, stage.failed, stage.unknown ?? stage.failed] : ways;
}

/** Every stage is reached, every way ends, and no circle of stages goes round without asking. */
export function checkWays(document: WorkflowDocument, report: Report): void {
  const after = (name: string): readonly string[] => waysOf(document, name);
  /** A model waits for the caller each time; where none answers, the call goes on as if there were none. */
  const afterAlone = (name: string): readonly string[] => {
    const stage = stageNamed(document, name);
    return stage?.kind === 'talk' ? [stage.without] : after(name);
  };
  const reached = new Set<string>();
  const begins = [document.start, ...(document.takeOver === undefined ? [] : [document.takeOver.start])];
  const anytime = [...Object.values(document.topics), ...document.escalation].flatMap(({ to }) => to ?? []);
  const queue = [...begins, ...anytime, ...Object.values(document.exits)];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    queue.push(...after(name));
  }
  for (const name of Object.keys(document.stages)) {
    if (!reached.has(name)) report(['stages', name], 'no stage leads here; remove it or lead to it');
    if (leadsBack(name, afterAlone))
      report(['stages', name, 'next'], 'leads back to itself without a question; a call must come to an end');
  }
}

function leadsBack(name: string, after: (name: string) => readonly string[]): boolean {
  const seen = new Set<string>();
  const queue = [...after(name)];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === name) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...after(next));
  }
  return false;
}
