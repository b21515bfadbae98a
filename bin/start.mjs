// `npm start`: installs the npm packages if need be, then runs src/main.ts under Node 24, again where it is killed.
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure, fail, ROOT } from './failure.mjs';
import { keepRunning } from './keep_running.mjs';
import { installPackages, packagesProblem } from './packages.mjs';
import { runScript } from './run_script.mjs';

const options = process.argv.slice(2);

try {
  const problem = packagesProblem({ dev: false });
  if (problem !== undefined && options.some(option => option === '--help' || option === '-h')) showUsage();
  if (problem !== undefined && options.includes('--check')) reportWithoutPackages(problem);
  if (problem !== undefined && options.includes('--no-install')) {
    throw new Failure(`npm packages are ${problem}, and --no-install forbids installing them: run npm ci`);
  }
  // They would be taken from under the node that runs.
  if (problem !== undefined && options.includes('--upgrade'))
    throw new Failure(`npm packages are ${problem}: this version needs a restart`);
  await installPackages({ dev: false });
  // What is no node ends by itself.
  const isNode = !options.some(option => ['--check', '--help', '-h', '--role', '--upgrade'].includes(option));
  if (isNode) keepRunning('src/main.ts', options);
  else runScript('src/main.ts', options);
} catch (error) {
  fail(error);
}

function showUsage() {
  process.stdout.write(readFileSync(join(ROOT, 'src/supervisor/usage.txt'), 'utf8'));
  process.exit(0);
}

/** What can be said before there is a YAML parser: the configuration and the ports are checked once there is one. */
function reportWithoutPackages(problem) {
  process.stdout.write(`✗ npm packages are ${problem}: npm start installs them\n`);
  const programs = JSON.parse(readFileSync(join(ROOT, 'src/supervisor/programs.json'), 'utf8'));
  for (const { name, purpose, folders = [] } of programs) {
    const found = isThere(name, folders);
    process.stdout.write(`${found ? '✓' : '✗'} ${name} (${purpose})${found ? '' : ' is not there'}\n`);
  }
  process.exit(1);
}

function isThere(name, folders) {
  return [...(process.env.PATH ?? '').split(delimiter), ...folders].some(folder => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
