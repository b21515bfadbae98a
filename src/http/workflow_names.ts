import { readdir } from 'node:fs/promises';

const WORKFLOW_FILE = /^([a-z0-9][a-z0-9_-]{0,63})\.ya?ml$/;

/** Names of the workflows in a folder, in alphabetical order; asked anew each time, the folder is small. */
export async function listWorkflows(dir: string): Promise<string[]> {
  const files = await readdir(dir);
  return files.flatMap(file => WORKFLOW_FILE.exec(file)?.[1] ?? []).toSorted();
}
