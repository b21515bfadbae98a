import { LIMITS } from '../../config/limits.ts';
import { clearSlot, type Draft, setSlot, slotNamed } from './draft.ts';
import { allow, offer } from './form.ts';
import type { HeardSlot } from './hear.ts';
import { failAndGoOn, miss } from './miss.ts';
import { proceed } from './stages.ts';

/** So many values can be told apart in one question. */
const MOST_OPTIONS = 4;

/** Puts what was heard into the slots and goes on; `unsure` values are read back whatever the form says. */
export function take(draft: Draft, heard: readonly HeardSlot[], unsure: boolean): void {
  const usable = heard.filter(({ values }) => values.length > 0);
  const [first] = heard;
  if (usable.length === 0 && first !== undefined) {
    takeUnusable(draft, first);
    return;
  }
  for (const { slot, values, rivals } of usable) {
    const [value, ...others] = values;
    if (value === undefined || others.length > 0) continue;
    if (unsure) draft.memory.doubtful.push(slot);
    draft.memory.rivals[slot] = rivals.slice(0, LIMITS.slotRivals);
    draft.memory.implied = draft.memory.implied.filter(name => name !== slot);
    setSlot(draft, slot, value, false);
  }
  const ambiguous = usable.find(({ values }) => values.length > 1);
  if (ambiguous === undefined) {
    proceed(draft);
  } else {
    clearSlot(draft, ambiguous.slot);
    offer(draft, ambiguous.slot, ambiguous.values.slice(0, MOST_OPTIONS));
  }
}

/** Everything that was heard can't be: it was refused before, or is not valid at all. */
function takeUnusable(draft: Draft, heard: HeardSlot): void {
  const { slot, refusedAgain, rivals } = heard;
  const [again] = refusedAgain;
  if (again === undefined) {
    miss(draft, slotNamed(draft, slot).spec.invalid);
  } else if (draft.memory.insisted[slot] === again) {
    allow(draft, slot, [again]);
    setSlot(draft, slot, again, false);
    draft.memory.doubtful.push(slot);
    proceed(draft);
  } else if (rivals.length > 0) {
    offer(draft, slot, rivals.slice(0, 1));
  } else {
    draft.memory.insisted[slot] = again;
    failAndGoOn(draft, [slot]);
  }
}
