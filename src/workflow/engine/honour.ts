import type { Delivery, FlowState, Heard } from '../types.ts';
import { confusionStep } from '../understand/intents/confusion_chain.ts';
import { ACT_FROM, detectIntents } from '../understand/intents/detect.ts';
import { withoutNumbers } from '../understand/intents/mask_card.ts';
import type { DetectedIntent, Intent } from '../understand/intents/types.ts';
import { scan } from '../understand/scan.ts';
import { tokensOf } from '../understand/tokens.ts';
import { askAgain } from './ask.ts';
import { type Draft, openDraft, type Program, stageOf } from './draft.ts';
import { formSlots, helpOf } from './form.ts';
import { readersOf } from './hear.ts';
import type { Memory } from './memory.ts';
import { askedOf, examplesOf, simplerOf, slotAsked } from './other_words.ts';
import { arrive, enterExit, optOut } from './stages.ts';
import { makeSure } from './sure.ts';

/** What matters most comes first. */
const ORDER: readonly Intent[] = [
  'emergency',
  'cardAboutToBeSpoken',
  'optOut',
  'abuse',
  'transfer',
  'languageSwitch',
  'slower',
  'louder',
  'repeat',
  'confused',
];
/** Words that are an answer as well are taken for one. */
const YIELDING: ReadonlySet<Intent> = new Set(['repeat', 'confused', 'slower', 'louder']);

/** Of more words in answer to an open question is an account, whatever stands in it. */
const LONGEST_WISH = 8;

/** So often a model explains by itself. */
const MODEL_EXPLAINS = 3;

/** Speeds, and decibels, by how often they were asked for. */
const TEMPOS = [1, 0.85, 0.72] as const;
const GAINS_DB = [0, 6, 10] as const;

/** How the agent speaks to a caller who asked for it to be slower or louder; nothing where nobody did. */
export function deliveryOf({ slower, louder }: Memory): { readonly delivery?: Delivery } {
  if (slower === 0 && louder === 0) return {};
  const [tempo, gainDb] = [TEMPOS[slower] ?? TEMPOS[2], GAINS_DB[louder] ?? GAINS_DB[2]];
  return { delivery: { tempo, gainDb } };
}

/** Whether something was said that the workflow itself acts on, also where a model leads. */
export function concerns(program: Program, state: FlowState, heard: Heard): boolean {
  if (heard.type !== 'speech' || state.done) return false;
  return wantedIn(openDraft(program, state, '2000-01-01'), heard.text) !== undefined;
}

/**
 * Does what every agent does at any time, whatever was asked. False where nothing of it was said, or the workflow has an answer of
 * its own to the words and nothing that matters more is in them.
 */
export function honour(draft: Draft, text: string, isAnswered: boolean): boolean {
  const wanted = wantedIn(draft, text, isAnswered);
  if (wanted?.intent !== 'confused') draft.memory.confused = 0;
  if (wanted === undefined) return false;
  if (wanted.confidence < ACT_FROM) {
    makeSure(draft, 'optOut');
    return true;
  }
  if (wanted.intent !== 'optOut') draft.effects.push({ type: 'intent', intent: wanted.intent });
  act(draft, wanted.intent);
  const isCard = wanted.intent === 'cardAboutToBeSpoken';
  remember(draft, isCard ? withoutNumbers(text) : text);
  return true;
}

/** The first of what was wanted; undefined for nothing, and for what a model or an answer is better at. */
function wantedIn(draft: Draft, text: string, isAnswered = false): DetectedIntent | undefined {
  const { pending } = draft.memory;
  if (pending.ask === 'nothing') return undefined;
  const asked = askedOf(draft);
  const found = detectIntents(text, asked === undefined ? {} : { asked });
  if (found.length === 0) return undefined;
  const isAnswer = isAnswered || (pending.ask !== 'talk' && answers(draft, text));
  return ORDER.flatMap(intent => found.find(one => one.intent === intent) ?? []).find(one => {
    if (one.intent === 'languageSwitch' && one.language === 'en') return false;
    if (one.confidence < ACT_FROM) return one.intent === 'optOut' && !isAnswer && asked !== 'optOut';
    if (one.intent === 'confused' && pending.ask === 'talk') return timesConfused(draft) > MODEL_EXPLAINS;
    return !(isAnswer && YIELDING.has(one.intent));
  });
}

/** Whether the words say something to the open question. */
function answers(draft: Draft, text: string): boolean {
  const isAccount = slotAsked(draft)?.readAll !== undefined;
  if (isAccount && text.split(' ').length > LONGEST_WISH) return true;
  const names = stageOf(draft).kind === 'form' ? formSlots(draft) : [];
  const found = scan(tokensOf(text) ?? [], readersOf(draft, names), true);
  return found.answer !== undefined || [...found.slots.values()].some(values => values.length > 0);
}

/** How often in a row the caller has told a model that they don't understand, with what they say now. */
function timesConfused({ memory }: Draft): number {
  const told = memory.talk.filter(({ by }) => by === 'caller').toReversed();
  const last = told.findIndex(({ text }) => !detectIntents(text).some(({ intent }) => intent === 'confused'));
  return 1 + (last < 0 ? told.length : last);
}

function act(draft: Draft, intent: Intent): void {
  const { always } = draft.program.document;
  const { memory } = draft;
  const manners = new Set([always.slower, always.louder]);
  switch (intent) {
    case 'emergency':
      draft.say.push(always.emergency);
      draft.interruptible = false;
      break;
    case 'cardAboutToBeSpoken':
      askOpen(draft, always.card);
      break;
    case 'optOut':
      optOut(draft);
      break;
    case 'abuse':
      answerAbuse(draft);
      break;
    case 'transfer':
      enterExit(draft, 'person');
      break;
    case 'languageSwitch':
      askOpen(draft, always.language);
      break;
    case 'slower':
    case 'louder':
      memory[intent] = Math.min(memory[intent] + 1, 2);
      draft.say.push(always[intent], ...saidLast(draft).filter(one => !manners.has(one)));
      break;
    case 'repeat':
      draft.say.push(...saidLast(draft));
      break;
    case 'confused':
      explain(draft);
  }
}

/** The question again; one of a model's is not, since it was not said by the workflow. */
function askOpen(draft: Draft, lead: string): void {
  if (draft.memory.pending.ask === 'talk') draft.say.push(lead);
  else askAgain(draft, lead);
}

function saidLast({ memory }: Draft): readonly string[] {
  const last = memory.talk.findLast(({ by }) => by === 'agent');
  return memory.pending.ask === 'talk' && last !== undefined ? [last.text] : memory.said;
}

function answerAbuse(draft: Draft): void {
  const { always, exits } = draft.program.document;
  const words = always.abuse[draft.memory.abusive];
  draft.memory.abusive += 1;
  if (words !== undefined) {
    askOpen(draft, words);
    return;
  }
  draft.say.push(always.abuseEnd);
  arrive(draft, exits.goodbye);
}

/** In other words, in simpler ones, with examples, and then by a person. */
function explain(draft: Draft): void {
  const { always } = draft.program.document;
  draft.memory.confused += 1;
  const isTalk = draft.memory.pending.ask === 'talk';
  const step = isTalk ? 'transfer' : confusionStep(draft.memory.confused, { canTransfer: true });
  switch (step) {
    case 'rephrase':
      askAgain(draft, always.rephrase, ...helpOf(draft));
      break;
    case 'simplify':
      draft.say.push(always.simplify, ...simplerOf(draft));
      break;
    case 'examples':
      askAgain(draft, ...examplesOf(draft));
      break;
    default:
      enterExit(draft, 'person');
  }
}

/** What was said goes on to the model, if it still leads. */
export function remember(draft: Draft, text: string): void {
  const { memory } = draft;
  if (memory.pending.ask !== 'talk') return;
  memory.talk = [...memory.talk, { by: 'caller', text }, { by: 'agent', text: draft.say.join(' ') }];
}
