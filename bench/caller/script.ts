import type { Condition } from '../../src/workflow/condition_schema.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { WorkflowDocument } from '../../src/workflow/schema.ts';
import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import type { SlotValue } from '../../src/workflow/types.ts';
import { SeededRandom } from './random.ts';

export type SlotValues = Readonly<Record<string, SlotValue>>;

/** What a caller wants and is like. */
export interface Script {
  readonly seed: number;
  /** Every slot of the workflow in the form in which it is stored (workflows/README.md). */
  readonly slots: SlotValues;
  readonly consent: boolean;
  /** How the caller says things: drawn anew for each answer. */
  readonly manner: SeededRandom;
}

const DAY_MS = 86_400_000;

/**
 * Draws a caller: the same for the same seed, workflow, places and day. What the workflow infers from other answers,
 * such as no stairs on the ground floor, is inferred here too.
 */
export function drawScript(
  document: WorkflowDocument,
  places: Places,
  seed: number,
  todayIso: string,
): Script {
  const drawn: Record<string, SlotValue> = {};
  for (const [name, spec] of Object.entries(document.slots)) {
    drawn[name] = drawValue(spec, places, new SeededRandom(seed, `slot ${name}`), todayIso);
  }
  return {
    seed,
    slots: withImplied(document, drawn),
    consent: true,
    manner: new SeededRandom(seed, 'manner'),
  };
}

function drawValue(spec: SlotSpec, places: Places, random: SeededRandom, todayIso: string): SlotValue {
  switch (spec.kind) {
    case 'choice':
      return random.pick(Object.keys(spec.values));
    case 'yes_no':
      return random.chance(0.5);
    case 'house_number':
      return random.integer(1, Math.min(spec.max, random.pick([99, 999, 999, 9999])));
    case 'street': {
      const [name, types] = random.pick([...places.streets]);
      return `${name} ${random.pick(types)}`;
    }
    case 'town':
      return random.pick([...places.towns.keys()]);
    case 'floor':
      return Math.min(
        spec.max,
        random.pick([spec.basement ? 0 : 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, random.integer(5, 12)]),
      );
    case 'count':
      return random.integer(1, Math.min(spec.max, 4));
    case 'date': {
      const days = random.pick([1, random.integer(2, 3), random.integer(4, 7), random.integer(8, 80)]);
      return isoAfter(todayIso, Math.min(days, spec.withinDays ?? days));
    }
    default:
      throw new Error(`this caller knows nothing of slots of kind ${spec.kind}`);
  }
}

/** The day on the clock of this machine, as the agent reckons it: YYYY-MM-DD. */
export function localDate(now: Date): string {
  const [month, day] = [now.getMonth() + 1, now.getDate()].map(part => String(part).padStart(2, '0'));
  return `${now.getFullYear()}-${month}-${day}`;
}

function isoAfter(todayIso: string, days: number): string {
  return new Date(Date.parse(`${todayIso}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** What follows from the answers by the workflow's own rules, form after form. */
function withImplied(document: WorkflowDocument, slots: SlotValues): SlotValues {
  const values: Record<string, SlotValue> = { ...slots };
  for (const stage of Object.values(document.stages)) {
    if (stage.kind !== 'form') continue;
    for (const { when, otherwise } of stage.questions) {
      if (when !== undefined && !conditionHolds(when, values)) Object.assign(values, otherwise);
    }
  }
  return values;
}

export function conditionHolds(condition: Condition, slots: SlotValues): boolean {
  const { all, any } = condition;
  if (all !== undefined) return all.every(one => conditionHolds(one, slots));
  if (any !== undefined) return any.some(one => conditionHolds(one, slots));
  return testHolds(condition, slots);
}

/** The slots that a condition looks at. */
export function conditionSlots({ slot, all = [], any = [] }: Condition): string[] {
  return [...(slot === undefined ? [] : [slot]), ...[...all, ...any].flatMap(conditionSlots)];
}

function testHolds(
  { slot, is, isNot, in: among, known, above, below, atLeast, atMost }: Omit<Condition, 'all' | 'any'>,
  slots: SlotValues,
): boolean {
  const value = slot === undefined ? undefined : slots[slot];
  if (value === undefined || known === false) return value === undefined && known === false;
  if (among !== undefined && !among.includes(value)) return false;
  if (atLeast !== undefined && !(Number(value) >= atLeast)) return false;
  if (atMost !== undefined && !(Number(value) <= atMost)) return false;
  if (is !== undefined && value !== is) return false;
  if (isNot !== undefined && value === isNot) return false;
  if (above !== undefined && Number(value) <= above) return false;
  return below === undefined || Number(value) < below;
}
