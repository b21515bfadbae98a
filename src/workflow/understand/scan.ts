import type { SlotValue } from '../types.ts';
import { PhraseTable } from './phrases.ts';
import { isCarrier } from './tokens.ts';
import { CORRECTIONS, type Command, commandTable, NEGATIONS, NO, YES, yesNoTable } from './words.ts';

/** What a slot made of the tokens from a place on. */
export interface Reading {
  /** Best first; several are an ambiguity, none is something that was meant and can't be. */
  readonly values: readonly SlotValue[];
  readonly length: number;
  /** Only a part of the value was said, such as a street without its type. */
  readonly partial?: boolean;
  /** It was made of words that need not mean it: to be read back. */
  readonly isGuess?: boolean;
}

export interface SlotReader {
  readonly slot: string;
  /** Preferred among readings of equal length. */
  readonly wanted?: boolean;
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
  /** Those of them that are a slot's value, or yes or no. */
  readonly answerWords: number;
  /** One of the readings is a guess. */
  readonly isGuess: boolean;
}

const answerTable = yesNoTable(YES, NO);
const correctionTable = new PhraseTable<'correction'>(CORRECTIONS.map(phrase => [phrase, 'correction']));
const negationTable = new PhraseTable<'negation'>(NEGATIONS.map(phrase => [phrase, 'negation']));

type Found =
  | {
      readonly type: 'slot';
      readonly slot: string;
      readonly values: readonly SlotValue[];
      readonly isGuess?: boolean;
    }
  | { readonly type: 'answer'; readonly value: boolean }
  | { readonly type: 'command'; readonly value: Command }
  | { readonly type: 'correction' | 'negation' };

type Piece = Found & { readonly length: number };

/**
 * Goes through the words once, always taking the reading that explains most of them; of equals the one
 * that fits best. Yes and no are looked for only where the question asks for them; elsewhere "no"
 * takes back what was said before it.
 */
export function scan(tokens: readonly string[], readers: readonly SlotReader[], yesNo: boolean): Scan {
  const slots = new Map<string, readonly SlotValue[]>();
  const denied = new Map<string, readonly SlotValue[]>();
  const answers: boolean[] = [];
  const commands: Command[] = [];
  let [strayWords, takenWords, answerWords] = [0, 0, 0];
  let [corrected, negated, deniesNothing, isGuess] = [false, false, false, false];
  for (let at = 0; at < tokens.length; ) {
    const piece = pieceAt(tokens, at, { slots, corrected }, readers, yesNo);
    at += piece?.length ?? 1;
    if (piece === undefined) {
      if (isCarrier(tokens[at - 1] ?? '')) continue;
      strayWords += 1;
      deniesNothing = false;
      continue;
    }
    takenWords += piece.length;
    if (piece.type === 'slot' || piece.type === 'answer') answerWords += piece.length;
    if (piece.type === 'slot') {
      isGuess ||= piece.isGuess === true;
      const before = slots.get(piece.slot);
      if (negated) denied.set(piece.slot, [...(denied.get(piece.slot) ?? []), ...piece.values]);
      else
        slots.set(piece.slot, corrected || before === undefined ? piece.values : union(before, piece.values));
    } else if (piece.type === 'answer')
      // "Not wrong" is a yes; "not completely, no" is none.
      answers.push(negated && (piece.value || deniesNothing) ? !piece.value : piece.value);
    else if (piece.type === 'command') commands.push(piece.value);
    negated = piece.type === 'negation';
    deniesNothing = negated;
    corrected ||= piece.type === 'correction' || (piece.type === 'answer' && !piece.value);
  }
  // "Definitely, the, not": a "not" at the end denies what came before it, or was heard badly; a yes it is not: whoever asked asks again.
  if (deniesNothing) {
    if (answers.includes(true)) answers.push(false);
    for (const [slot, values] of slots) if (values.every(value => value === true)) slots.delete(slot);
  }
  const answer = new Set(answers).size === 1 ? answers[0] : undefined;
  const command = slots.size === 0 && strayWords <= 1 ? commands[0] : undefined;
  return { slots, denied, answer, command, strayWords, takenWords, answerWords, isGuess };
}

/** What was heard so far, and whether the caller has taken something of it back. */
interface Heard {
  readonly slots: ReadonlyMap<string, unknown>;
  readonly corrected: boolean;
}

function pieceAt(
  tokens: readonly string[],
  at: number,
  heard: Heard,
  readers: readonly SlotReader[],
  yesNo: boolean,
): Piece | undefined {
  const pieces: Piece[] = [];
  const slot = slotAt(tokens, at, heard, readers);
  if (slot !== undefined) pieces.push(slot);
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

function slotAt(
  tokens: readonly string[],
  at: number,
  { slots, corrected }: Heard,
  readers: readonly SlotReader[],
): Piece | undefined {
  const readings = readers.flatMap(({ slot, wanted, read }) => {
    const reading = read(tokens, at);
    if (reading === undefined) return [];
    // Of two that take as many words: what is new, or said otherwise once more, what was asked for, what was said in full.
    const rank = [
      reading.length,
      slots.has(slot) === corrected ? 1 : 0,
      wanted === true ? 1 : 0,
      reading.partial ? 0 : 1,
    ];
    return [{ slot, reading, rank }];
  });
  const [best] = readings.toSorted((a, b) => compareRanks(b.rank, a.rank));
  return best && { type: 'slot', slot: best.slot, ...best.reading };
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((rank, index) => rank !== b[index]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}

function union(a: readonly SlotValue[], b: readonly SlotValue[]): readonly SlotValue[] {
  return [...new Set([...a, ...b])];
}
