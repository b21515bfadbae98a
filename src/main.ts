import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRole } from './roles/start_role.ts';
import { check } from './supervisor/check.ts';
import { parseCommand, USAGE } from './supervisor/cli.ts';
import { failureText } from './supervisor/failure_text.ts';
import { fullSearchPath } from './supervisor/find_program.ts';
import { supervise } from './supervisor/supervisor.ts';
import { Terminal } from './supervisor/terminal.ts';
import { commandUpgrade } from './supervisor/upgrade_command.ts';

const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

async function main(args: readonly string[]): Promise<void> {
  // Of all that is started from here, too: what is found has to be found again.
  process.env.PATH = fullSearchPath(process.env.PATH ?? '');
  const command = parseCommand(args);
  switch (command.kind) {
    case 'help':
      process.stdout.write(USAGE);
      return;
    case 'role':
      return await startRole(command.role, command.runtimeFile);
    case 'upgrade':
      process.exit(await commandUpgrade(command, PROJECT, new Terminal(process.stdout)));
      break;
    case 'check':
      process.exit(await check(command, PROJECT, new Terminal(process.stdout)));
      break;
    case 'start':
      process.exit(await supervise(command, PROJECT));
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`✗ ${failureText(error)}\n`);
  process.exit(1);
}
