import type { SlotValue } from '../types.ts';
import { PhraseTable } from './phrases.ts';
import { isCarrier } from './tokens.ts';
import { CORRECTIONS, type Command, commandTable, NEGATIONS, NO, YES, yesNoTable } from './words.ts';

/** What a slot made of the tokens from a place on. */
export interface Reading {
  /** Best first; several are an ambiguity, none is something that was meant and can't be. */
  readonly values: readonly SlotValue[];
  readonly length: number;
}

export interface SlotReader {
  readonly slot: string;
  readonly read: (tokens: readonly string[], from: number) => Reading | undefined;
}

export interface Scan {
  readonly slots: ReadonlyMap<string, readonly SlotValue[]>;
  /** Values that the caller said it is not. */
  readonly denied: ReadonlyMap<string, readonly SlotValue[]>;
  readonly answer: boolean | undefined;
  readonly command: Command | undefined;
  /** Words that nothing explains, and words that a reading took. */
  readonly strayWords: number;
  readonly takenWords: number;
}

const answerTable = yesNoTable(YES, NO);
const correctionTable = new PhraseTable<'correction'>(CORRECTIONS.map(phrase => [phrase, 'correction']));
const negationTable = new PhraseTable<'negation'>(NEGATIONS.map(phrase => [phrase, 'negation']));

type Found =
  | { readonly type: 'slot'; readonly slot: string; readonly values: readonly SlotValue[] }
  | { readonly type: 'answer'; readonly value: boolean }
  | { readonly type: 'command'; readonly value: Command }
  | { readonly type: 'correction' | 'negation' };

type Piece = Found & { readonly length: number };

/**
 * Goes through the words once, always taking the reading that explains most of them; of equals the one for a slot
 * that has none yet, then the first. Yes and no are looked for only where the question asks for them; elsewhere "no"
 * takes back what was said before it.
 */
export function scan(tokens: readonly string[], readers: readonly SlotReader[], yesNo: boolean): Scan {
  const slots = new Map<string, readonly SlotValue[]>();
  const denied = new Map<string, readonly SlotValue[]>();
  const answers: boolean[] = [];
  const commands: Command[] = [];
  let [strayWords, takenWords, corrected, negated] = [0, 0, false, false];
  for (let at = 0; at < tokens.length; ) {
    const piece = pieceAt(tokens, at, slots, readers, yesNo);
    at += piece?.length ?? 1;
    if (piece === undefined) {
      if (!isCarrier(tokens[at - 1] ?? '')) strayWords += 1;
      continue;
    }
    takenWords += piece.length;
    if (piece.type === 'slot') {
      const before = slots.get(piece.slot);
      if (negated) denied.set(piece.slot, [...(denied.get(piece.slot) ?? []), ...piece.values]);
      else
        slots.set(piece.slot, corrected || before === undefined ? piece.values : union(before, piece.values));
    } else if (piece.type === 'answer') answers.push(negated ? !piece.value : piece.value);
    else if (piece.type === 'command') commands.push(piece.value);
    negated = piece.type === 'negation';
    corrected ||= piece.type === 'correction' || (piece.type === 'answer' && !piece.value);
  }
  const answer = new Set(answers).size === 1 ? answers[0] : undefined;
  const command = slots.size === 0 && strayWords <= 1 ? commands[0] : undefined;
  return { slots, denied, answer, command, strayWords, takenWords };
}

function pieceAt(
  tokens: readonly string[],
  at: number,
  heard: ReadonlyMap<string, unknown>,
  readers: readonly SlotReader[],
  yesNo: boolean,
): Piece | undefined {
  const pieces: Piece[] = [];
  for (const { slot, read } of readers.toSorted(
    (a, b) => Number(heard.has(a.slot)) - Number(heard.has(b.slot)),
  )) {
    const reading = read(tokens, at);
    if (reading !== undefined)
      pieces.push({ type: 'slot', slot, values: reading.values, length: reading.length });
  }
  const answer = yesNo ? answerTable.at(tokens, at) : undefined;
  if (answer !== undefined) pieces.push({ type: 'answer', ...answer });
  const command = commandTable.at(tokens, at);
  if (command !== undefined) pieces.push({ type: 'command', ...command });
  const mark = negationTable.at(tokens, at) ?? correctionTable.at(tokens, at);
  if (mark !== undefined) pieces.push({ type: mark.value, length: mark.length });
  return pieces.reduce<Piece | undefined>(
    (best, piece) => (piece.length > (best?.length ?? 0) ? piece : best),
    undefined,
  );
}

function union(a: readonly SlotValue[], b: readonly SlotValue[]): readonly SlotValue[] {
  return [...new Set([...a, ...b])];
}
