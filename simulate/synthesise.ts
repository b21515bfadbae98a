import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Verdict } from './check/judge.ts';
import { readPersonas, readScenario, scenarioNames } from './read.ts';
import { runCalls } from './run_calls.ts';
import { labelledCall, labelledForm } from './synthetic/labelled.ts';
import { SETS } from './synthetic/sets.ts';
import { varietyOf } from './synthetic/variety.ts';
import { CallStage } from './text/stage.ts';

const HELP = `npm run synthesise -- OUT_DIR [--from SEED] [--part 0.1]
  labelled conversations, application forms and claims as JSONL, the same for the same seed; simulate/README.md explains them
  --from 1001   the first seed
  --part 1      of how many there are usually
`;

/** `npm run synthesise`: conversations and forms with ground truth, for training and tests. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      from: { type: 'string', default: '1001' },
      part: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  const [out] = positionals;
  if (values.help || out === undefined) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const [from, part] = [Number(values.from), Number(values.part)];
  if (!Number.isInteger(from) || !(part > 0 && part <= 10))
    throw new Error('--from is a seed, --part above 0');
  await mkdir(out, { recursive: true });
  await using stage = await CallStage.open();
  const report: Record<string, unknown> = {};
  for (const { file, workflows, calls, form } of SETS) {
    const names = scenarioNames().filter(name => workflows.test(name));
    if (names.length === 0) continue;
    const verdicts = await hold(stage, names, Math.ceil(calls * part), from);
    const lines = verdicts.map(one => JSON.stringify(form ? labelledForm(one) : labelledCall(one)));
    await writeFile(join(out, `${file}.jsonl`), `${lines.join('\n')}\n`);
    const variety = varietyOf(verdicts.map(labelledCall));
    report[file] = variety;
    const { distinct, distinctTurns, callerTurns, outcomes } = variety;
    process.stdout.write(
      `${file}: ${verdicts.length} lines, ${callerTurns} turns of callers, ${distinctTurns} of them distinct; distinct runs of 1 to 4 words ${Object.values(distinct).join(', ')}; ${Object.entries(
        outcomes,
      )
        .map(([outcome, count]) => `${outcome} ${count}`)
        .join(', ')}\n`,
    );
  }
  await writeFile(join(out, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  return 0;
}

/** Personas take turns, each call with a seed of its own. */
async function hold(
  stage: CallStage,
  names: readonly string[],
  calls: number,
  from: number,
): Promise<readonly Verdict[]> {
  const personas = readPersonas();
  const scenarios = names.map(readScenario);
  const verdicts: Verdict[] = [];
  for (let at = 0; verdicts.length < calls; at += 1) {
    const scenario = scenarios[at % scenarios.length]!;
    const persona = personas[Math.floor(at / scenarios.length) % personas.length]!;
    verdicts.push(...(await runCalls(stage, { scenario, personas: [persona], seeds: [from + at] })));
  }
  return verdicts;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
