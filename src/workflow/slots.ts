import { type GrammarPart, oneOf, rule } from './jsgf.ts';
import { choiceKind } from './kinds/choice.ts';
import { choicesKind } from './kinds/choices.ts';
import { codeKind } from './kinds/code.ts';
import { companyKind } from './kinds/company.ts';
import { countKind } from './kinds/count.ts';
import { dateKind } from './kinds/date.ts';
import { emailKind } from './kinds/email.ts';
import { floorKind } from './kinds/floor.ts';
import { houseNumberKind } from './kinds/house_number.ts';
import type { Kind, Slot } from './kinds/kind.ts';
import { moneyKind } from './kinds/money.ts';
import { nameKind } from './kinds/name.ts';
import { numberKind } from './kinds/number.ts';
import { percentKind } from './kinds/percent.ts';
import { phoneKind } from './kinds/phone.ts';
import { streetKind } from './kinds/street.ts';
import { textKind } from './kinds/text.ts';
import { timeKind } from './kinds/time.ts';
import { townKind } from './kinds/town.ts';
import { stateKind } from './kinds/us_state.ts';
import { yesNoKind } from './kinds/yes_no.ts';
import { zipKind } from './kinds/zip.ts';
import type { Places } from './places.ts';
import type { SlotKindName, SlotOf, SlotSpec } from './slot_schema.ts';
import { PhraseTable } from './understand/phrases.ts';
import { SPOKEN_NO, SPOKEN_YES } from './understand/words.ts';

type KindMakers = { readonly [K in SlotKindName]: (spec: SlotOf<K>, places: Places) => Kind };

const KINDS: KindMakers = {
  choice: choiceKind,
  choices: choicesKind,
  yes_no: yesNoKind,
  house_number: houseNumberKind,
  street: (_, places) => streetKind(places),
  town: (_, places) => townKind(places),
  floor: floorKind,
  count: countKind,
  date: dateKind,
  time: timeKind,
  name: nameKind,
  company: () => companyKind(),
  text: textKind,
  phone: phoneKind,
  email: () => emailKind(),
  number: numberKind,
  percent: percentKind,
  money: moneyKind,
  us_state: stateKind,
  zip: () => zipKind(),
  code: codeKind,
};

export function makeSlot(name: string, spec: SlotSpec, places: Places): Slot {
  const make = KINDS[spec.kind] as (spec: SlotSpec, places: Places) => Kind;
  const kind = make(spec, places);
  const { readAsked } = kind;
  if (readAsked === undefined) return { ...kind, readAsked: kind.read, name, spec };
  return { ...kind, readAsked, read: orNamed(kind.read, readAsked, spec.part), name, spec };
}

type Read = Slot['read'];

/** Reads what the slot reads, and "the deductible is five hundred", by which a bare answer belongs to it. */
function orNamed(read: Read, readAsked: Read, part: string): Read {
  const names = [part, ...['number', 'address', 'name', 'code'].map(noun => `${part} ${noun}`)];
  const leads = ['the ', 'my ', 'our ', ''].flatMap(article =>
    names.flatMap(name => ['is', 'was', 'should be', 'is actually'].map(verb => `${article}${name} ${verb}`)),
  );
  const lead = new PhraseTable<true>(leads.map(said => [said, true]));
  return (tokens, from, todayIso) => {
    const found = read(tokens, from, todayIso);
    const { length } = lead.at(tokens, from) ?? { length: 0 };
    const bare = length === 0 ? undefined : readAsked(tokens.slice(from + length), 0, todayIso);
    if (bare === undefined || (found?.length ?? 0) > bare.length + length) return found;
    return { ...bare, length: bare.length + length };
  };
}

/** None of what was offered. */
export const nonePart: GrammarPart = rule('none', oneOf([...SPOKEN_NO, 'neither', 'none of them']));

/** A yes-or-no answer alone. */
export const yesNoPart: GrammarPart = rule('yes_no', oneOf([...SPOKEN_YES, ...SPOKEN_NO]));
