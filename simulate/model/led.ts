import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A copy of a folder of workflows, in which a model leads every form. */
export async function ledFolder(folder: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'trunkline-led-'));
  await cp(folder, path, { recursive: true });
  for (const file of await readdir(path)) {
    if (!file.endsWith('.yaml')) continue;
    const text = await readFile(join(path, file), 'utf8');
    if (!/^lead:/m.test(text))
      await writeFile(join(path, file), text.replace(/^start:/m, 'lead: model\nstart:'));
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
