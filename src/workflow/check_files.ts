import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import { handOffFaults } from './check/hand_offs.ts';
import { warningsOf } from './check/warnings.ts';
import { readWorkflow, type WorkflowSource } from './document.ts';
import { type FlowOptions, loadFlow } from './load.ts';

/** What a look at one workflow has found. */
export interface CheckedWorkflow {
  readonly name: string;
  /** Undefined where it can't be loaded. */
  readonly version: string | undefined;
  /** File, line, column, key, and what to do. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** Looks at workflows of a folder, all of them by default, each by itself and in what it hands over to the others. */
export async function checkWorkflows(
  folder: string,
  names: readonly string[] = [],
  options: FlowOptions = {},
): Promise<readonly CheckedWorkflow[]> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.yaml')).map(file => file.slice(0, -5));
  const sources = new Map<string, WorkflowSource>();
  const found = new Map<string, CheckedWorkflow>();
  for (const name of new Set([...files.toSorted(), ...names])) {
    try {
      const { version } = await loadFlow(folder, name, options);
      const source = await readWorkflow(join(folder, `${name}.yaml`), `${name}.yaml`);
      sources.set(name, source);
      found.set(name, { name, version, faults: [], warnings: warningsOf(source) });
    } catch (error) {
      if (!(error instanceof TrunklineError)) throw error;
      found.set(name, { name, version: undefined, faults: [error.detail], warnings: [] });
    }
  }
  for (const [name, source] of sources) {
    const faults = handOffFaults(new Map([[name, source]]), sources);
    found.set(name, { ...found.get(name)!, faults });
  }
  return [...found.values()].filter(({ name }) => names.length === 0 || names.includes(name));
}
