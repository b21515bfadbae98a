import type { Slot } from '../kinds/kind.ts';
import type { SlotValue } from '../types.ts';
import { scan } from '../understand/scan.ts';
import { isCarrier, tokensOf } from '../understand/tokens.ts';
import { type Draft, slotNamed } from './draft.ts';
import { formSlots, isRefused } from './form.ts';
import { readersOf } from './hear.ts';

/** A value that somebody else understood, with the caller's words that they go by. */
export interface NotedValue {
  readonly slot: string;
  readonly value: SlotValue;
  readonly quote: string;
}

/** Values that the caller's words bear out, best first; `isSure` where the engine reads them in the words itself. */
export type Grounded =
  | { readonly values: readonly SlotValue[]; readonly isSure: boolean }
  | { readonly why: string };

/** Words of an utterance that are read at once, of long ones, and how far the next reading goes back into the last one. */
const READ_WORDS = 48;
const READ_AGAIN_WORDS = 8;
/** Kinds that are one of few: what was said may stand for a value that it does not name. */
const FEW: ReadonlySet<string> = new Set(['choice', 'choices', 'yes_no']);
const DENIALS: ReadonlySet<string> = new Set(
  'no not none never without neither nobody nothing nope nah hardly cannot gone'.split(' '),
);

const NOT_SAID = 'the caller has not said that; note only what they said, or ask for it';
const SAID_OTHERWISE = 'the caller said something else';
const REFUSED = 'the caller said that this is wrong';
const NO_QUOTE = 'copy the words of the caller that say it into said';

/**
 * Whether the caller said it, in this turn or the one before: by what the engine reads in them; where it reads nothing of
 * the slot, by the value's own words being there; for one of few values, by words of theirs that are quoted as they stand.
 * @param turns what the caller said, newest first
 */
export function grounded(
  draft: Draft,
  { slot: name, value: noted, quote }: NotedValue,
  turns: readonly string[],
  wanted: readonly string[],
): Grounded {
  const slot = slotNamed(draft, name);
  const meant = valuesMeant(slot, noted, draft.todayIso);
  if (meant.length === 0) return { why: slot.spec.invalid ?? 'it can not be that' };
  const allowed = meant.filter(value => !isRefused(draft, name, value));
  if (allowed.length === 0) return { why: REFUSED };
  for (const turn of isOpen(slot) ? [] : turns) {
    const { heard, denied } = readIn(draft, slot, turn, wanted);
    if (allowed.every(value => denied.includes(value))) return { why: SAID_OTHERWISE };
    if (heard.length === 0) continue;
    const both = heard.filter(value => allowed.includes(value));
    if (both.length === 0) return { why: SAID_OTHERWISE };
    // One name of several places: which of them, the caller has to say.
    return { values: allowed.length > 1 || isPlace(slot) ? heard : both, isSure: true };
  }
  return byWords(slot, allowed, noted, quote, turns);
}

/** Whether the slot takes words that it has never heard of. */
export function isOpen({ isFree, readAll }: Slot): boolean {
  return isFree === true || readAll !== undefined;
}

/** The values that a note may stand for: itself, or what the slot reads in it. */
function valuesMeant(slot: Slot, noted: SlotValue, todayIso: string): readonly SlotValue[] {
  const accepted = (value: SlotValue): boolean => slot.accepts(value, todayIso);
  if (slot.spec.kind === 'money' && typeof noted === 'number')
    // Models write dollars where cents are asked for: the caller's words say which.
    return [Math.round(noted * 100), noted].filter(accepted);
  if (accepted(noted)) return [noted];
  const text = String(noted);
  if (/^\d+$/.test(text) && accepted(Number(text))) return [Number(text)];
  if (/^(true|yes|false|no)$/i.test(text) && accepted(true)) return [/^(true|yes)$/i.test(text)];
  const whole = slot.readAll?.(text)?.filter(accepted) ?? [];
  if (whole.length > 0) return whole;
  const tokens = tokensOf(text) ?? [];
  const readings = [slot.read(tokens, 0, todayIso), slot.readAsked(tokens, 0, todayIso)];
  const reading = readings.find(one => one?.length === tokens.length);
  return reading?.values.filter(accepted) ?? [];
}

/** What the engine reads of the slot in what was said, beside everything else of the form. */
function readIn(draft: Draft, slot: Slot, turn: string, wanted: readonly string[]) {
  const names = [...new Set([...wanted, slot.name, ...formSlots(draft)])];
  const isAsked = wanted.includes(slot.name);
  const readers = readersOf(draft, names, [...wanted, slot.name]);
  const heard = new Set<SlotValue>();
  const denied = new Set<SlotValue>();
  for (const tokens of piecesOf(turn)) {
    const found = scan(tokens, readers, slot.spec.kind === 'yes_no' && isAsked);
    for (const value of found.slots.get(slot.name) ?? []) heard.add(value);
    for (const value of found.denied.get(slot.name) ?? []) denied.add(value);
    if (slot.spec.kind === 'yes_no' && isAsked && found.answer !== undefined) heard.add(found.answer);
  }
  const accepted = (value: SlotValue): boolean => slot.accepts(value, draft.todayIso);
  return { heard: [...heard].filter(accepted), denied: [...denied] };
}

/** What the engine can't read is taken as far as its words are there, and read back before it counts. */
function byWords(
  slot: Slot,
  allowed: readonly SlotValue[],
  noted: SlotValue,
  quote: string,
  turns: readonly string[],
): Grounded {
  if (!FEW.has(slot.spec.kind)) {
    const told = [String(noted), ...allowed.map(value => slot.say(value))];
    const isThere = told.some(words => turns.some(turn => areIn(wordsOf(words), wordsOf(turn))));
    const isAccount = slot.readAll !== undefined;
    return isThere && allowed.length === 1 ? { values: allowed, isSure: isAccount } : { why: NOT_SAID };
  }
  const words = wordsOf(quote);
  if (!words.some(word => !isCarrier(word) || DENIALS.has(word))) return { why: NO_QUOTE };
  if (!turns.some(turn => ` ${wordsOf(turn).join(' ')} `.includes(` ${words.join(' ')} `)))
    return { why: NO_QUOTE };
  const isDenial = words.some(word => DENIALS.has(word) || word.endsWith("n't"));
  const [value] = allowed;
  if (typeof value === 'boolean' && value === isDenial) return { why: SAID_OTHERWISE };
  return { values: allowed, isSure: false };
}

function isPlace({ spec }: Slot): boolean {
  return spec.kind === 'town' || spec.kind === 'street';
}

/** All of the words that tell something, however they are ordered. */
function areIn(words: readonly string[], turn: readonly string[]): boolean {
  const said = new Set(turn);
  const telling = words.filter(word => !isCarrier(word));
  return telling.length > 0 && telling.every(word => said.has(word));
}

function wordsOf(text: string): readonly string[] {
  return piecesOf(text, Number.MAX_SAFE_INTEGER).flat();
}

/** What is longer than an answer is read piece by piece. */
function piecesOf(text: string, again = READ_WORDS - READ_AGAIN_WORDS): readonly (readonly string[])[] {
  const words = text.split(/\s+/u).filter(word => word !== '');
  const step = Math.min(again, READ_WORDS);
  const pieces: string[][] = [];
  for (let at = 0; at < words.length; at += step) {
    pieces.push(words.slice(at, at + READ_WORDS));
    if (at + READ_WORDS >= words.length) break;
  }
  return pieces.map(piece => tokensOf(piece.join(' ').slice(0, 500)) ?? []);
}
