import { placeholdersOf } from '../speak/template.ts';
import type { HandOffStage, PersonStage } from '../stage_schema.ts';
import type { HandedSlot, HandOff, PersonCall } from '../types.ts';
import { type Draft, knownOf, render, setSlot, slotNamed } from './draft.ts';
import { takeGiven } from './given.ts';
import { type CallMemory, OF_THE_CALL } from './memory.ts';
import { scored } from './score.ts';

/** In place of a slot's kind. */
const SCORE = '$score';

/** What the next workflow is given: slots of which the recogniser was not sure are left to be asked for anew. */
export function handOffOf(draft: Draft, { to, slots }: HandOffStage): HandOff {
  const { memory, program } = draft;
  const known = { ...memory.carried, ...ownSlots(draft) };
  const named = { ...known, ...ownScores(draft) };
  const chosen =
    slots === undefined
      ? known
      : Object.fromEntries(
          Object.entries(slots).flatMap(([theirs, ours]) => (named[ours] ? [[theirs, named[ours]]] : [])),
        );
  const kept = Object.fromEntries(OF_THE_CALL.map(key => [key, memory[key]])) as unknown as CallMemory;
  return {
    from: program.document.name,
    to,
    slots: chosen,
    kept: { ...kept, handOffs: kept.handOffs + 1 },
  };
}

/** Whom to call, and what they are told. */
export function personOf(draft: Draft, { to, whisper, ringSeconds }: PersonStage): PersonCall {
  const known = whisper.filter(sentence =>
    placeholdersOf(sentence).every(
      name => knownOf(draft)(name) !== undefined || Object.hasOwn(draft.program.document.texts, name),
    ),
  );
  return {
    person: to,
    ringMs: ringSeconds * 1000,
    whisper: known.map(sentence => render(draft, sentence)),
  };
}

function ownSlots(draft: Draft): Readonly<Record<string, HandedSlot>> {
  const sure = Object.entries(draft.slots).filter(([name]) => !draft.memory.doubtful.includes(name));
  return Object.fromEntries(
    sure.map(([from, { value }]) => {
      const { kind, sensitive } = slotNamed(draft, from).spec;
      return [from, { value, from, kind, sensitive }];
    }),
  );
}

/** What a score has come to goes on where a hand-off names it. */
function ownScores({ program, slots }: Draft): Readonly<Record<string, HandedSlot>> {
  const named = scored(program.document, slots).map(({ score, value }) => {
    return [score, { value, from: score, kind: SCORE, sensitive: false }] as const;
  });
  return Object.fromEntries(named);
}

/**
 * Takes what this workflow has slots for, as heard and not as confirmed: its own forms say what is read back. A value that
 * is not one here is asked for. Returns the stage to begin with: past the greeting, where all that it is there for was said
 * in this call already.
 */
export function takeIn(draft: Draft, { slots, from, kept }: HandOff): string {
  const { document, version } = draft.program;
  draft.effects.push({ type: 'handedOver', from, to: document.name, version });
  Object.assign(draft.memory, kept);
  for (const [name, handed] of Object.entries(slots)) {
    if (!draft.program.slots.has(name)) draft.memory.carried[name] = handed;
    else if (fits(draft, name, handed)) take(draft, name, handed);
  }
  takeGiven(draft);
  const isConsentKnown =
    kept.consent !== undefined ||
    draft.program.recordingConsent === 'never' ||
    Object.values(document.stages).every(({ kind }) => kind !== 'consent');
  const isGreeted = kept.disclosed && isConsentKnown;
  return isGreeted ? (document.takeOver?.start ?? document.start) : document.start;
}

/** What was sensitive where the caller said it stays so. */
function fits(draft: Draft, name: string, { value, kind, sensitive }: HandedSlot): boolean {
  const slot = slotNamed(draft, name);
  const isOfKind = slot.spec.kind === (kind === SCORE ? 'number' : kind);
  return isOfKind && (!sensitive || slot.spec.sensitive) && slot.accepts(value, draft.todayIso);
}

/** Under its old name the record has it already. */
function take(draft: Draft, name: string, { value, from, kind }: HandedSlot): void {
  if (from === name && kind !== SCORE) draft.slots[name] = { value, confirmed: false };
  else setSlot(draft, name, value, false);
}
