import { writeFile } from 'node:fs/promises';
import type { Verdict } from './check/judge.ts';
import { alsoByTelephone } from './gate/by_telephone.ts';
import { type GateResult, gate } from './gate/gate.ts';
import { canBeWritten, readArgs, seedsOf, tellProgress } from './options.ts';
import { namedWorkflows } from './read.ts';
import type { WorkflowSummary } from './report/summary.ts';
import { isFaulty, transcript } from './report/table.ts';

const HELP = `npm run gate -- [WORKFLOW…] [options]
  all workflows that have a scenario, every persona, ten seeds; ends with exit code 1 when one does not pass, 2 when there was
  no call to judge
  --candidate FILE  judge this file in place of workflows/WORKFLOW.yaml
  --base PATH       compare with this file, or this folder of workflows: what is worse for certain does not pass
  --seeds 1..10     seeds
  --model M         further calls in which this model leads (scripted:0.2, which goes wrong in every fifth answer; none: no such calls)
  --audio N         and so many calls of each by telephone, to a node that is started for them (3; 0: none)
  --quick           two seeds, no model and no telephone
  --show N          show so many calls in full in which something went wrong (3)
  --by WHO          who has it run, for the result; your user name when left out
  --out FILE        write the result as JSON
  --json            end with the result as one line of JSON
`;

const MOST_CALLS = 20;

function readOptions(args: readonly string[]) {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      candidate: { type: 'string' },
      base: { type: 'string' },
      seeds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      show: { type: 'string', default: '3' },
      model: { type: 'string' },
      by: { type: 'string' },
      audio: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const model = values.model ?? (quick ? 'none' : 'scripted:0.2');
  const calls = Number(values.audio ?? (quick ? 0 : 3));
  if (!Number.isInteger(calls) || calls < 0 || calls > MOST_CALLS)
    throw new Error(`--audio takes 0 to ${MOST_CALLS}`);
  const show = Number(values.show);
  if (!Number.isInteger(show) || show < 0) throw new Error('--show takes a number');
  const names = namedWorkflows(positionals.length === 0 ? ['all'] : positionals);
  if (values.candidate !== undefined && names.length !== 1)
    throw new Error('--candidate is of one workflow; name it');
  const seeds = seedsOf(values.seeds ?? (quick ? '1..2' : '1..10'));
  return { ...values, names, seeds, model: model === 'none' ? undefined : model, calls, show };
}

/** `npm run gate`: may these workflows go live? */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { names, seeds, candidate, base, model, by, calls, show, out } = options;
  await canBeWritten('--out', out);
  const tell = (faulty: readonly Verdict[]): void => {
    for (const one of faulty.slice(0, show)) process.stdout.write(`${transcript(one)}\n\n`);
  };
  const byText: GateResult[] = [];
  for (const workflow of names) {
    tellProgress(`calling ${workflow}`);
    const { verdicts, ...result } = await gate({ workflow, seeds, candidate, base, model, by });
    byText.push(result);
    if (!result.passed) tell(verdicts.filter(isFaulty));
    process.stdout.write(`${lineOf(result)}\n`);
  }
  const results =
    calls === 0 ? byText : await alsoByTelephone(byText, { calls, from: seeds[0]!, candidate, tell });
  for (const { workflow, byTelephone, failed } of calls === 0 ? [] : results) {
    const why = failed.filter(one => one.startsWith('by telephone')).map(one => `\n  ${one}`);
    const mark = why.length === 0 ? 'ok' : 'NOT OK';
    process.stdout.write(`${mark} ${workflow} by telephone: ${figuresOf(byTelephone!)}${why.join('')}\n`);
  }
  const passed = results.every(one => one.passed);
  process.stdout.write(passed ? 'passed\n' : 'not passed\n');
  const json = JSON.stringify({
    passed,
    workflows: Object.fromEntries(results.map(one => [one.workflow, one])),
  });
  if (out !== undefined) await writeFile(out, `${json}\n`);
  if (options.json) process.stdout.write(`${json}\n`);
  return passed ? 0 : 1;
}

function lineOf({ workflow, version, passed, failed, summary, base, withModel }: GateResult): string {
  const against =
    base === undefined
      ? ''
      : `\n  against ${base.version}: completed ${signed(base.comparison.completionPct)}, slots ${signed(base.comparison.slotAccuracyPct)}`;
  const led =
    withModel === undefined
      ? ''
      : `\n  led by a model that went wrong ${withModel.misdeeds} times: ${figuresOf(withModel.summary)}`;
  const why = failed.map(one => `\n  ${one}`).join('');
  return `${passed ? 'ok' : 'NOT OK'} ${workflow} ${version}: ${figuresOf(summary)}${led}${against}${why}`;
}

function figuresOf({
  calls,
  completionPct,
  slotAccuracyPct,
  requiredPct,
  violations,
}: WorkflowSummary): string {
  return `${calls} calls, ${completionPct} % completed, ${slotAccuracyPct} % of slots and ${requiredPct} % of required fields right, ${violations} violations`;
}

function signed({ gained, interval }: { gained: number; interval: readonly [number, number] }): string {
  return `${gained >= 0 ? '+' : ''}${gained} % (${interval.join(' to ')})`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
