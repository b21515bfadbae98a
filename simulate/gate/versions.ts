import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WORKFLOWS } from '../text/stage.ts';

/** A folder of workflows to be called. */
export interface WorkflowFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * The shipped workflows, with one of them as another file has it; or a whole folder of them as it is.
 * @throws Error where there is neither
 */
export async function workflowFolder(name: string, other: string | undefined): Promise<WorkflowFolder> {
  if (other === undefined) return { path: WORKFLOWS, [Symbol.asyncDispose]: async () => {} };
  const there = await stat(other).catch(() => undefined);
  if (there === undefined) throw new Error(`there is no file or folder ${other}`);
  if (there.isDirectory()) return { path: other, [Symbol.asyncDispose]: async () => {} };
  const path = await mkdtemp(join(tmpdir(), 'trunkline-workflows-'));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  try {
    await cp(WORKFLOWS, path, { recursive: true });
    await cp(other, join(path, `${name}.yaml`));
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: remove };
}
