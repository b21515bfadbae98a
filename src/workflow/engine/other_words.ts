import type { Slot } from '../kinds/kind.ts';
import type { Asked } from '../understand/intents/types.ts';
import { type Draft, formOf, render, slotNamed, stageOf } from './draft.ts';
import { helpOf } from './form.ts';

/** How many values of a choice are named as examples. */
const MOST_EXAMPLES = 4;

/** What the open question is, for whoever looks for what is said beside an answer. */
export function askedOf(draft: Draft): Asked | undefined {
  const { pending } = draft.memory;
  switch (pending.ask) {
    case 'sure':
      return pending.about === 'optOut' ? 'optOut' : 'yesNo';
    case 'consent':
    case 'resume':
    case 'readBack':
      return 'yesNo';
    case 'which':
      return 'choice';
    case 'talk':
      return isCardToldOf(draft) ? 'card' : undefined;
    case 'offer':
      return pending.values.length === 1 ? 'yesNo' : 'choice';
    default:
      return askedOfSlot(draft);
  }
}

/** What comes behind it may be the number, in pieces. */
function isCardToldOf({ memory, program }: Draft): boolean {
  const last = memory.talk.at(-1);
  return last?.by === 'agent' && last.text === program.document.always.card;
}

function askedOfSlot(draft: Draft): Asked | undefined {
  const kind = slotAsked(draft)?.spec.kind;
  if (kind === 'yes_no') return 'yesNo';
  return kind === 'choice' ? 'choice' : undefined;
}

/** The open question in its plainest form: the slot by itself, or yes and no. */
export function simplerOf(draft: Draft): readonly string[] {
  const [rung] = slotAsked(draft)?.spec.repair ?? [];
  if (rung === undefined) return [...helpOf(draft), ...draft.memory.asked];
  return [rung.prompt, ...(rung.help === undefined ? [] : [rung.help])];
}

/** What could be said to it. */
export function examplesOf(draft: Draft): readonly string[] {
  const slot = slotAsked(draft);
  if (slot === undefined) return helpOf(draft);
  const { spec } = slot;
  if (spec.kind === 'yes_no') return [draft.program.document.phrases.yesOrNo];
  if (spec.kind === 'choice') {
    const said = Object.values(spec.values).slice(0, MOST_EXAMPLES);
    const options = said.map(({ say }) => say).join(', or ');
    return [render(draft, draft.program.document.always.examples, { options })];
  }
  return spec.repair.flatMap(({ help }) => help ?? []).slice(0, 1);
}

/** The slot that is asked for. */
export function slotAsked(draft: Draft): Slot | undefined {
  const { pending } = draft.memory;
  if (pending.ask === 'identify') return slotNamed(draft, pending.slot);
  if (stageOf(draft).kind !== 'form') return undefined;
  if (pending.ask === 'repair') return slotNamed(draft, pending.slot);
  if (pending.ask !== 'question') return undefined;
  const [name] = formOf(draft).questions[pending.index]?.slots ?? [];
  return name === undefined ? undefined : slotNamed(draft, name);
}
