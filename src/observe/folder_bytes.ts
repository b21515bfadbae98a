import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes in the files of a folder, not of those below it; 0 when there is none. Files may come and go meanwhile. */
export async function folderBytes(dir: string): Promise<number> {
  const names = await readdir(dir).catch(() => []);
  const sizes = await Promise.all(
    names.map(name =>
      stat(join(dir, name)).then(
        stats => (stats.isFile() ? stats.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
