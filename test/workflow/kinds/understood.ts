import t from 'tap';
import type { SlotValue } from '../../../src/workflow/types.ts';
import { heardFor, slotOf, type Wanted } from './heard.ts';

/** Says nothing of the slot. */
export const NOTHING = undefined;
/** Was meant for the slot, and can't be. */
export const WRONG: readonly SlotValue[] = [];

type Cases = readonly (readonly [text: string, values: SlotValue | readonly SlotValue[] | undefined])[];

export function understood(title: string, wanted: Wanted, cases: Cases): void {
  t.test(title, async t => {
    const asked = slotOf(wanted);
    for (const [text, values] of cases) {
      t.same(heardFor(asked, text), values === undefined ? values : [values].flat(), JSON.stringify(text));
    }
  });
}
