import type { HandOffStage } from '../schema.ts';
import type { HandedSlot, HandOff } from '../types.ts';
import { type Draft, setSlot, slotNamed } from './draft.ts';

/** What the next workflow is given: slots of which the recogniser was not sure are left to be asked for anew. */
export function handOffOf(draft: Draft, { to, slots }: HandOffStage): HandOff {
  const { memory, program } = draft;
  const { disclosed, consent, handOffs, carried } = memory;
  const known = { ...carried, ...ownSlots(draft) };
  const chosen =
    slots === undefined
      ? known
      : Object.fromEntries(
          Object.entries(slots).flatMap(([theirs, ours]) => (known[ours] ? [[theirs, known[ours]]] : [])),
        );
  return {
    from: program.document.name,
    to,
    slots: chosen,
    disclosed,
    ...(consent !== undefined && { consent }),
    count: handOffs + 1,
    turn: memory.talked,
    unknownTools: memory.unknownTools,
    slower: memory.slower,
    louder: memory.louder,
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

/**
 * Takes what this workflow has slots for, as heard and not as confirmed: its own forms say what is read back. A value that
 * is not one here is asked for. Returns the stage to begin with: past the greeting, where all that it is there for was said
 * in this call already.
 */
export function takeIn(draft: Draft, handOff: HandOff): string {
  const { slots, disclosed, consent, from, count, turn, unknownTools, slower, louder } = handOff;
  const { document, version } = draft.program;
  draft.effects.push({ type: 'handedOver', from, to: document.name, version });
  const kept = { disclosed, handOffs: count, talked: turn, unknownTools, slower, louder };
  Object.assign(draft.memory, { ...kept, ...(consent !== undefined && { consent }) });
  for (const [name, handed] of Object.entries(slots)) {
    if (!draft.program.slots.has(name)) draft.memory.carried[name] = handed;
    else if (fits(draft, name, handed)) take(draft, name, handed);
  }
  const isConsentKnown =
    consent !== undefined ||
    draft.program.recordingConsent === 'never' ||
    Object.values(document.stages).every(({ kind }) => kind !== 'consent');
  const isGreeted = disclosed && isConsentKnown;
  return isGreeted ? (document.takeOver?.start ?? document.start) : document.start;
}

/** What was sensitive where the caller said it stays so. */
function fits(draft: Draft, name: string, { value, kind, sensitive }: HandedSlot): boolean {
  const slot = slotNamed(draft, name);
  return (
    slot.spec.kind === kind && (!sensitive || slot.spec.sensitive) && slot.accepts(value, draft.todayIso)
  );
}

/** Under its old name the record has it already. */
function take(draft: Draft, name: string, { value, from }: HandedSlot): void {
  if (from === name) draft.slots[name] = { value, confirmed: false };
  else setSlot(draft, name, value, false);
}
