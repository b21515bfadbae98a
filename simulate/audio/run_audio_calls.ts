import { judge, type Verdict } from '../check/judge.ts';
import type { Persona } from '../persona/schema.ts';
import { readScenario } from '../read.ts';
import type { CallStage } from '../text/stage.ts';
import type { AudioConversation, AudioStage } from './audio_stage.ts';

/** Calls at once: as many conversations a small machine hears and speaks in time. */
const AT_ONCE = 6;

export interface AudioOrder {
  readonly workflow: string;
  readonly persona: Persona;
  readonly seed: number;
}

export interface JudgedCall extends AudioConversation {
  readonly verdict: Verdict;
}

/** Holds calls by telephone, several at once, and judges each as a call by text is; in the order of the orders. */
export async function runAudioCalls(
  audio: AudioStage,
  stage: CallStage,
  orders: readonly AudioOrder[],
  atOnce: number = AT_ONCE,
): Promise<readonly JudgedCall[]> {
  const judged: JudgedCall[] = [];
  const waiting = [...orders.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, { workflow, persona, seed }] = next;
      const scenario = readScenario(workflow);
      const held = await audio.hold(scenario, persona, seed);
      const flows = stage.reached(workflow);
      const indexes = flows.map(flow => stage.indexOf(flow));
      const { phrasings } = stage;
      const own = { ...scenario, today: audio.todayIso };
      const verdict = judge(held.conversation, { scenario: own, persona, flows, indexes, phrasings });
      judged[at] = { ...held, verdict };
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, orders.length) }, work));
  return judged;
}

interface AudioCampaign {
  readonly workflows: readonly string[];
  readonly personas: readonly Persona[];
  readonly seeds: readonly number[];
  /** Hears which one is called next. */
  onWorkflow?(name: string): void;
}

/** A call of each persona with each seed to each workflow; the calls of one workflow find the back office as it was seeded. */
export async function runAudioCampaign(
  audio: AudioStage,
  stage: CallStage,
  { workflows, personas, seeds, onWorkflow }: AudioCampaign,
): Promise<ReadonlyMap<string, readonly Verdict[]>> {
  const verdicts = new Map<string, readonly Verdict[]>();
  for (const workflow of workflows) {
    const scenario = readScenario(workflow);
    onWorkflow?.(workflow);
    const callers = personas.filter(({ name }) => scenario.personas[name]?.skip !== true);
    const orders = callers.flatMap(persona => seeds.map(seed => ({ workflow, persona, seed })));
    const judged = await runAudioCalls(audio, stage, orders);
    verdicts.set(
      workflow,
      judged.map(({ verdict }) => verdict),
    );
    await audio.office.reset();
  }
  return verdicts;
}
