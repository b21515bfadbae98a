import type { z } from 'zod';
import type { Slot } from '../../../src/workflow/kinds/kind.ts';
import type { Places } from '../../../src/workflow/places.ts';
import { slot } from '../../../src/workflow/slot_schema.ts';
import { makeSlot } from '../../../src/workflow/slots.ts';
import type { SlotValue } from '../../../src/workflow/types.ts';
import { type Scan, scan } from '../../../src/workflow/understand/scan.ts';
import { tokensOf } from '../../../src/workflow/understand/tokens.ts';

/** A Saturday. */
export const TODAY = '2026-11-21';

type Of<T, K extends string> = T extends { kind: K } ? Omit<T, 'part' | 'repair'> : never;
/** What a workflow says of a slot, but for how it is called and repaired. */
export type Wanted = Of<z.input<typeof slot>, string>;

const NOWHERE: Places = {
  towns: new Map(),
  townsByName: new Map(),
  states: new Map(),
  streets: new Map(),
  streetTypes: [],
};

export function slotOf(wanted: Wanted, part = 'thing'): Slot {
  const repair = [{ by: 'again' as const, prompt: 'Once more, please.' }];
  return makeSlot('asked', slot.parse({ part, repair, ...wanted }), NOWHERE);
}

/** An answer to the question for the slot. */
export function scanFor(asked: Slot, text: string): Scan {
  const read = (tokens: readonly string[], from: number) => {
    const [bare, told] = [asked.readAsked(tokens, from, TODAY), asked.read(tokens, from, TODAY)];
    return (bare?.length ?? 0) > (told?.length ?? 0) ? bare : told;
  };
  return scan(tokensOf(text) ?? [], [{ slot: 'asked', wanted: true, read }], asked.spec.kind === 'yes_no');
}

/** The values that are taken of an answer; undefined where it says nothing of the slot. */
export function heardFor(asked: Slot, text: string): readonly SlotValue[] | undefined {
  const values = asked.readAll === undefined ? scanFor(asked, text).slots.get('asked') : asked.readAll(text);
  return values?.filter(value => asked.accepts(value, TODAY));
}
