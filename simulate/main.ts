import { writeFile } from 'node:fs/promises';
import { withAudioStage } from './audio/audio_stage.ts';
import { runAudioCampaign } from './audio/run_audio_calls.ts';
import { callByTelephone } from './audio/telephone.ts';
import type { Verdict } from './check/judge.ts';
import { ledFolder } from './model/led.ts';
import { openSimulatedModel } from './model/model.ts';
import { canBeWritten, HELP, readOptions, type SimulateOptions, tellProgress } from './options.ts';
import type { Persona } from './persona/schema.ts';
import { namedPersonas, namedWorkflows, readScenario } from './read.ts';
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
  if (options.workflows.length === 0) {
    process.stderr.write(HELP);
    return 2;
  }
  const names = namedWorkflows(options.workflows);
  const personas = namedPersonas(options.personas ?? (options.audio > 0 ? ['cooperative'] : undefined));
  await canBeWritten('--html', options.html);
  await using led = options.model === undefined ? undefined : await ledFolder(WORKFLOWS);
  await using stage = await CallStage.open(led?.path);
  await using model =
    options.model === undefined ? undefined : await openSimulatedModel(options.model, options.seeds[0]!);
  if (options.check) return check(names, stage);
  if (options.audio > 0 && (options.config !== undefined || options.target !== undefined))
    return callByTelephone(options, names, stage);
  if (options.audio > 0) return simulateByAudio(options, names, personas, stage);
  const verdicts = new Map<string, readonly Verdict[]>();
  for (const name of names) {
    if (names.length > 1) tellProgress(`calling ${name}`);
    const campaign = {
      scenario: readScenario(name),
      personas,
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
  personas: readonly Persona[],
  stage: CallStage,
): Promise<number> {
  tellProgress('starting a node');
  const verdicts = await withAudioStage(stage, WORKFLOWS, audio =>
    runAudioCampaign(audio, stage, {
      workflows: names,
      personas,
      seeds: options.seeds,
      onWorkflow: name => tellProgress(`calling ${name} by telephone`),
    }),
  );
  await report(options, verdicts);
  return 0;
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
  process.exitCode = 2;
}
