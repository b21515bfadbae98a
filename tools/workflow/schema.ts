import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { editorSchemas } from '../../src/workflow/editor_schema.ts';

const FOLDER = 'workflows';

/** Writes the schemas of editors beside the workflows. */
export async function writeSchemas(): Promise<number> {
  for (const [name, text] of Object.entries(editorSchemas())) {
    await writeFile(join(FOLDER, name), text);
    process.stdout.write(`${join(FOLDER, name)}\n`);
  }
  return 0;
}
