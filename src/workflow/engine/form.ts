import { LIMITS } from '../../config/limits.ts';
import { holds, slotsOf } from '../condition.ts';
import type { Question } from '../stage_schema.ts';
import type { SlotValue } from '../types.ts';
import { ask } from './ask.ts';
import { clearSlot, type Draft, formOf, knownOf, render, setSlot, slotNamed } from './draft.ts';

/** Where a form stands: something was asked, all is known, or a repair has come to its end. */
export type Progress = 'asked' | 'filled' | 'exhausted';

/** Asks for what the form lacks, then reads it back. */
export function advance(draft: Draft): Progress {
  const form = formOf(draft);
  for (const [index, question] of form.questions.entries()) {
    if (!applies(draft, question)) {
      imply(draft, question);
      continue;
    }
    forgetImplied(draft, question);
    const missing = question.slots.filter(slot => draft.slots[slot] === undefined);
    if (missing.length > 0) return askFor(draft, index, question, missing);
  }
  const open = formSlots(draft).filter(slot => draft.slots[slot]?.confirmed === false);
  const unsure = open.some(slot => draft.memory.doubtful.includes(slot));
  if (open.length > 0 && (form.confirm === 'always' || unsure)) {
    readBack(draft);
    return 'asked';
  }
  if (form.echo !== undefined && open.length > 0) draft.say.push(render(draft, form.echo));
  return 'filled';
}

function applies(draft: Draft, question: Question): boolean {
  return question.when === undefined || holds(question.when, knownOf(draft));
}

function imply(draft: Draft, question: Question): void {
  for (const slot of question.slots) {
    const value = question.otherwise[slot];
    if (value === undefined) {
      leaveOut(draft, question, slot);
      continue;
    }
    setSlot(draft, slot, value, draft.slots[slot]?.confirmed === true && draft.slots[slot].value === value);
    if (!draft.memory.implied.includes(slot)) draft.memory.implied.push(slot);
  }
}

/** What is not asked any more, since an answer before it has changed, has no value either, unless another question asks for it. */
function leaveOut(draft: Draft, question: Question, slot: string): void {
  const isAskedElse = formOf(draft).questions.some(one => one !== question && one.slots.includes(slot));
  const isOfItself = question.when !== undefined && slotsOf(question.when).includes(slot);
  if (draft.slots[slot] !== undefined && !isAskedElse && !isOfItself) clearSlot(draft, slot);
}

/** What followed from an answer that has changed is asked after all. */
function forgetImplied(draft: Draft, question: Question): void {
  for (const slot of question.slots) if (draft.memory.implied.includes(slot)) clearSlot(draft, slot);
}

function askFor(draft: Draft, index: number, question: Question, missing: readonly string[]): Progress {
  const failures = (slot: string): number => draft.memory.failures[slot] ?? 0;
  if (missing.length === question.slots.length && missing.every(slot => failures(slot) === 0)) {
    ask(draft, { ask: 'question', index }, [question.prompt]);
    return 'asked';
  }
  const slot = missing[0] ?? '';
  const rung = Math.max(0, failures(slot) - 1);
  const step = slotNamed(draft, slot).spec.repair[rung];
  if (step === undefined) return 'exhausted';
  ask(draft, { ask: 'repair', slot, rung }, [step.prompt]);
  return 'asked';
}

/** Every slot that the form may fill. */
export function formSlots(draft: Draft): readonly string[] {
  return formOf(draft).questions.flatMap(question => question.slots.concat(question.also));
}

/** The slots whose values the caller gave, which are those that may have been heard wrongly. */
export function askedSlots(draft: Draft): readonly string[] {
  const slots = new Set(formSlots(draft));
  return [...slots].filter(slot => draft.slots[slot] !== undefined && !draft.memory.implied.includes(slot));
}

function readBack(draft: Draft): void {
  const known = knownOf(draft);
  const said = formOf(draft).readBack.find(({ when }) => when === undefined || holds(when, known));
  const { phrases } = draft.program.document;
  const spelled = draft.memory.spelled.flatMap(slot => {
    const value = draft.slots[slot]?.value;
    const names = value === undefined ? undefined : slotNamed(draft, slot).spellable?.readBack?.(value);
    return names === undefined ? [] : [render(draft, phrases.spelled, { ...names })];
  });
  ask(draft, { ask: 'readBack' }, [...spelled, render(draft, said?.say ?? ''), phrases.right]);
}

/** Everything in the form is as the caller said. */
export function confirmForm(draft: Draft): void {
  for (const slot of formSlots(draft)) {
    const value = draft.slots[slot]?.value;
    if (value !== undefined) setSlot(draft, slot, value, true);
  }
  draft.memory.doubtful = [];
  draft.memory.spelled = [];
}

/**
 * A value is wrong: it is not offered again, and the slot is asked for by the next step of its repair. What is not
 * yes is no.
 */
export function refuse(draft: Draft, name: string): void {
  const value = draft.slots[name]?.value;
  const { [name]: replaced, ...others } = draft.memory.replaced;
  draft.memory.replaced = others;
  if (replaced !== undefined) allow(draft, name, [replaced]);
  if (value !== undefined) bar(draft, name, [value]);
  clearSlot(draft, name);
  fail(draft, name);
  if (typeof value === 'boolean' && !isRefused(draft, name, !value)) {
    setSlot(draft, name, !value, false);
    draft.memory.doubtful.push(name);
  }
}

/** A better value is at hand for one that was read back. */
export function replace(draft: Draft, name: string): void {
  const value = draft.slots[name]?.value;
  if (value === undefined) return;
  bar(draft, name, [value]);
  draft.memory.replaced[name] = value;
  clearSlot(draft, name);
}

export function bar(draft: Draft, name: string, values: readonly SlotValue[]): void {
  const before = draft.memory.refused[name] ?? [];
  draft.memory.refused[name] = [...new Set([...before, ...values])].slice(-LIMITS.refusedValues);
}

export function fail(draft: Draft, name: string): void {
  draft.memory.failures[name] = (draft.memory.failures[name] ?? 0) + 1;
  draft.memory.misses = 0;
}

/** Something else that was heard for a refused slot, worth one question before the caller repeats it. */
export function offerRival(draft: Draft, name: string): boolean {
  const rival = (draft.memory.rivals[name] ?? []).find(value => !isRefused(draft, name, value));
  if (rival === undefined) return false;
  draft.memory.rivals[name] = [];
  offer(draft, name, [rival]);
  return true;
}

/** Asks which of several values was meant. */
export function offer(draft: Draft, name: string, values: readonly SlotValue[]): void {
  const { phrases } = draft.program.document;
  const said = values.map(value => slotNamed(draft, name).say(value));
  const options = said.length === 1 ? `${said[0]}` : `${said.slice(0, -1).join(', ')}, or ${said.at(-1)}`;
  const sentence = said.length === 1 ? phrases.offerOne : phrases.offerMany;
  ask(draft, { ask: 'offer', slot: name, values: [...values] }, [render(draft, sentence, { options })]);
}

/** Takes a refusal back. */
export function allow(draft: Draft, name: string, values: readonly SlotValue[]): void {
  const allowed = new Set(values);
  draft.memory.refused[name] = (draft.memory.refused[name] ?? []).filter(value => !allowed.has(value));
}

export function isRefused(draft: Draft, name: string, value: SlotValue): boolean {
  return (draft.memory.refused[name] ?? []).includes(value);
}

/** Asks which part of the read-back is wrong. */
export function askWhich(draft: Draft): void {
  const { phrases } = draft.program.document;
  const parts = askedSlots(draft).map(slot => `the ${slotNamed(draft, slot).spec.part}`);
  const options = `${parts.slice(0, -1).join(', ')}, or ${parts.at(-1)}`;
  ask(draft, { ask: 'which' }, [render(draft, phrases.which, { options })]);
}

/** The question that is open, with the sentence that helps to answer it. */
export function helpOf(draft: Draft): readonly string[] {
  const { pending } = draft.memory;
  if (pending.ask === 'readBack') return [draft.program.document.phrases.yesOrNo];
  if (pending.ask === 'resume') return [draft.program.document.resume?.help ?? []].flat();
  if (pending.ask === 'identify') return [slotNamed(draft, pending.slot).spec.repair[0]?.help ?? []].flat();
  if (pending.ask === 'question') return [formOf(draft).questions[pending.index]?.help ?? []].flat();
  if (pending.ask === 'repair')
    return [slotNamed(draft, pending.slot).spec.repair[pending.rung]?.help ?? []].flat();
  return [];
}

/** A few words before the question, varied so that nobody hears the same ones twice in a row. */
export function lead(draft: Draft, kind: 'sorry' | 'thanks' | 'notUnderstood' | 'notHeard'): string {
  const { turns, misses, silences } = draft.memory;
  const count = { sorry: turns, thanks: turns, notUnderstood: misses - 1, notHeard: silences - 1 }[kind];
  const ways = draft.program.document.phrases[kind];
  return ways[Math.max(0, count) % ways.length] ?? '';
}
