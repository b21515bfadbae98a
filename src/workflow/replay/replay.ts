import { z } from 'zod';
import type { Flow, FlowState } from '../types.ts';
import {
  type CameOf,
  describeOutcome,
  type HistoryBegun,
  type HistoryStep,
  historyEntry,
} from './history.ts';
import { applyInputs, type FlowInput } from './inputs.ts';
import { digestOf } from './masked.ts';

/** A step as the control plane tells of it. */
const historyRow = z.object({
  at: z.string(),
  mediaMs: z.number(),
  turn: z.number().int(),
  workflow: z.string(),
  version: z.string(),
  stage: z.string(),
  entry: historyEntry.nullable(),
});

export type HistoryRow = z.infer<typeof historyRow>;

/** A history can't be followed; the message says why, and where. */
export class HistoryFault extends Error {}

/** A step done once more. */
export interface Replayed {
  /** From 1. */
  readonly number: number;
  readonly row: HistoryRow;
  readonly inputs: readonly FlowInput[];
  readonly before: FlowState;
  readonly after: FlowState;
  readonly now: CameOf;
  readonly recorded: CameOf;
  /** What is other than it was; nothing where it is the same. */
  readonly differs: readonly string[];
}

/** Reads the rows of a history one by one. @throws HistoryFault naming the first one that is none */
export function readRows(rows: readonly unknown[]): readonly HistoryRow[] {
  return rows.map((row, at) => {
    const { data, error } = historyRow.safeParse(row);
    if (data !== undefined) return data;
    const path = error.issues[0]?.path.join('.') ?? '';
    throw new HistoryFault(`row ${at + 1} of the history is damaged${path === '' ? '' : ` at ${path}`}`);
  });
}

/** How the call began. @throws HistoryFault */
export function beginningOf(rows: readonly HistoryRow[]): HistoryBegun {
  const entry = rows[0]?.entry;
  if (entry?.kind !== 'begun') throw new HistoryFault('the beginning of the history is missing');
  return entry;
}

/**
 * Does the steps of a history once more, one by one, in whichever process and order they were written down: each goes on from the state
 * that it went on from then. Where the number of a card was left out of what led on, the state is that of the history.
 * @param isSame where the flow is that of the call: the states must be the same, and not only what a caller would notice
 * @throws HistoryFault
 */
export function* replay(
  rows: readonly HistoryRow[],
  flow: Flow,
  { isSame }: { readonly isSame: boolean },
): Generator<Replayed> {
  const known = new Map<string, FlowState>();
  let number = 0;
  for (const row of rows.slice(1)) {
    number += 1;
    const { entry } = row;
    if (entry === null) throw new HistoryFault(`step ${number} is damaged`);
    if (entry.kind === 'full')
      throw new HistoryFault(`the call had more than the ${number - 1} steps that are kept`);
    if (entry.kind === 'begun') throw new HistoryFault(`step ${number} begins the call once more`);
    if (number === 1) known.set(entry.from, flow.initial);
    const before = known.get(entry.from);
    if (before === undefined)
      throw new HistoryFault(
        `step ${number} goes on from a state that no step before it led to: some is missing`,
      );
    const { inputs, cameOf: recorded } = entry;
    if (inputs === null) throw new HistoryFault(`step ${number}: what led to it was too long to be kept`);
    const told = inputs.at(-1);
    if (told?.op === 'state') {
      known.set(recorded.digest, told.state);
      const now = { ...recorded, digest: digestOf(told.state) };
      const differs = differences(recorded, now, isSame);
      yield { number, row, inputs, before, after: told.state, now, recorded, differs };
      continue;
    }
    const outcome = led(flow, before, inputs, known);
    if (typeof outcome === 'string') {
      const now = describeOutcome(before, { state: before, step: undefined, effects: [] });
      yield { number, row, inputs, before, after: before, now, recorded, differs: [outcome] };
      return;
    }
    const now = describeOutcome(before, outcome);
    known.set(recorded.digest, outcome.state);
    const differs = differences(recorded, now, isSame);
    yield { number, row, inputs, before, after: outcome.state, now, recorded, differs };
  }
}

/** The workflow itself, which a change of it may have left without what it needs. */
function led(
  flow: Flow,
  before: FlowState,
  inputs: NonNullable<HistoryStep['inputs']>,
  known: ReadonlyMap<string, FlowState>,
): ReturnType<typeof applyInputs> | string {
  try {
    return applyInputs(flow, before, inputs, digest => known.get(digest));
  } catch (error) {
    return `the engine can't take it here: ${error instanceof Error ? error.message : 'it fails'}`;
  }
}

/** What is other, in words; of different documents only what a caller or an office would notice is compared. */
function differences(was: CameOf, is: CameOf, isSame: boolean): readonly string[] {
  const found = [
    ...other('workflow', was.workflow, is.workflow),
    ...(isSame ? other('version', was.version, is.version) : []),
    ...other('stage', was.stage, is.stage),
    ...other('over', was.done, is.done),
    ...other('said', was.say, is.say),
    ...other('act', was.act, is.act),
    ...other('person', was.person, is.person),
    ...other('effects', was.effects.map(bare(isSame)), is.effects.map(bare(isSame))),
    ...[...new Set([...Object.keys(was.slots), ...Object.keys(is.slots)])].flatMap(slot =>
      other(`slot ${slot}`, was.slots[slot], is.slots[slot]),
    ),
  ];
  if (found.length > 0 || !isSame || was.digest === is.digest) return found;
  return ['what the engine keeps for itself (what was asked, repairs, the talk) is other'];
}

function bare(isSame: boolean): (effect: string) => string {
  return effect => (isSame ? effect : (effect.split(' ')[0] ?? ''));
}

function other(what: string, was: unknown, is: unknown): readonly string[] {
  const [before, now] = [JSON.stringify(was) ?? 'unchanged', JSON.stringify(is) ?? 'unchanged'];
  return before === now ? [] : [`${what}: was ${before}, is ${now}`];
}
