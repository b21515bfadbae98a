import { judge, type Verdict } from './check/judge.ts';
import type { Persona } from './persona/schema.ts';
import type { Scenario } from './scenario/schema.ts';
import type { CallOptions, CallStage } from './text/stage.ts';

export interface Campaign {
  readonly scenario: Scenario;
  readonly personas: readonly Persona[];
  readonly seeds: readonly number[];
  readonly options?: CallOptions;
}

/** Holds and judges a call of each persona with each seed. */
export async function runCalls(stage: CallStage, campaign: Campaign): Promise<readonly Verdict[]> {
  const { scenario, personas, seeds, options } = campaign;
  const flows = stage.reached(scenario.workflow);
  const indexes = flows.map(flow => stage.indexOf(flow));
  const verdicts: Verdict[] = [];
  for (const persona of personas) {
    if (scenario.personas[persona.name]?.skip === true) continue;
    for (const seed of seeds) {
      const conversation = await stage.hold(scenario, persona, seed, options);
      verdicts.push(judge(conversation, { scenario, persona, flows, indexes, phrasings: stage.phrasings }));
    }
  }
  return verdicts;
}
