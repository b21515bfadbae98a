import type { LoadedFlow } from '../../src/workflow/load.ts';
import { makeSlot } from '../../src/workflow/slots.ts';
import { askedSlots, slotsOf } from '../caller/knowledge.ts';
import type { Phrasings } from '../speech/phrasings.ts';
import { TruthDraw } from './draw.ts';
import type { Scenario } from './schema.ts';

/** So many callers are drawn to see whether their truths can be. */
const DRAWS = 40;

/** What is wrong with a scenario, as far as its workflow tells. */
export function scenarioFaults(
  scenario: Scenario,
  flows: readonly LoadedFlow[],
  phrasings: Phrasings,
): readonly string[] {
  const documents = flows.map(({ document }) => document);
  const slots = slotsOf(documents);
  const { places } = flows[0]!;
  const outcomes = new Set(
    flows.flatMap(({ document }) =>
      Object.values(document.stages).flatMap(stage => ('outcome' in stage ? stage.outcome : [])),
    ),
  );
  const faults: string[] = [];
  const needSlot = (where: string, names: readonly string[]): void => {
    for (const name of names)
      if (slots[name] === undefined) faults.push(`${where}: there is no slot ${name}`);
  };
  needSlot('truths', Object.keys(scenario.truths));
  needSlot('says', Object.keys(scenario.says));
  needSlot('given', scenario.given);
  needSlot(
    'required',
    scenario.required.map(one => (typeof one === 'string' ? one : one.slot)),
  );
  needSlot(
    'check.mustSay',
    scenario.check.mustSay.flatMap(({ beforeSlot }) => beforeSlot ?? []),
  );
  const named = [
    ...scenario.goals.flatMap(({ outcome }) => outcome),
    ...Object.values(scenario.outcomes).flat(),
    ...scenario.check.mustSay.flatMap(({ outcome }) => outcome ?? []),
  ];
  for (const outcome of named) if (!outcomes.has(outcome)) faults.push(`no stage ends as ${outcome}`);
  const parts = { scenario, slots, asked: askedSlots(documents), places, lists: phrasings.lists };
  try {
    for (let seed = 1; seed <= DRAWS; seed += 1) {
      for (const [slot, value] of Object.entries(new TruthDraw(parts, seed).all())) {
        const spec = slots[slot];
        if (spec === undefined || value === undefined) continue;
        if (!makeSlot(slot, spec, places).accepts(value, scenario.today))
          faults.push(`truths.${slot}: the slot does not take ${JSON.stringify(value)}`);
      }
    }
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
  }
  return [...new Set(faults)].slice(0, 20);
}
