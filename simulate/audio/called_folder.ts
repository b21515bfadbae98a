import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OFFICE_URL } from '../office/office.ts';

const KEY_FILE = 'secretFile: var/demo/back_office.key';
const SHARED = 'shared';
export const OFFICE_KEY_ENV = 'SIMULATED_OFFICE_KEY';

/** Copies a folder of workflows to where a node reads it, with tools that reach the office of the simulation in place of the demo's. */
export async function writeCalledFolder(from: string, to: string, officeUrl: string): Promise<void> {
  await cp(from, to, { recursive: true });
  const folders = [to, join(to, SHARED)];
  for (const folder of folders) {
    for (const file of await readdir(folder).catch(() => [])) {
      if (!file.endsWith('.yaml')) continue;
      const text = await readFile(join(folder, file), 'utf8');
      const own = text.replaceAll(OFFICE_URL, officeUrl).replaceAll(KEY_FILE, `secretEnv: ${OFFICE_KEY_ENV}`);
      if (own !== text) await writeFile(join(folder, file), own);
    }
  }
}
