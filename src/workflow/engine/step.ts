import type { FlowState, FlowStep, HandOff, Heard } from '../types.ts';
import { withoutCard } from '../understand/intents/mask_card.ts';
import { scan } from '../understand/scan.ts';
import { ACCOUNT, tokensOf } from '../understand/tokens.ts';
import type { Command } from '../understand/words.ts';
import { hearOfAct } from './acted.ts';
import { answer } from './answer.ts';
import { askAgain } from './ask.ts';
import { clearSlot, type Draft, isLedByModel, openDraft, type Program, stageOf } from './draft.ts';
import { escalate, noteTurn } from './escalate.ts';
import type { Expected } from './expect.ts';
import { formSlots, helpOf, lead } from './form.ts';
import { noteGiven, takeGiven } from './given.ts';
import { takeIn } from './hand_off.ts';
import { leastConfidence, readersOf } from './hear.ts';
import { deliveryOf, honour, remember } from './honour.ts';
import { closeMemory } from './kept_memory.ts';
import { isZeroSaid, takeKeys, wantPerson } from './keys.ts';
import { miss } from './miss.ts';
import { noteMustSaid } from './must_say.ts';
import { slotAsked } from './other_words.ts';
import { hearOfPerson } from './person.ts';
import { noteEarlier } from './resume.ts';
import { arrive, enter, enterExit } from './stages.ts';
import { makeSure } from './sure.ts';
import { leaveTalk } from './talk.ts';
import { answerTopic, raisedIn } from './topic.ts';

/** Further hypotheses of the recogniser that are looked at. */
const MOST_ALTERNATIVES = 5;

/** One step of a conversation: pure, all that it needs is given. */
export function step(
  program: Program,
  expected: (draft: Draft) => Expected,
  state: FlowState,
  heard: Heard,
  todayIso: string,
): FlowStep {
  const draft = openDraft(program, state, todayIso);
  if (!draft.done) hear(draft, heard);
  return closeDraft(draft, expected(draft));
}

/** Goes on from a stage that a model led: by the way that it chose, or, without one, as if there were no model. */
export function stepOn(
  program: Program,
  expected: (draft: Draft) => Expected,
  state: FlowState,
  way: string | undefined,
  todayIso: string,
): FlowStep {
  const draft = openDraft(program, state, todayIso);
  leaveTalk(draft, way);
  return closeDraft(draft, expected(draft));
}

/** Goes on with a call that another workflow hands over. */
export function stepIn(
  program: Program,
  expected: (draft: Draft) => Expected,
  initial: FlowState,
  handOff: HandOff,
  todayIso: string,
): FlowStep {
  const draft = openDraft(program, initial, todayIso);
  arrive(draft, takeIn(draft, handOff));
  return closeDraft(draft, expected(draft));
}

function hear(draft: Draft, heard: Heard): void {
  const { memory, program } = draft;
  if (stageOf(draft).kind === 'hand_off' && memory.pending.ask === 'nothing') {
    stay(draft);
    return;
  }
  if (heard.type === 'person' || memory.pending.ask === 'person') {
    hearOfPerson(draft, heard);
    return;
  }
  if (heard.type === 'acted' || memory.pending.ask === 'act') {
    hearOfAct(draft, heard);
    return;
  }
  if (heard.type === 'start') {
    start(draft, heard);
    return;
  }
  memory.turns += 1;
  memory.silences = heard.type === 'silence' ? memory.silences + 1 : 0;
  const { turns, silences } = program.document.patience;
  if (memory.turns > turns || memory.silences > silences) enterExit(draft, 'exhausted');
  else if (heard.type === 'silence') askAgain(draft, lead(draft, 'notHeard'));
  else {
    if (heard.type === 'keys') takeKeys(draft, heard.digits);
    else takeSpeech(draft, heard);
    escalate(draft);
  }
}

/** A call begins, or goes on after a gap. */
function start(draft: Draft, heard: Extract<Heard, { type: 'start' }>): void {
  if (draft.memory.pending.ask !== 'nothing') {
    askAgain(draft);
    return;
  }
  const { given } = heard;
  if (given !== undefined) noteGiven(draft, given);
  noteEarlier(draft, heard);
  takeGiven(draft);
  enter(draft, draft.stage);
}

/** Whoever was to go on with the call is not there: the caller is told, and not left waiting. */
function stay(draft: Draft): void {
  draft.say.push(lead(draft, 'sorry'));
  enterExit(draft, 'exhausted');
}

function takeSpeech(draft: Draft, heard: Extract<Heard, { type: 'speech' }>): void {
  // Written so that a confidence which is no number counts as none.
  const clear = heard.confidence >= leastConfidence(draft);
  noteTurn(draft, heard);
  const tokens = tokensOf(heard.text, accountAsked(draft) ? ACCOUNT : undefined) ?? [];
  const raised = clear ? raisedIn(draft, tokens) : undefined;
  const isLed = isLedByModel(draft.program, draft.stage);
  const isHonoured = clear && honour(draft, heard.text, raised !== undefined);
  if (isLed) draft.memory.told = isHonoured ? '' : heard.text;
  if (isHonoured) return;
  const { text, confidence } = heard;
  const said = { text, tokens, others: othersOf(heard), confidence };
  if (draft.memory.pending.ask === 'talk') {
    if (raised === undefined) leaveTalk(draft, undefined);
    else {
      answerTopic(draft, raised, said);
      remember(draft, withoutCard(text));
    }
    return;
  }
  const command = clear ? commandIn(draft, tokens) : undefined;
  if ((tokens.length === 0 && !accountAsked(draft)) || !clear) miss(draft);
  else if (raised !== undefined) answerTopic(draft, raised, said);
  else if (command !== undefined) obey(draft, command);
  else answer(draft, said);
}

/** Whether all that is said is the answer, and may be long. */
function accountAsked(draft: Draft): boolean {
  return slotAsked(draft)?.readAll !== undefined;
}

function othersOf(heard: Extract<Heard, { type: 'speech' }>): readonly (readonly string[])[] {
  return heard.alternatives.slice(0, MOST_ALTERNATIVES).map(text => tokensOf(text) ?? []);
}

/** A command counts only where the words are not an answer as well. */
export function commandIn(draft: Draft, tokens: readonly string[]): Command | undefined {
  const names = stageOf(draft).kind === 'form' ? formSlots(draft) : [];
  const found = scan(tokens, readersOf(draft, names), true);
  if (found.slots.size === 0 && isZeroSaid(draft, tokens)) return 'person';
  const isAnswer = slotAsked(draft)?.isFree === true && found.strayWords > 0;
  return found.answer === undefined && !isAnswer ? found.command : undefined;
}

export function obey(draft: Draft, command: Command): void {
  switch (command) {
    case 'repeat':
      draft.say.push(...draft.memory.said);
      break;
    case 'unknown':
      miss(draft, helpOf(draft)[0]);
      break;
    case 'restart':
    case 'goodbye':
      makeSure(draft, command);
      break;
    case 'person':
      wantPerson(draft);
      break;
    case 'identity':
      askAgain(draft, draft.program.document.always.identity);
      break;
    case 'back':
      goBack(draft);
  }
}

/** Asks the form before this one again, or this one from its beginning. */
function goBack(draft: Draft): void {
  const { trail } = draft.memory;
  const stages = trail.slice(-2);
  const [to] = stages;
  if (to === undefined) {
    askAgain(draft);
    return;
  }
  for (const stage of stages) {
    draft.stage = stage;
    for (const slot of formSlots(draft)) clearSlot(draft, slot);
  }
  draft.memory.trail = trail.slice(0, -2);
  enter(draft, to);
}

export function closeDraft(draft: Draft, { expect, patience, expects }: Expected): FlowStep {
  noteMustSaid(draft);
  const { document, version } = draft.program;
  const said = draft.say.length > 0 ? [...draft.say] : draft.memory.said;
  const memory = closeMemory({ ...draft.memory, said });
  return {
    say: draft.say,
    state: {
      workflow: document.name,
      version,
      stage: draft.stage,
      slots: draft.slots,
      memory,
      done: draft.done,
    },
    effects: draft.effects,
    expect,
    patience,
    ...(expects !== undefined && { expects }),
    ...deliveryOf(memory),
    minConfidence: leastConfidence(draft),
    interruptible: draft.interruptible,
    ...(draft.handOff !== undefined && { handOff: draft.handOff }),
    ...(draft.person !== undefined && { person: draft.person }),
    ...(draft.act !== undefined && { act: draft.act }),
  };
}
