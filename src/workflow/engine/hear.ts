import type { Slot } from '../kinds/kind.ts';
import type { SlotValue } from '../types.ts';
import { type Scan, type SlotReader, scan } from '../understand/scan.ts';
import { type Draft, slotNamed } from './draft.ts';
import { isRefused } from './form.ts';

/** One utterance as the engine sees it. */
export interface Utterance {
  readonly text: string;
  readonly tokens: readonly string[];
  /** What else the recogniser may have heard. */
  readonly others: readonly (readonly string[])[];
  readonly confidence: number;
}

/** A slot's values in an utterance, split by whether they can be taken. */
export interface HeardSlot {
  readonly slot: string;
  /** Acceptable and not refused, best first. */
  readonly values: readonly SlotValue[];
  /** Values that were refused before and are said again. */
  readonly refusedAgain: readonly SlotValue[];
  /** Values of the recogniser's other hypotheses. */
  readonly rivals: readonly SlotValue[];
}

export function readersOf(
  draft: Draft,
  names: readonly string[],
  wanted: readonly string[] = [],
): readonly SlotReader[] {
  return names.map(name => {
    const slot = slotNamed(draft, name);
    const isWanted = wanted.includes(name);
    const read: SlotReader['read'] = (tokens, from) => slot.read(tokens, from, draft.todayIso);
    return { slot: name, wanted: isWanted, read: isWanted ? askedReader(slot, read, draft.todayIso) : read };
  });
}

/** Where a slot was asked for bare words are enough, unless more of them mean it anyway. */
function askedReader(slot: Slot, read: SlotReader['read'], todayIso: string): SlotReader['read'] {
  if (slot.readAsked === slot.read) return read;
  return (tokens, from) => {
    const [told, bare] = [read(tokens, from), slot.readAsked(tokens, from, todayIso)];
    return (bare?.length ?? 0) > (told?.length ?? 0) ? bare : told;
  };
}

/** Whether more of an utterance is unexplained than explained: then it is no answer. */
export function isStray(found: Scan): boolean {
  return found.strayWords > found.takenWords + 1;
}

/** How sure the answer to the open question must be; one to a read-back is known beforehand but for a yes or no. */
export function leastConfidence({ memory, program }: Draft): number {
  const { readBack, reject } = program.document.confidence;
  return memory.pending.ask === 'readBack' ? readBack : reject;
}

/** Whether what was heard must be read back before it counts. */
export function isUnsure(draft: Draft, said: Utterance, found: Scan): boolean {
  return said.confidence < draft.program.document.confidence.sure || found.strayWords > 0 || found.isGuess;
}

/** What an utterance says of the slots. */
export function hearSlots(
  draft: Draft,
  names: readonly string[],
  said: Utterance,
  found: Scan,
  wanted: readonly string[] = [],
): readonly HeardSlot[] {
  const readers = readersOf(draft, names, wanted);
  const others = said.others.map(tokens => scan(tokens, readers, false));
  return names.flatMap(name => {
    const heard = found.slots.get(name);
    if (heard === undefined) return [];
    const barred = found.denied.get(name) ?? [];
    const usable = (value: SlotValue): boolean =>
      !isRefused(draft, name, value) &&
      !barred.includes(value) &&
      slotNamed(draft, name).accepts(value, draft.todayIso);
    const values = heard.filter(usable);
    const rivals = others
      .flatMap(other => other.slots.get(name) ?? [])
      .filter(value => usable(value) && !values.includes(value));
    return [
      {
        slot: name,
        values,
        refusedAgain: heard.filter(value => isRefused(draft, name, value)),
        rivals: [...new Set(rivals)],
      },
    ];
  });
}

/** What was spelled. An exact spelling takes back a refusal: the caller can't have meant it. */
export function hearSpelling(draft: Draft, name: string, said: Utterance): HeardSlot | undefined {
  const refused = draft.memory.refused[name] ?? [];
  const spelled = slotNamed(draft, name).spellable?.hear(said.tokens, refused);
  if (spelled === undefined) return undefined;
  draft.memory.refused[name] = refused.filter(value => !spelled.isExact(value));
  const [best = [], ...rest] = spelled.groups
    .map(group => group.filter(value => !isRefused(draft, name, value)))
    .filter(values => values.length > 0);
  return { slot: name, values: best, refusedAgain: [], rivals: rest.slice(0, 2).flat() };
}

/** An answer that is the value as a whole; undefined where the slot takes none, or nothing was said. */
export function hearAll(draft: Draft, name: string, { text }: Utterance): HeardSlot | undefined {
  const heard = slotNamed(draft, name).readAll?.(text);
  if (heard === undefined) return undefined;
  const [refusedAgain, values] = [true, false].map(is =>
    heard.filter(one => isRefused(draft, name, one) === is),
  );
  return { slot: name, values: values ?? [], refusedAgain: refusedAgain ?? [], rivals: [] };
}
