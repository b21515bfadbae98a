import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { TrunklineError } from '../../src/config/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { askNode, type NodeAddress, NodeRefusal, ownNode } from './node_api.ts';
import { CommandMisuse, VERSION_COMMANDS } from './version_commands.ts';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const VERSIONS_HELP = `
Versions of workflows on a running node (docs/versions.md):
  list                         what new calls of each workflow begin with
  show NAME [VERSION]          its versions and history; or one, with its text
  diff NAME [FROM [TO]]        numbers, live or file; what the file would change, when left out
  draft NAME                   the file of the workflows folder, with what it includes, as a new draft
  submit NAME VERSION          wants it reviewed; faults are told with their places
  approve, reject NAME VERSION
  gate NAME VERSION --result FILE
  deploy NAME VERSION          all new calls begin with it
  canary NAME VERSION PERCENT  so many of them; 0 ends that
  rollback NAME                back to what was live before
  retire NAME VERSION

  --note TEXT    for the history
  --by WHO       who asks; your user name when left out
  --config FILE  of the node; trunkline.yaml when left out
  --url URL      of another machine's node, with its key in TRUNKLINE_API_KEY
`;

/** The commands that ask a running node, by name; each returns the exit status. */
export const NODE_COMMANDS = Object.fromEntries(
  Object.keys(VERSION_COMMANDS).map(name => [name, (args: readonly string[]) => runCommand(name, args)]),
);

async function runCommand(name: string, words: readonly string[]): Promise<number> {
  try {
    await ask(name, words);
    return 0;
  } catch (error) {
    if (!isExpected(error)) throw error;
    const isMisuse = error instanceof CommandMisuse;
    process.stderr.write(
      isMisuse ? `what is missing: ${error.message}\n${VERSIONS_HELP}` : `${error.message}\n`,
    );
    return isMisuse ? 2 : 1;
  }
}

async function ask(name: string, words: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      note: { type: 'string', default: '' },
      by: { type: 'string', default: userInfo().username },
      result: { type: 'string' },
      config: { type: 'string', default: 'trunkline.yaml' },
      url: { type: 'string' },
    },
  });
  const config = configOf(values);
  const { note, result } = values;
  const node = nodeMeant(config, values);
  const workflowsDir = resolve(ROOT, config.workflows.dir);
  await VERSION_COMMANDS[name]?.({ ask: askNode(node), workflowsDir, note, result, print }, ...positionals);
}

/** @throws TrunklineError CONFIG_INVALID */
export function configOf({ config }: { readonly config: string }): Config {
  // The key of another machine's node is no setting of this one.
  const { TRUNKLINE_API_KEY: _, ...env } = process.env;
  return loadConfig(resolve(ROOT, config), env);
}

/** That of `--url`, or this machine's own. @throws the file's error when the node's key can't be read */
export function nodeMeant(
  config: Config,
  { url, by }: { readonly url?: string | undefined; readonly by: string },
): NodeAddress {
  if (url === undefined) return ownNode(config, ROOT, by);
  return { url: url.replace(/\/+$/, ''), key: process.env.TRUNKLINE_API_KEY ?? '', by };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What the caller of the program can do something about. */
export function isExpected(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = `${(error as NodeJS.ErrnoException).code ?? ''}`;
  const isOurs = [NodeRefusal, TrunklineError, SyntaxError, CommandMisuse].some(
    kind => error instanceof kind,
  );
  return isOurs || code.startsWith('ERR_PARSE_ARGS') || code === 'ENOENT';
}
