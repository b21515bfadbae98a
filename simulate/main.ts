import { writeFile } from 'node:fs/promises';
import { withAudioStage } from './audio/audio_stage.ts';
import { runAudioCampaign } from './audio/run_audio_calls.ts';
import { callByTelephone } from './audio/telephone.ts';
import type { Verdict } from './check/judge.ts';
import { ledFolder } from './model/led.ts';
import { openSimulatedModel } from './model/model.ts';
import { HELP, readOptions, type SimulateOptions } from './options.ts';
import type { Persona } from './persona/schema.ts';
import { readPersonas, readScenario, scenarioNames } from './read.ts';
import { htmlReport } from './report/html.ts';
import { summarise } from './report/summary.ts';
import { isFaulty, personaTable, transcript, workflowTable } from './report/table.ts';
import { runCalls } from './run_calls.ts';
import { scenarioFaults } from './scenario/faults.ts';
import { CallStage, WORKFLOWS } from './text/stage.ts';

/** `npm run simulate`: simulated callers call the agents of `workflows/`, and what became of it is told. */
async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const names = options.workflows.includes('all') ? scenarioNames() : options.workflows;
  await using led = options.model === undefined ? undefined : await ledFolder(WORKFLOWS);
  await using stage = await CallStage.open(led?.path);
  await using model =
    options.model === undefined ? undefined : await openSimulatedModel(options.model, options.seeds[0]!);
  if (options.check) return check(names, stage);
  if (options.audio > 0 && (options.config !== undefined || options.target !== undefined))
    return callByTelephone(options, names, stage);
  if (options.audio > 0) return simulateByAudio(options, names, stage);
  const verdicts = new Map<string, readonly Verdict[]>();
  for (const name of names) {
    const campaign = {
      scenario: readScenario(name),
      personas: chosen(options),
      seeds: options.seeds,
      options: { crashes: options.crashes, llm: model?.llm },
    };
    verdicts.set(name, await runCalls(stage, campaign));
  }
  await report(options, verdicts);
  if (model !== undefined && model.misdeeds.size > 0)
    process.stdout.write(
      `the model went wrong: ${[...model.misdeeds].map(pair => pair.join(' ')).join(', ')}\n`,
    );
  return 0;
}

/** Calls a node of the simulation's own. */
async function simulateByAudio(
  options: SimulateOptions,
  names: readonly string[],
  stage: CallStage,
): Promise<number> {
  const personas = chosen({ ...options, personas: options.personas ?? ['cooperative'] });
  const verdicts = await withAudioStage(stage, WORKFLOWS, audio =>
    runAudioCampaign(audio, stage, { workflows: names, personas, seeds: options.seeds }),
  );
  await report(options, verdicts);
  return [...verdicts.values()].flat().some(isFaulty) ? 1 : 0;
}

function check(names: readonly string[], stage: CallStage): number {
  const faults = names.flatMap(name =>
    scenarioFaults(readScenario(name), stage.reached(name), stage.phrasings).map(
      fault => `${name}.yaml: ${fault}`,
    ),
  );
  process.stdout.write(faults.length === 0 ? 'nothing is wrong\n' : `${faults.join('\n')}\n`);
  return faults.length === 0 ? 0 : 1;
}

/** @throws Error naming a persona that is not there */
function chosen({ personas }: SimulateOptions): readonly Persona[] {
  const all = readPersonas();
  const unknown = personas?.find(name => all.every(one => one.name !== name));
  if (unknown !== undefined) throw new Error(`there is no persona ${unknown}`);
  return all.filter(({ name }) => personas === undefined || personas.includes(name));
}

async function report(
  { show, html, json }: SimulateOptions,
  verdicts: ReadonlyMap<string, readonly Verdict[]>,
): Promise<void> {
  const summaries = new Map([...verdicts].map(([name, own]) => [name, summarise(own)] as const));
  const faulty = [...verdicts.values()].flatMap(own => own.filter(isFaulty)).slice(0, show);
  for (const one of faulty) process.stdout.write(`${transcript(one)}\n\n`);
  for (const own of verdicts.size === 1 ? verdicts.values() : [])
    process.stdout.write(`${personaTable(own)}\n\n`);
  process.stdout.write(`${workflowTable(summaries)}\n`);
  if (html !== undefined) await writeFile(html, htmlReport(verdicts));
  if (json) process.stdout.write(`${JSON.stringify({ workflows: Object.fromEntries(summaries) })}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
