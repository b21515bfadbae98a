import type { GrammarPart } from '../jsgf.ts';
import type { SlotSpec } from '../slot_schema.ts';
import type { SlotValue } from '../types.ts';
import { numberOfKeys } from '../understand/keypad.ts';
import type { PlaceMatch } from '../understand/places.ts';
import type { Reading } from '../understand/scan.ts';

/** Names that a slot can be spelled from, and what a name stands for. */
export interface Spellable {
  readonly names: readonly string[];
  /** `refused` helps to choose: what was heard along with a wrong name was mostly right. */
  readonly valuesOf: (name: string, refused: readonly SlotValue[]) => readonly SlotValue[];
  readonly nameOf: (value: SlotValue) => string;
  readonly grammar: GrammarPart;
}

/** A slot of a workflow with all that its kind knows. */
export interface Slot {
  readonly name: string;
  readonly spec: SlotSpec;
  /** What the tokens from a place on say about the slot. */
  read(tokens: readonly string[], from: number, todayIso: string): Reading | undefined;
  /** The value in words, as the agent says it and a caller may. */
  say(value: SlotValue): string;
  /** Whether a value can be taken today. */
  accepts(value: SlotValue, todayIso: string): boolean;
  readonly grammar: GrammarPart;
  /** How it is said alone in a correction of several slots, in so many words that it is not taken for yes or no. */
  readonly correction?: GrammarPart;
  readonly digits?: GrammarPart;
  /** What the digits say that were pressed on a telephone's keys. */
  readonly fromKeys?: (keys: string, todayIso: string) => readonly SlotValue[];
  readonly spellable?: Spellable;
}

/** What a kind of slots knows. */
export type Kind = Omit<Slot, 'name' | 'spec'>;

export function single(
  match: { readonly value: SlotValue; readonly length: number } | undefined,
): Reading | undefined {
  return match && { values: [match.value], length: match.length };
}

export function within(
  match: { readonly value: number; readonly length: number } | undefined,
  min: number,
  max: number,
): Reading | undefined {
  return (
    match && { values: match.value >= min && match.value <= max ? [match.value] : [], length: match.length }
  );
}

export function keyedNumber(keys: string): readonly number[] {
  return [numberOfKeys(keys) ?? []].flat();
}

export function several(match: PlaceMatch | undefined): Reading | undefined {
  return match && { values: match.value, length: match.length, partial: match.partial };
}
