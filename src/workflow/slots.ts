import { type GrammarPart, oneOf, rule } from './jsgf.ts';
import { choiceKind } from './kinds/choice.ts';
import { countKind } from './kinds/count.ts';
import { dateKind } from './kinds/date.ts';
import { floorKind } from './kinds/floor.ts';
import { houseNumberKind } from './kinds/house_number.ts';
import type { Kind, Slot, Spellable } from './kinds/kind.ts';
import { streetKind } from './kinds/street.ts';
import { townKind } from './kinds/town.ts';
import { yesNoKind } from './kinds/yes_no.ts';
import type { Places } from './places.ts';
import type { SlotKindName, SlotOf, SlotSpec } from './slot_schema.ts';
import { keysOf } from './understand/keypad.ts';
import { lettersIn } from './understand/spelling.ts';
import { SPOKEN_NO, SPOKEN_YES } from './understand/words.ts';

type KindMakers = { readonly [K in SlotKindName]: (spec: SlotOf<K>, places: Places) => Kind };

const KINDS: KindMakers = {
  choice: choiceKind,
  yes_no: yesNoKind,
  house_number: houseNumberKind,
  street: (_, places) => streetKind(places),
  town: (_, places) => townKind(places),
  floor: floorKind,
  count: countKind,
  date: dateKind,
};

export function makeSlot(name: string, spec: SlotSpec, places: Places): Slot {
  const make = KINDS[spec.kind] as (spec: SlotSpec, places: Places) => Kind;
  const kind = make(spec, places);
  const { spellable } = kind;
  const fromKeys = kind.fromKeys ?? (spellable && keyedNames(spellable));
  return { ...kind, ...(fromKeys && { fromKeys }), name, spec };
}

/** Names by the keys that spell them. */
function keyedNames({ names, valuesOf }: Spellable): NonNullable<Slot['fromKeys']> {
  const byKeys = Map.groupBy(names, name => keysOf(lettersIn(name)));
  return keys => (byKeys.get(keys) ?? []).flatMap(name => valuesOf(name, []));
}

/** None of what was offered. */
export const nonePart: GrammarPart = rule('none', oneOf([...SPOKEN_NO, 'neither', 'none of them']));

/** A yes-or-no answer alone. */
export const yesNoPart: GrammarPart = rule('yes_no', oneOf([...SPOKEN_YES, ...SPOKEN_NO]));
