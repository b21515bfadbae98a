import { createHash } from 'node:crypto';
import type { Expectation } from '../../providers/types.ts';
import { either, expectation, type GrammarPart, oneOf, rule } from '../jsgf.ts';
import type { Slot } from '../kinds/kind.ts';
import { nonePart, yesNoPart } from '../slots.ts';
import type { Question } from '../stage_schema.ts';
import type { ExpectedAnswer, FlowState, FlowStep } from '../types.ts';
import { SPOKEN_COMMANDS, SPOKEN_REPEATS } from '../understand/words.ts';
import { type Draft, formOf, openDraft, type Program, slotNamed, stageOf } from './draft.ts';
import { formSlots } from './form.ts';
import { EMPTY_MEMORY, type Pending } from './memory.ts';
import { optionPhrases } from './offer.ts';

const commandPart = rule('command', oneOf([...SPOKEN_REPEATS, ...SPOKEN_COMMANDS]));
/** Where short answers are expected, no other command is listened for, lest a "correct" end the call. */
const repeatPart = rule('repeat', oneOf(SPOKEN_REPEATS));
const NOTHING: GrammarPart = { expansion: 'goodbye', rules: {} };

type Patience = FlowStep['patience'];

/** What the caller is expected to say to the open question, and how long they may think between words. */
export interface Expected {
  readonly expect: Expectation;
  readonly patience: Patience;
  /** Left out where an answer may be of several kinds. */
  readonly expects?: ExpectedAnswer;
}

/** Builds the expectations of one workflow, each grammar once. Equal grammars have equal ids. */
export function expectations(): (draft: Draft) => Expected {
  const built = new Map<string, Expectation>();
  return draft => {
    const { pending } = draft.memory;
    const key = keyOf(draft, pending);
    const known = key === undefined ? undefined : built.get(key);
    const expect = known ?? identified(partOf(draft, pending));
    if (key !== undefined && known === undefined) built.set(key, expect);
    const expects = answerOf(draft, pending);
    return { expect, patience: patienceOf(draft, pending), ...(expects !== undefined && { expects }) };
  };
}

/** What callers of the workflow are expected to say at its consent, its questions and its read-backs, in their order. */
export function standingExpectations(
  program: Program,
  initial: FlowState,
  expected: (draft: Draft) => Expected,
): readonly Expectation[] {
  const at = (stage: string, pending: Pending): Expectation => {
    const memory = { ...EMPTY_MEMORY, pending };
    return expected(openDraft(program, { ...initial, stage, memory }, '2000-01-01')).expect;
  };
  return Object.entries(program.document.stages).flatMap(([name, stage]) => {
    if (stage.kind === 'consent') return [at(name, { ask: 'consent' })];
    if (stage.kind !== 'form') return [];
    const questions = stage.questions.map((_, index) => at(name, { ask: 'question', index }));
    return questions.concat(at(name, { ask: 'readBack' }));
  });
}

function identified(part: GrammarPart): Expectation {
  const { jsgf } = expectation('', part);
  return expectation(createHash('sha256').update(jsgf).digest('hex').slice(0, 16), part);
}

/** Names a grammar that stays the same for the workflow; undefined for one that depends on the call's values. */
function keyOf(draft: Draft, pending: Pending): string | undefined {
  switch (pending.ask) {
    case 'offer':
      return undefined;
    case 'question':
      return `${draft.stage} question ${pending.index}`;
    case 'repair':
      return `${draft.stage} repair ${pending.slot} ${pending.rung}`;
    case 'identify':
      return `identify ${pending.slot}`;
    case 'readBack':
      return draft.memory.misses > 0 ? 'sure' : `${draft.stage} readBack`;
    case 'which':
      return `${draft.stage} which`;
    default:
      return pending.ask;
  }
}

function partOf(draft: Draft, pending: Pending): GrammarPart {
  if (pending.ask === 'nothing' || pending.ask === 'person') return NOTHING;
  if (pending.ask === 'talk' || pending.ask === 'act') return commandPart;
  const isBrief = ['consent', 'sure', 'resume', 'readBack', 'offer'].includes(pending.ask);
  return either([answerPart(draft, pending), isBrief ? repeatPart : commandPart]);
}

function answerPart(
  draft: Draft,
  pending: Exclude<Pending, { ask: 'nothing' | 'talk' | 'person' | 'act' }>,
): GrammarPart {
  switch (pending.ask) {
    case 'consent':
    case 'sure':
    case 'resume':
      return yesNoPart;
    case 'question':
      return questionPart(draft, formOf(draft).questions[pending.index]!);
    case 'identify':
      return slotNamed(draft, pending.slot).grammar;
    case 'repair':
      return repairPart(draft, pending.slot, pending.rung);
    case 'readBack':
      // What was not understood at first is asked for as plainly as can be: yes or no.
      return draft.memory.misses > 0 ? yesNoPart : either([yesNoPart, ...correctionParts(draft)]);
    case 'which': {
      const { everything } = draft.program.document.phrases;
      const parts = formSlots(draft).map(slot => slotNamed(draft, slot).spec.part);
      return either([
        { expansion: `[the] ${oneOf([...parts, everything])}`, rules: {} },
        ...correctionParts(draft),
      ]);
    }
    case 'offer': {
      const slot = slotNamed(draft, pending.slot);
      const options = optionPhrases(pending.values.map(value => slot.say(value))).map(([phrase]) => phrase);
      const answers = pending.values.length === 1 ? yesNoPart : nonePart;
      return either([answers, { expansion: `[the] ${oneOf(options)}`, rules: {} }]);
    }
  }
}

/** The slots of a question one after the other, then what may be said along. */
function questionPart(draft: Draft, question: Question): GrammarPart {
  const parts = question.slots.map(slot => slotNamed(draft, slot).grammar);
  const also = question.also.map(slot => slotNamed(draft, slot).grammar);
  const carrier = parts.length > 1 ? "[it is | it's] " : '';
  const expansion = [
    ...parts.map(part => `(${part.expansion})`),
    ...also.map(part => `[${part.expansion}]`),
  ].join(' ');
  return { ...either([...parts, ...also]), expansion: `${carrier}${expansion}` };
}

function repairPart(draft: Draft, name: string, rung: number): GrammarPart {
  const slot: Slot = slotNamed(draft, name);
  const by = slot.spec.repair[rung]?.by;
  if (by === 'spelling' && slot.spellable !== undefined) return slot.spellable.grammar;
  if (by !== 'again' && slot.digits !== undefined) return slot.digits;
  return slot.grammar;
}

/**
 * "no, the street is maple street", "no, in boston": a correction begins by taking the read-back back. Bare names and
 * numbers are left out where several slots were read back: a recogniser hears them into a plain yes or no.
 */
function correctionParts(draft: Draft): readonly GrammarPart[] {
  const slots = [...new Set(formSlots(draft))]
    .map(slot => slotNamed(draft, slot))
    .filter(({ spec }) => spec.kind !== 'yes_no');
  const alone = slots.flatMap(slot => (slots.length === 1 ? slot.grammar : (slot.correction ?? [])));
  const named = slots.map(({ spec: { part }, grammar: { rules, expansion } }) => ({
    rules,
    expansion: `the ${part} is ${expansion}`,
  }));
  return [...alone, ...named].map(({ rules, expansion }) => ({
    rules,
    expansion: `(no | sorry | actually) (${expansion})`,
  }));
}

function patienceOf(draft: Draft, pending: Pending): Patience {
  switch (pending.ask) {
    case 'consent':
    case 'sure':
    case 'resume':
    case 'readBack':
    case 'nothing':
      return 'yesNo';
    case 'question':
      return formOf(draft).questions[pending.index]?.patience ?? 'normal';
    case 'identify':
      return 'long';
    case 'talk':
      return talkPatience(draft);
    case 'repair':
      return slotNamed(draft, pending.slot).spec.repair[pending.rung]?.by === 'again' ? 'normal' : 'long';
    default:
      return 'short';
  }
}

function talkPatience(draft: Draft): Patience {
  const stage = stageOf(draft);
  return stage.kind === 'talk' ? stage.patience : 'normal';
}

function answerOf(draft: Draft, pending: Pending): ExpectedAnswer | undefined {
  switch (pending.ask) {
    case 'consent':
    case 'sure':
    case 'resume':
    case 'readBack':
      return { kind: 'yesNo' };
    case 'offer':
      return { kind: pending.values.length === 1 ? 'yesNo' : 'choice' };
    case 'which':
      return { kind: 'choice' };
    case 'question':
      return answerToQuestion(draft, formOf(draft).questions[pending.index]!);
    case 'identify':
      return answerTo(draft, [pending.slot]);
    case 'repair': {
      const { spec, spellable } = slotNamed(draft, pending.slot);
      const isSpelled = spec.repair[pending.rung]?.by === 'spelling' && spellable !== undefined;
      return isSpelled ? { kind: 'spelling' } : answerTo(draft, [pending.slot]);
    }
    default:
      return undefined;
  }
}

/** What may be said along comes behind an answer that seems complete; an address goes on into a town. */
function answerToQuestion(draft: Draft, { slots, also }: Question): ExpectedAnswer | undefined {
  const answer = answerTo(draft, slots);
  return also.length === 0 || answer?.kind === 'address' ? answer : undefined;
}

function answerTo(draft: Draft, names: readonly string[]): ExpectedAnswer | undefined {
  const slots = names.map(name => slotNamed(draft, name));
  const kinds = new Set(slots.map(({ spec }) => spec.kind));
  if (kinds.has('house_number') && kinds.has('street')) return { kind: 'address' };
  return slots.length === 1 ? slots[0]?.expects : undefined;
}
