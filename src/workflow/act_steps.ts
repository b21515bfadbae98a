import type { ActStage, ActStep } from './stage_schema.ts';

/** The tools that a stage uses, one after the other. */
export function stepsOf({ tool, args = {}, steps = [] }: ActStage): readonly ActStep[] {
  return tool === undefined ? steps : [{ tool, args }];
}
