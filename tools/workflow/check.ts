import { type CheckedWorkflow, checkWorkflows } from '../../src/workflow/check_files.ts';

const FOLDER = 'workflows';

/** Prints what is wrong with workflows; 1 where anything is. Warnings alone do no harm. */
export async function check(names: readonly string[]): Promise<number> {
  const checked = await checkWorkflows(FOLDER, names);
  for (const one of checked) process.stdout.write(linesOf(one));
  return checked.some(({ faults }) => faults.length > 0) ? 1 : 0;
}

function linesOf({ name, version, faults, warnings }: CheckedWorkflow): string {
  const lines = [
    `${name} ${version ?? 'can not be loaded'}${faults.length === 0 ? ': nothing is wrong' : ''}`,
    ...faults.map(fault => `  wrong: ${fault}`),
    ...warnings.map(warning => `  worth a look: ${warning}`),
  ];
  return `${lines.join('\n')}\n`;
}
