// `node bin/run.mjs SCRIPT [ARGUMENTS]`: runs a TypeScript file of the project under Node 24, packages included.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, fail, ROOT } from './failure.mjs';
import { installPackages } from './packages.mjs';
import { runScript } from './run_script.mjs';

const [script, ...args] = process.argv.slice(2);

try {
  if (script === undefined) throw new Failure('usage: node bin/run.mjs SCRIPT [ARGUMENTS]');
  if (!existsSync(join(ROOT, script))) throw new Failure(`${script} is not in this project`);
  await installPackages({ dev: true });
  runScript(script, args);
} catch (error) {
  fail(error);
}
