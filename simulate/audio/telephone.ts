import { COOPERATIVE } from '../../bench/caller/behaviour.ts';
import { openEars, openVoice } from '../../bench/caller/local_speech.ts';
import { readOptions, VOICES } from '../../bench/caller/options.ts';
import { type Caller, placeCalls, type Watcher } from '../../bench/caller/place.ts';
import { SeededRandom } from '../../bench/caller/random.ts';
import type { CallReport } from '../../bench/caller/report.ts';
import { localDate, type Script } from '../../bench/caller/script.ts';
import { ownTarget } from '../../bench/node.ts';
import { parseSipUri } from '../../bench/wire/sip_uri.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import type { LoadedFlow } from '../../src/workflow/load.ts';
import type { SlotKindName } from '../../src/workflow/slot_schema.ts';
import { Knowledge } from '../caller/knowledge.ts';
import type { SimulateOptions } from '../options.ts';
import { readScenario } from '../read.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { CallStage } from '../text/stage.ts';

/** What the caller in the box can say and hear. */
const SPOKEN: ReadonlySet<SlotKindName> = new Set<SlotKindName>([
  'choice',
  'yes_no',
  'house_number',
  'street',
  'town',
  'floor',
  'count',
  'date',
]);
const SILENT: Watcher = {
  provisional: () => {},
  answered: () => {},
  turn: () => {},
  interrupted: () => {},
  ended: () => {},
};

/** Calls the node that runs. @returns the exit code: 1 when a call did not come to its end */
export async function callByTelephone(
  options: SimulateOptions,
  names: readonly string[],
  stage: CallStage,
): Promise<number> {
  const config = loadConfig(options.config ?? 'trunkline.yaml');
  const workflows: Record<string, unknown> = {};
  let failed = 0;
  for (const name of names) {
    const flow = stage.reached(name)[0]!;
    const unspoken = Object.values(flow.document.slots).filter(({ kind }) => !SPOKEN.has(kind));
    if (unspoken.length > 0) {
      const kinds = [...new Set(unspoken.map(({ kind }) => kind))].join(', ');
      process.stdout.write(`${name}: the caller in the box does not speak ${kinds}\n`);
      continue;
    }
    const reports = await placeAll(flow, readScenario(name), stage, config, options);
    const completed = reports.filter(({ outcome }) => outcome === 'completed').length;
    const wrongPrices = reports.filter(({ quoteAgrees }) => quoteAgrees === false).length;
    failed += reports.length - completed + wrongPrices;
    for (const one of reports) process.stdout.write(`${lineOf(name, one)}\n`);
    const completionPct = Math.round((10_000 * completed) / Math.max(1, reports.length)) / 100;
    workflows[name] = { calls: reports.length, completionPct, violations: wrongPrices };
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ workflows })}\n`);
  return failed === 0 ? 0 : 1;
}

async function placeAll(
  flow: LoadedFlow,
  scenario: Scenario,
  stage: CallStage,
  config: Config,
  options: SimulateOptions,
): Promise<readonly CallReport[]> {
  const todayIso = localDate(new Date());
  const stt = await openEars(config);
  const voice = VOICES[0];
  const tts = await openVoice(config, voice);
  const callers = Array.from({ length: options.audio }, (_, at): Caller => {
    const seed = at + 1;
    const script = scriptOf(flow, { ...scenario, today: todayIso }, stage, seed);
    return {
      seed,
      voice,
      behaviour: COOPERATIVE,
      flow,
      todayIso,
      script,
      stt,
      tts,
      watcher: SILENT,
      out: undefined,
    };
  });
  try {
    const { from: fromUser, codecs, localHost, answerTimeoutMs } = readOptions([], process.env);
    const dial = {
      target: options.target ?? targetOf(config, flow.name),
      fromUser,
      codecs,
      localHost,
      credentials: undefined,
      answerTimeoutMs,
      signal: new AbortController().signal,
    };
    return await placeCalls(callers, dial, 1);
  } finally {
    await Promise.all([stt.close(), tts.close()]);
  }
}

/** The scenario's truths, in the hands of the caller in the box. */
function scriptOf(flow: LoadedFlow, scenario: Scenario, stage: CallStage, seed: number): Script {
  const { document, places } = flow;
  const { truths } = new Knowledge(
    { scenario, documents: [document], places, phrasings: stage.phrasings },
    seed,
  );
  const slots = Object.fromEntries(
    Object.keys(document.slots).flatMap(name => (truths[name] === undefined ? [] : [[name, truths[name]]])),
  );
  return { seed, slots, consent: true, manner: new SeededRandom(seed, 'manner') };
}

/** A number that the node answers with this workflow. @throws Error where there is none */
function targetOf(config: Config, workflow: string): string {
  const own = ownTarget(config);
  const { byNumber, default: usual } = config.workflows;
  const { user } = parseSipUri(own);
  if ((byNumber[user] ?? usual) === workflow) return own;
  const number = Object.keys(byNumber).find(one => byNumber[one] === workflow);
  if (number === undefined) throw new Error(`no number leads to ${workflow}; name one by --target`);
  return own.replace(user, number);
}

function lineOf(
  name: string,
  { seed, outcome, agentOutcome, turns, durationMs, quoteAgrees, failure }: CallReport,
): string {
  const price =
    quoteAgrees === undefined ? 'no price heard' : quoteAgrees ? 'the price is right' : 'the price is WRONG';
  const seconds = Math.round((durationMs ?? 0) / 1000);
  return `${name}, seed ${seed}: ${failure ?? outcome}, ${agentOutcome ?? 'no end'}, ${turns.length} turns, ${seconds} s, ${price}`;
}
