import type { GrammarPart } from '../jsgf.ts';
import type { SlotSpec } from '../slot_schema.ts';
import type { ExpectedAnswer, SlotValue } from '../types.ts';
import { numberOfKeys } from '../understand/keypad.ts';
import type { PhraseMatch } from '../understand/phrases.ts';
import type { Reading } from '../understand/scan.ts';

/** What was spelled. */
interface SpelledValues {
  /** The likeliest first; several in one group are of the same name. */
  readonly groups: readonly (readonly SlotValue[])[];
  /** Whether exactly this was spelled, so that it can't have been refused rightly. */
  isExact(value: SlotValue): boolean;
}

/** How a slot is spelled. */
interface Spellable {
  /** Undefined where the words spell nothing; `refused` helps to choose: what was heard wrongly was mostly right. */
  hear(tokens: readonly string[], refused: readonly SlotValue[]): SpelledValues | undefined;
  /** How it is read back after it was spelled; left out for what is always said by its letters. */
  readBack?(value: SlotValue): { readonly letters: string; readonly name: string };
  readonly grammar: GrammarPart;
}

/** A slot of a workflow with all that its kind knows. */
export interface Slot {
  readonly name: string;
  readonly spec: SlotSpec;
  /** What the tokens from a place on say about the slot. */
  read(tokens: readonly string[], from: number, todayIso: string): Reading | undefined;
  /** The same where the slot was asked for: bare words that elsewhere mean something else, or nothing. */
  readAsked(tokens: readonly string[], from: number, todayIso: string): Reading | undefined;
  /** What a whole answer says where all of it is the value: undefined for nothing, none for what can't be taken. */
  readonly readAll?: (text: string) => readonly string[] | undefined;
  /** Takes words that it has never heard of: nothing that is said beside them is a command. */
  readonly isFree?: true;
  /** Whether bare words may stand for another value than the one that was read back; any may when left out. */
  readonly corrects?: (tokens: readonly string[], value: SlotValue) => boolean;
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
  /** What kind of answer it gets; left out where no end shows. */
  readonly expects?: ExpectedAnswer;
}

/** What a kind of slots knows. */
export type Kind = Omit<Slot, 'name' | 'spec' | 'readAsked'> & Partial<Pick<Slot, 'readAsked'>>;

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

/** Values that all come into question. */
export function several(
  match: (PhraseMatch<readonly string[]> & { readonly partial?: boolean }) | undefined,
): Reading | undefined {
  return match && { values: match.value, length: match.length, partial: match.partial ?? false };
}
