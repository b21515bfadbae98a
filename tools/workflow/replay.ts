import { readFile, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { LIMITS } from '../../src/config/limits.ts';
import {
  beginningOf,
  HistoryFault,
  type Replayed,
  readRows,
  replay,
} from '../../src/workflow/replay/replay.ts';
import { type Ask, askNode, expect } from './node_api.ts';
import { flowOfHistory } from './replay_flow.ts';
import { stepAsJson, stepLines } from './replay_report.ts';
import { CommandMisuse } from './version_commands.ts';
import { configOf, isExpected, nodeMeant, ROOT } from './versions.ts';

export const REPLAY_HELP = `
What a call or chat was led by, once more (docs/durability.md):
  replay CALL|FILE             its steps with the version of the workflow that it had: 1 at the first one that comes to something else
  --step N       up to that step, which is shown with all that is known by then
  --with FILE    with that workflow in place of the call's one of the same name: where it departs
  --save FILE    keeps the history, to be replayed from that file
  --json
  --config, --url, --by as below
`;

const whole = z.object({
  callId: z.string(),
  /** Undefined where nobody asked. */
  endReason: z.string().nullable().optional(),
  steps: z.array(z.unknown()),
  next: z.number().nullable(),
});

type History = z.infer<typeof whole>;

const OPTIONS = {
  step: { type: 'string' },
  with: { type: 'string' },
  save: { type: 'string' },
  json: { type: 'boolean', default: false },
  by: { type: 'string', default: userInfo().username },
  config: { type: 'string', default: 'trunkline.yaml' },
  url: { type: 'string' },
} as const;

/** Where is told what there is to tell, and what is wrong. */
interface Told {
  print(line: string): void;
  warn(line: string): void;
}

const TOLD: Told = {
  print: line => void process.stdout.write(`${line}\n`),
  warn: line => void process.stderr.write(`${line}\n`),
};

/** Returns the exit status: 1 where a step comes to something else, or can't be done once more. */
export async function replayCall(words: readonly string[], told = TOLD): Promise<number> {
  try {
    return await run(words, told);
  } catch (error) {
    if (!(error instanceof HistoryFault) && !isExpected(error)) throw error;
    told.warn(
      error instanceof CommandMisuse ? `what is missing: ${error.message}\n${REPLAY_HELP}` : error.message,
    );
    return error instanceof CommandMisuse ? 2 : 1;
  }
}

async function run(words: readonly string[], told: Told): Promise<number> {
  const { positionals, values } = parseArgs({ args: [...words], allowPositionals: true, options: OPTIONS });
  const [what] = positionals;
  if (what === undefined || positionals.length > 1) throw new CommandMisuse('the id of a call, or a file');
  if (values.step !== undefined && !/^[1-9]\d{0,5}$/.test(values.step))
    throw new CommandMisuse('the number of a step');
  const config = configOf(values);
  const ask = (below: string): Ask => askNode(nodeMeant(config, values), below);
  const history = await readHistory(what, () => ask('/api/calls'));
  if (values.save !== undefined)
    await writeFile(values.save, `${JSON.stringify(history)}\n`, { mode: 0o600 });
  const rows = readRows(history.steps);
  const begun = beginningOf(rows);
  const flow = await flowOfHistory(rows, begun, {
    workflowsDir: resolve(ROOT, config.workflows.dir),
    ask: () => ask('/api/workflows'),
    instead: values.with,
  });
  const { workflow, versions } = begun;
  if (!values.json)
    told.print(`${history.callId}: ${workflow} ${versions[workflow] ?? ''}, ${rows.length - 1} steps`);
  const steps = replay(rows, flow, { isSame: values.with === undefined });
  const step = values.step === undefined ? undefined : Number(values.step);
  return report(steps, history, { ...values, step }, told);
}

interface Wanted {
  /** The last one. */
  readonly step: number | undefined;
  readonly json: boolean;
  /** The file in place of the call's workflow. */
  readonly with?: string | undefined;
}

function report(steps: Iterable<Replayed>, history: History, wanted: Wanted, { print, warn }: Told): number {
  const { step: until, json } = wanted;
  const shown: object[] = [];
  let last: Replayed | undefined;
  let fault: string | undefined;
  try {
    for (const one of steps) {
      last = one;
      if (json) shown.push(stepAsJson(one));
      else if (until === undefined || until === one.number || one.differs.length > 0)
        for (const line of stepLines(one, until === one.number)) print(line);
      if (one.differs.length > 0 || one.number === until) break;
    }
    fault = endFault(last, history, until);
  } catch (error) {
    if (!(error instanceof HistoryFault)) throw error;
    fault = error.message;
  }
  const { differs = [], number = 0 } = last ?? {};
  const departs = differs.length === 0 ? null : { step: number, differs };
  if (json) print(JSON.stringify({ callId: history.callId, steps: shown, departs, fault: fault ?? null }));
  else if (departs !== null)
    print(`${wanted.with ?? 'the replay'} departs from the record at step ${number}`);
  else if (fault === undefined) print(`all ${number} steps agree with the record`);
  if (fault !== undefined) warn(fault);
  return departs !== null || fault !== undefined ? 1 : 0;
}

/** Why the end of a history can't be its end; undefined where it can. */
function endFault(
  last: Replayed | undefined,
  { endReason }: History,
  until: number | undefined,
): string | undefined {
  if (last === undefined) return 'the history has no step';
  if (last.differs.length > 0) return undefined;
  if (until !== undefined && last.number < until) return `there are only ${last.number} steps`;
  const isCut = until === undefined && endReason === 'completed' && !last.after.done;
  return isCut
    ? `the call was led to its end, and the history ends before that, after step ${last.number}`
    : undefined;
}

async function readHistory(what: string, ask: () => Ask): Promise<History> {
  const isFile = /[./]/.test(what);
  const history = isFile ? await readFileOf(what) : await fetchHistory(what, ask());
  if (history.next !== null)
    throw new HistoryFault(
      `the file ends after ${history.steps.length} rows, and there are more; see --save`,
    );
  return history;
}

async function readFileOf(file: string): Promise<History> {
  const { size } = await stat(file);
  if (size > LIMITS.historyFileBytes)
    throw new HistoryFault(`${file} is longer than ${LIMITS.historyFileBytes} bytes`);
  try {
    return whole.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    throw new HistoryFault(`${file} is no history as the control plane tells it, or is cut short`);
  }
}

async function fetchHistory(callId: string, ask: Ask): Promise<History> {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(callId)) throw new CommandMisuse('the id of a call, or a file');
  const steps: unknown[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const page: History = await expect(ask('GET', `/${callId}/history?from=${from}`), whole);
    steps.push(...page.steps);
    from = page.next;
  }
  const ended = z.object({ endReason: z.string().nullable() });
  const { endReason } = await expect(ask('GET', `/${callId}`), ended);
  return { callId, endReason, steps, next: null };
}
