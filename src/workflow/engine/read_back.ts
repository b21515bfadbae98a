import { PhraseTable } from '../understand/phrases.ts';
import { type Reading, type Scan, scan } from '../understand/scan.ts';
import { clearSlot, type Draft, slotNamed } from './draft.ts';
import { askedSlots, askWhich, confirmForm, formSlots, lead, offerRival, refuse, replace } from './form.ts';
import { hearSlots, isStray, isUnsure, readersOf, type Utterance } from './hear.ts';
import { failAndGoOn } from './miss.ts';
import { proceed } from './stages.ts';
import { take } from './take.ts';

/** Yes, no, or what is right instead. */
export function answerReadBack(draft: Draft, said: Utterance): boolean {
  const found = readAnswer(draft, said);
  if (isStray(found)) return false;
  if (correct(draft, said, found)) return true;
  const denied = [...found.denied.keys()];
  const asked = askedSlots(draft);
  if (found.answer === true || (found.answer === undefined && repeatsAll(draft, found))) {
    confirmForm(draft);
    draft.say.push(lead(draft, 'thanks'));
    proceed(draft);
  } else if (denied.length > 0) {
    refuseAll(draft, denied);
  } else if (found.answer === undefined) {
    return false;
  } else if (asked.length === 1) {
    if (!takeOpposite(draft, asked[0]!)) refuseAll(draft, asked);
  } else {
    askWhich(draft);
  }
  return true;
}

/** Where one slot alone was read back, what comes instead of a yes is about that one. */
function readAnswer(draft: Draft, said: Utterance): Scan {
  const names = formSlots(draft);
  const found = scan(said.tokens, readersOf(draft, names), true);
  const asked = askedSlots(draft);
  if (asked.length !== 1 || found.answer === true || found.slots.size > 0) return found;
  const { corrects } = slotNamed(draft, asked[0]!);
  const value = draft.slots[asked[0]!]?.value;
  const isBeside =
    found.answer === undefined && value !== undefined && corrects?.(said.tokens, value) === false;
  return isBeside ? found : scan(said.tokens, readersOf(draft, names, asked), true);
}

/** The caller said nothing but what was read back. */
function repeatsAll(draft: Draft, found: Scan): boolean {
  return (
    found.slots.size > 0 && [...found.slots].every(([slot, [value]]) => value === draft.slots[slot]?.value)
  );
}

/** Takes the better values that came with or instead of a "no"; those that they replace are refused. */
function correct(draft: Draft, said: Utterance, found: Scan): boolean {
  const better = hearSlots(draft, formSlots(draft), said, found).filter(
    ({ slot, values }) => values.length > 0 && !values.includes(draft.slots[slot]?.value ?? ''),
  );
  if (better.length === 0) return false;
  for (const { slot } of better) replace(draft, slot);
  draft.say.push(lead(draft, 'sorry'));
  take(draft, better, isUnsure(draft, said, found));
  return true;
}

function refuseAll(draft: Draft, slots: readonly string[]): void {
  for (const slot of slots) refuse(draft, slot);
  draft.say.push(lead(draft, 'sorry'));
  const [only, ...others] = slots;
  if (only === undefined || others.length > 0 || !offerRival(draft, only)) proceed(draft);
}

/** A yes that is refused was a no, and the other way round: nothing needs to be asked anew. */
function takeOpposite(draft: Draft, slot: string): boolean {
  const value = draft.slots[slot]?.value;
  if (typeof value !== 'boolean') return false;
  replace(draft, slot);
  draft.say.push(lead(draft, 'sorry'));
  take(draft, [{ slot, values: [!value], refusedAgain: [], rivals: [] }], false);
  return true;
}

/** No slot is called so: what a reading of the parts of a read-back is filed under. */
const PARTS = '';

/** Which part of the read-back is wrong, or what is right instead. */
export function answerWhich(draft: Draft, said: Utterance): boolean {
  const asked = askedSlots(draft);
  const parts = partsTable(draft, asked);
  const partReader = {
    slot: PARTS,
    read: (tokens: readonly string[], from: number) => readParts(parts, tokens, from),
  };
  const found = scan(said.tokens, [...readersOf(draft, formSlots(draft)), partReader], true);
  if (isStray(found)) return false;
  const wrong = (found.slots.get(PARTS) ?? []).map(String);
  if (wrong.length === 0) return correct(draft, said, found);
  if (wrong.length < asked.length) {
    refuseAll(draft, wrong);
    return true;
  }
  for (const slot of wrong) clearSlot(draft, slot);
  failAndGoOn(draft, wrong);
  return true;
}

function partsTable(draft: Draft, asked: readonly string[]): PhraseTable<readonly string[]> {
  const { everything } = draft.program.document.phrases;
  return new PhraseTable<readonly string[]>([
    ...asked.map(slot => [slotNamed(draft, slot).spec.part, [slot]] as const),
    ...[everything, 'all', 'all of it', 'everything'].map(phrase => [phrase, asked] as const),
  ]);
}

function readParts(
  parts: PhraseTable<readonly string[]>,
  tokens: readonly string[],
  from: number,
): Reading | undefined {
  const match = parts.at(tokens, from);
  return match && { values: match.value, length: match.length };
}
