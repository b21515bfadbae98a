import { TrunklineError } from '../../config/errors.ts';
import { cardinal, money } from '../../spoken/numbers.ts';
import { holds } from '../condition.ts';
import { pricedLines, quoteOf } from '../quote.ts';
import type { ActStage, ConsentStage, EndStage, NextSpec, QuoteStage, SetStage } from '../stage_schema.ts';
import { type ActEnd, beginAct, tellOthers } from './act.ts';
import { ask } from './ask.ts';
import { type Draft, formOf, knownOf, render, setSlot, slotNamed, stageOf, valuesOf } from './draft.ts';
import { advance } from './form.ts';
import { handOffOf, personOf } from './hand_off.ts';
import { sayBefore, sayHere, sayOnLeaving } from './must_say.ts';
import { askResume, isResumedAt } from './resume.ts';
import { scored } from './score.ts';

/** Leaves a stage for another one, and goes on through all that ask nothing. */
export function enter(draft: Draft, name: string): void {
  if (draft.stage !== name) sayOnLeaving(draft);
  arrive(draft, name);
}

/** The same from nowhere, or where nothing more is said of what was under way. */
export function arrive(draft: Draft, name: string): void {
  sayBefore(draft, name);
  draft.stage = name;
  const stage = stageOf(draft);
  draft.interruptible &&= stage.interruptible;
  for (const sentence of stage.say) draft.say.push(render(draft, sentence));
  sayHere(draft);
  if (name === draft.program.document.start && stage.say.length > 0) draft.memory.disclosed = true;
  if (isResumedAt(draft, stage)) askResume(draft);
  else begin(draft);
}

/** Does what there is to do in a stage once its words are said. */
export function begin(draft: Draft): void {
  const { stage: name } = draft;
  const stage = stageOf(draft);
  switch (stage.kind) {
    case 'form':
      draft.memory.doubtful = draft.memory.doubtful.filter(slot => draft.slots[slot]?.confirmed === false);
      draft.memory.trail = [...draft.memory.trail.filter(one => one !== name), name];
      proceed(draft);
      break;
    case 'consent':
      enterConsent(draft, stage);
      break;
    case 'quote':
      sayQuote(draft, stage);
      leave(draft, stage.next);
      break;
    case 'talk':
      ask(draft, { ask: 'talk' }, []);
      draft.memory.asked = [...draft.say];
      break;
    case 'hand_off':
      draft.memory.pending = { ask: 'nothing' };
      draft.handOff = handOffOf(draft, stage);
      draft.effects.push(...scored(draft.program.document, draft.slots));
      break;
    case 'person':
      draft.interruptible = false;
      draft.memory.pending = { ask: 'person', joined: false };
      draft.person = personOf(draft, stage);
      break;
    case 'act':
      endAct(draft, stage, beginAct(draft, stage));
      break;
    case 'set':
      setAll(draft, stage);
      leave(draft, stage.next);
      break;
    case 'say':
      leave(draft, stage.next);
      break;
    case 'end':
      finish(draft, stage);
  }
}

/** Goes on in the form: the next question, the read-back, the next stage, or out when repairs are exhausted. */
export function proceed(draft: Draft): void {
  const progress = advance(draft);
  if (progress === 'exhausted') enterExit(draft, 'exhausted');
  else if (progress === 'filled') leave(draft, formOf(draft).next);
}

/** Goes on by the first branch that holds. */
function leave(draft: Draft, next: NextSpec): void {
  const known = knownOf(draft);
  const branch = next.find(({ when }) => when === undefined || holds(when, known));
  if (branch !== undefined) enter(draft, branch.to);
}

/** Goes where the act leads; nowhere while it is under way. What the caller wanted meanwhile comes first. */
export function endAct(draft: Draft, stage: ActStage, end: ActEnd | undefined): void {
  if (end === undefined) return;
  const { afterAct, ...memory } = draft.memory;
  draft.memory = memory;
  const { exits } = draft.program.document;
  // What an exit does itself is done once.
  const isLeaving = draft.stage === exits.optOut;
  if (afterAct === 'optOut' && !isLeaving) arrive(draft, exits.optOut ?? exits.goodbye);
  else if (afterAct === 'person' && !isLeaving && draft.stage !== exits.person) enterExit(draft, 'person');
  else if (end === 'done') leave(draft, stage.next);
  else enter(draft, end === 'unknown' ? (stage.unknown ?? stage.failed) : stage.failed);
}

export function enterExit(draft: Draft, exit: 'exhausted' | 'goodbye' | 'person'): void {
  // Who takes leave is not held up.
  const go = exit === 'goodbye' ? arrive : enter;
  go(draft, draft.program.document.exits[exit]);
}

function enterConsent(draft: Draft, stage: ConsentStage): void {
  const policy = draft.program.recordingConsent;
  switch (policy === 'ask' && isAnnounced(draft, stage) ? 'announce' : policy) {
    case 'ask':
      ask(draft, { ask: 'consent' }, [render(draft, stage.ask)]);
      break;
    case 'announce':
      draft.say.push(render(draft, stage.announce));
      noteConsent(draft, true);
      leave(draft, stage.next);
      break;
    case 'never':
      leave(draft, stage.next);
  }
}

/** Where one party's consent is enough, the caller need only know of it; who is not known to be there is asked. */
function isAnnounced(draft: Draft, { twoParty }: ConsentStage): boolean {
  const state = twoParty === undefined ? undefined : draft.slots[twoParty.slot]?.value;
  return state !== undefined && twoParty?.states.includes(String(state)) === false;
}

/** The caller wants no more calls. */
export function optOut(draft: Draft): void {
  const { always, exits } = draft.program.document;
  draft.effects.push({ type: 'intent', intent: 'optOut' });
  draft.say.push(always.optOut);
  arrive(draft, exits.optOut ?? exits.goodbye);
}

export function recordConsent(draft: Draft, granted: boolean): void {
  const stage = stageOf(draft);
  if (stage.kind !== 'consent') return;
  noteConsent(draft, granted);
  draft.say.push(render(draft, granted ? stage.granted : stage.refused));
  leave(draft, stage.next);
}

function noteConsent(draft: Draft, granted: boolean): void {
  draft.memory.consent = granted;
  draft.effects.push({ type: 'consent', kind: 'recording', granted });
}

/** Nobody was asked, so that there is nothing to read back. */
function setAll(draft: Draft, { set }: SetStage): void {
  for (const [slot, value] of Object.entries(set)) {
    if (slotNamed(draft, slot).accepts(value, draft.todayIso)) setSlot(draft, slot, value, true);
  }
}

function sayQuote(draft: Draft, stage: QuoteStage): void {
  const { program, todayIso, memory } = draft;
  const { pricing } = program.document;
  if (pricing === undefined) throw new TrunklineError('WORKFLOW_INVALID', 'a quote needs pricing');
  const slots = valuesOf(draft);
  const quote = quoteOf(pricing, slots, program.places, todayIso);
  const miles = cardinal(quote.distanceMiles);
  for (const { rule, amountCents } of pricedLines(pricing, slots, quote.distanceMiles, todayIso)) {
    draft.say.push(render(draft, rule.say, { amount: money(amountCents), miles }));
  }
  draft.say.push(render(draft, stage.total, { amount: money(quote.totalCents), miles }));
  memory.quote = { ...quote, lines: [...quote.lines] };
  draft.effects.push({ type: 'quote', quote });
}

function finish(draft: Draft, stage: EndStage): void {
  const { quote } = draft.memory;
  if (stage.booked && quote !== undefined) {
    draft.memory.quote = { ...quote, booked: true };
    draft.effects.push({ type: 'quote', quote: draft.memory.quote });
  }
  draft.effects.push(...scored(draft.program.document, draft.slots));
  draft.effects.push({ type: 'outcome', outcome: stage.outcome });
  tellOthers(draft, stage.webhooks);
  draft.memory.pending = { ask: 'nothing' };
  draft.done = true;
}
