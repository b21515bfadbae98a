import { stepsOf } from './act_steps.ts';
import type { WorkflowDocument } from './schema.ts';

/**
 * The document without what it did not ask for: of the tools of an included file those that no stage uses are left out, and
 * of what the others save that for which it has no slot. So a file of tools serves workflows that want some of them.
 */
export function withUsedTools(
  document: WorkflowDocument,
  isIncluded: (tool: string) => boolean,
): WorkflowDocument {
  const used = usedTools(document);
  const tools = Object.entries(document.tools).flatMap(([name, tool]) => {
    if (!isIncluded(name)) return [[name, tool] as const];
    if (!used.has(name)) return [];
    const saves = Object.entries(tool.saves).filter(([slot]) => Object.hasOwn(document.slots, slot));
    return [[name, { ...tool, saves: Object.fromEntries(saves) }] as const];
  });
  return { ...document, tools: Object.fromEntries(tools) };
}

/** Those that a stage names, and what undoes them. */
export function usedTools({ stages, tools }: WorkflowDocument): ReadonlySet<string> {
  const used = new Set<string>();
  for (const stage of Object.values(stages)) {
    if (stage.kind === 'talk') for (const name of stage.tools) used.add(name);
    if (stage.kind !== 'act') continue;
    for (const { tool } of stepsOf(stage)) {
      used.add(tool);
      const undo = Object.hasOwn(tools, tool) ? tools[tool]?.compensate?.tool : undefined;
      if (undo !== undefined) used.add(undo);
    }
  }
  return used;
}
