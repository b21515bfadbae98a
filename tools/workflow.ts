import { check } from './workflow/check.ts';
import { REPLAY_HELP, replayCall } from './workflow/replay.ts';
import { writeSchemas } from './workflow/schema.ts';
import { NODE_COMMANDS, VERSIONS_HELP } from './workflow/versions.ts';

const HELP = `npm run workflow -- check [NAME...]   looks at workflows, all of them by default: what is wrong where, and what is worth a look
npm run workflow -- schema            writes the JSON Schemas by which editors complete workflows (workflows/*.schema.json)
${REPLAY_HELP}${VERSIONS_HELP}`;

/** What each subcommand does with its arguments; returns the exit status. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  check,
  schema: writeSchemas,
  replay: replayCall,
  ...NODE_COMMANDS,
};

const [name = 'help', ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (command === undefined) {
  const isHelp = ['help', '--help', '-h'].includes(name);
  (isHelp ? process.stdout : process.stderr).write(HELP);
  process.exitCode = isHelp ? 0 : 2;
} else {
  process.exitCode = await command(args);
}
