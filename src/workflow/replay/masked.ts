import { createHash } from 'node:crypto';
import { withoutCard, withoutNumbers } from '../understand/intents/mask_card.ts';
import type { FlowInput } from './inputs.ts';

/** Fewer characters hold no number of a card (ISO/IEC 7812-1: 8 digits at least). */
const FEWEST_CHARACTERS = 8;

export type Masking = (text: string) => string;

/** Numbers of cards alone are left out. */
export const CARDS: Masking = text => (text.length < FEWEST_CHARACTERS ? text : withoutCard(text));

/** Where a card was told of before, any row of digits may be a part of its number. */
export const NUMBERS: Masking = text => withoutNumbers(text);

/** Plain data with each text in it as it may be written down; the same object where that changes nothing. */
export function masked<T>(value: T, mask: Masking): T {
  if (typeof value === 'string') return mask(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  // Hardly anything ever changes: nothing is copied before it does.
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const one: unknown = value[name as keyof T];
    const made = masked(one, mask);
    if (made === one) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[name] = made;
  }
  return (copy ?? value) as T;
}

/** What is the engine's own, and no word of anybody's. */
const OWN = new Set(['op', 'type', 'id', 'tool', 'todayIso', 'way', 'by', 'form', 'key', 'signature']);

/** An input as it may be written down: what the caller said and what was made of it, by `mask`; all else without cards. */
export function maskedInput(input: FlowInput, mask: Masking): FlowInput {
  const entries = Object.entries(input).map(([name, value]) => [
    name,
    OWN.has(name) ? value : maskedPart(value, name === 'state' ? CARDS : mask),
  ]);
  return Object.fromEntries(entries) as FlowInput;
}

function maskedPart(value: unknown, mask: Masking): unknown {
  if (typeof value === 'string') return isJson(value) ? maskedJson(value, mask) : mask(value);
  if (Array.isArray(value)) return value.map(one => maskedPart(one, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      if (name === 'given' || name === 'saves') return [name, masked(one, mask)];
      return [name, OWN.has(name) ? one : maskedPart(one, mask)];
    }),
  );
}

/** What a model wrote as arguments stays JSON. */
function maskedJson(text: string, mask: Masking): string {
  const value: unknown = JSON.parse(text);
  const made = masked(value, mask);
  return made === value ? text : JSON.stringify(made);
}

function isJson(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** New text in `state`, which was not in `before`, by `mask`; the rest without cards. */
export function maskedSince<T>(state: T, before: unknown, mask: Masking): T {
  const known = new Set<string>();
  collect(before, known);
  return masked(state, text => (known.has(text) ? CARDS(text) : mask(text)));
}

function collect(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') into.add(value);
  else if (typeof value === 'object' && value !== null)
    for (const one of Object.values(value)) collect(one, into);
}

/** Of plain data without the numbers of cards, whatever the order of its keys: 24 hexadecimal digits of SHA-256. */
export function digestOf(value: unknown): string {
  const text = JSON.stringify(masked(value, CARDS), (_, one: unknown) => sorted(one));
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
