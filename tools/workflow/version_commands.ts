import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Bundle, readBundle } from '../../src/workflow/versions/bundle.ts';
import { diffBundles } from '../../src/workflow/versions/diff.ts';
import { type Ask, expect } from './node_api.ts';

/** What a command works with. */
interface CommandParts {
  readonly ask: Ask;
  readonly workflowsDir: string;
  readonly note: string;
  /** File of a gate's result. */
  readonly result: string | undefined;
  print(line: string): void;
}

type Command = (parts: CommandParts, ...args: readonly string[]) => Promise<void>;

/** The command line is not what a command takes. */
export class CommandMisuse extends Error {}

const version = z.object({
  version: z.number(),
  state: z.string(),
  author: z.string(),
  createdAt: z.string(),
  flowVersion: z.string().nullable(),
  canaryPercent: z.number().nullable(),
  gatePassed: z.boolean().nullable(),
  note: z.string(),
});
const state = z.object({
  workflow: z.string(),
  flowVersion: z.string().nullable(),
  version: z.number().nullable(),
  byFile: z.boolean(),
  canary: z.object({ version: z.number(), percent: z.number() }).nullable(),
});
const history = z.array(
  z.object({
    at: z.string(),
    version: z.number(),
    action: z.string(),
    who: z.string(),
    percent: z.number().nullable(),
    note: z.string(),
  }),
);
const changed = z.object({
  version,
  inForce: z.object({ everywhere: z.boolean(), failed: z.array(z.string()) }),
});
const texts = z.object({ version: z.number(), files: z.record(z.string(), z.string()) });

export const VERSION_COMMANDS: Readonly<Record<string, Command>> = {
  list,
  show,
  diff,
  draft,
  submit: step('submit'),
  approve: step('approve'),
  reject: step('reject'),
  retire: step('retire'),
  gate,
  deploy: (parts, name, number) => deploy(parts, name, number, '100'),
  canary: deploy,
  rollback,
};

async function list({ ask, print }: CommandParts): Promise<void> {
  const { states } = await expect(ask('GET', ''), z.object({ states: z.array(state) }));
  for (const { workflow, version: number, flowVersion, byFile, canary } of states) {
    const from = `${number === null ? 'no version yet' : `version ${number}`}${byFile ? ', by its file' : ''}`;
    const tried = canary === null ? '' : `, ${canary.percent} % try version ${canary.version}`;
    print(`${workflow.padEnd(24)} ${flowVersion ?? 'nothing'} (${from}${tried})`);
  }
}

async function show({ ask, print }: CommandParts, name?: string, number?: string): Promise<void> {
  const path = pathOf(name);
  if (number !== undefined) {
    const whole = version.extend({ files: texts.shape.files, history });
    const one = await expect(ask('GET', `${path}/versions/${numeral(number)}`), whole);
    for (const row of one.history.toReversed()) print(historyLine(row));
    for (const [file, text] of Object.entries(one.files)) print(`\n# ${file}\n${text}`);
    return;
  }
  const { versions } = await expect(ask('GET', `${path}/versions`), z.object({ versions: z.array(version) }));
  for (const one of versions) {
    const tried = one.canaryPercent === null ? '' : ` (${one.canaryPercent} %)`;
    const gated = one.gatePassed === null ? '' : `, gate ${one.gatePassed ? 'passed' : 'failed'}`;
    const what = `${one.flowVersion ?? 'not loaded yet'}, by ${one.author} ${one.createdAt}${gated}`;
    print(`${String(one.version).padStart(4)} ${`${one.state}${tried}`.padEnd(16)} ${what}  ${one.note}`);
  }
  const told = await expect(ask('GET', `${path}/history?limit=10`), z.object({ history }));
  for (const row of told.history.toReversed()) print(historyLine(row));
}

/** Of versions by number, of `live`, and of `file`, which lies in the workflows folder. */
async function diff(parts: CommandParts, name?: string, from = 'live', to = 'file'): Promise<void> {
  pathOf(name);
  const textOf = async (which: string): Promise<readonly [string, Bundle]> => {
    if (which === 'file') return ['file', await readBundle(parts.workflowsDir, name ?? '')];
    const found = await expect(
      parts.ask('GET', `/${name}/versions/${which === 'live' ? await liveOf(parts, name) : numeral(which)}`),
      texts,
    );
    return [`version ${found.version}`, found.files];
  };
  const [[fromName, before], [toName, after]] = [await textOf(from), await textOf(to)];
  const found = diffBundles(before, after, { from: fromName, to: toName });
  parts.print(found === '' ? `${fromName} and ${toName} are the same` : found.trimEnd());
}

async function liveOf({ ask }: CommandParts, name?: string): Promise<number> {
  const { version: live } = await expect(ask('GET', pathOf(name)), state);
  if (live === null) throw new CommandMisuse('the node has no live version of it by number');
  return live;
}

/** What the workflows folder has, as a draft. */
async function draft({ ask, workflowsDir, note, print }: CommandParts, name?: string): Promise<void> {
  const path = pathOf(name);
  const files = await readBundle(workflowsDir, name ?? '');
  const one = await expect(ask('POST', `${path}/versions`, { files, note }), version);
  print(`version ${one.version} is a draft`);
}

function step(action: 'submit' | 'approve' | 'reject' | 'retire'): Command {
  return async ({ ask, note, print }, name, number) => {
    const path = `${pathOf(name)}/versions/${numeral(number)}/${action}`;
    const { version: one } = await expect(ask('POST', path, { note }), changed);
    print(`version ${one.version} is ${one.state}`);
  };
}

async function gate({ ask, result, print }: CommandParts, name?: string, number?: string): Promise<void> {
  if (result === undefined) throw new CommandMisuse('--result FILE: what npm run gate wrote');
  // Who writes for people, too, has the JSON in the last line.
  const last = readFileSync(result, 'utf8').trim().split('\n').at(-1) ?? '';
  const path = `${pathOf(name)}/versions/${numeral(number)}/gate`;
  const { version: one } = await expect(ask('PUT', path, JSON.parse(last)), changed);
  print(`version ${one.version} ${one.gatePassed ? 'passed' : 'did not pass'} the gate`);
}

async function deploy(parts: CommandParts, name?: string, number?: string, percent?: string): Promise<void> {
  if (percent === undefined || !/^\d{1,3}$/.test(percent))
    throw new CommandMisuse('how many per cent of new calls');
  const path = `${pathOf(name)}/versions/${numeral(number)}/deploy`;
  const body = { percent: Number(percent), note: parts.note };
  tell(parts, await expect(parts.ask('POST', path, body), changed));
}

async function rollback(parts: CommandParts, name?: string): Promise<void> {
  tell(parts, await expect(parts.ask('POST', `${pathOf(name)}/rollback`, { note: parts.note }), changed));
}

function tell({ print }: CommandParts, { version: one, inForce }: z.infer<typeof changed>): void {
  const tried = one.canaryPercent === null ? '' : `, tried by ${one.canaryPercent} % of new calls`;
  print(`version ${one.version} is ${one.state}${tried}`);
  if (inForce.everywhere) print('in force for new calls of this node');
  else
    print(
      `not in force everywhere yet${inForce.failed.length > 0 ? `: ${inForce.failed.join(', ')} failed` : ''}`,
    );
}

function historyLine({
  at,
  version: number,
  action,
  who,
  percent,
  note,
}: z.infer<typeof history>[number]): string {
  const share = percent === null ? '' : ` ${percent} %`;
  return `${at} version ${number} ${action}${share} by ${who}${note === '' ? '' : `: ${note}`}`;
}

function pathOf(name: string | undefined): string {
  if (name === undefined || !/^[a-z][a-z0-9_]{0,63}$/.test(name))
    throw new CommandMisuse('the name of a workflow');
  return `/${name}`;
}

function numeral(number: string | undefined): string {
  if (number === undefined || !/^\d{1,7}$/.test(number)) throw new CommandMisuse('the number of a version');
  return number;
}
