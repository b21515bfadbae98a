import { houseNumber } from '../../spoken/numbers.ts';
import { digitsPart, houseNumberPart } from '../grammar_parts.ts';
import type { SlotOf } from '../slot_schema.ts';
import { readHouseNumber } from '../understand/numbers.ts';
import { type Kind, keyedNumber, within } from './kind.ts';

export function houseNumberKind(spec: SlotOf<'house_number'>): Kind {
  return {
    read: (tokens, from) => within(readHouseNumber(tokens, from), 1, spec.max),
    say: value => houseNumber(Number(value)),
    accepts: value => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= spec.max,
    grammar: houseNumberPart,
    digits: digitsPart(spec.max),
    fromKeys: keyedNumber,
  };
}
