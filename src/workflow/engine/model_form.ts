import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { FlowState, FlowStep, Heard, ModelAnswer, Verdict } from '../types.ts';
import { scan } from '../understand/scan.ts';
import { tokensOf } from '../understand/tokens.ts';
import type { Command } from '../understand/words.ts';
import { inScope } from './answer.ts';
import { type Draft, formOf, isLedByModel, openDraft, type Program, slotNamed } from './draft.ts';
import { escalate, noteTurn } from './escalate.ts';
import type { Expected } from './expect.ts';
import { formSlots } from './form.ts';
import { grounded, isOpen, type NotedValue } from './grounded.ts';
import { hearSlots, isStray, isUnsure, leastConfidence, readersOf } from './hear.ts';
import { concerns } from './honour.ts';
import { enterExit } from './stages.ts';
import { closeDraft, commandIn, obey } from './step.ts';
import { take } from './take.ts';
import { answerTopic, raisedIn } from './topic.ts';

/** The tools by which a model tells what it understood in a form: values, or what the caller wants instead. */
export const NOTE_TOOL = 'note';
export const WISH_TOOL = 'caller_wants';

/** What a caller may want instead of answering, and words without which nobody wants it. */
export const WISHES: Readonly<Record<Command, RegExp>> = {
  identity: /\b(robot|bot|human|person|machine|real|ai|who|whom|automated|computer|recording|name)\b/u,
  repeat: /./u,
  unknown: /./u,
  goodbye:
    /\b(bye|goodbye|hang|later|stop|end|quit|done|leave|leaving|busy|time|go|now|interested|over|cancel)\b/u,
  restart: /\b(start|begin|over|again|beginning|scratch|first)\b/u,
  person:
    /\b(person|human|someone|somebody|people|agents?|representatives?|rep|operators?|managers?|supervisors?|advis[eo]rs?|colleagues?|real|live|staff|speak|talk|transfer|through)\b/u,
  back: /\b(back|previous|before|earlier|wrong|change|correct|mistake|actually|instead)\b/u,
};

const note = z.strictObject({
  values: z.record(z.string().max(64), z.union([z.string().max(200), z.number(), z.boolean()])),
  said: z.string().max(LIMITS.heardCharacters).default(''),
  asks: z.string().max(64).default(''),
});
const wish = z.strictObject({
  what: z.enum(['topic', ...(Object.keys(WISHES) as Command[])]),
  topic: z.string().max(64).default(''),
});

type Speech = Extract<Heard, { type: 'speech' }>;

/** The slots that the open question is about, where a model may understand the answer; undefined where only the engine may. */
export function askedInForm(program: Program, state: FlowState): readonly string[] | undefined {
  if (state.done || !isLedByModel(program, state.stage)) return undefined;
  const draft = openDraft(program, state, '2000-01-01');
  const { pending } = draft.memory;
  if (pending.ask === 'question') return formOf(draft).questions[pending.index]?.slots;
  if (pending.ask !== 'repair') return undefined;
  return slotNamed(draft, pending.slot).spec.repair[pending.rung]?.by === 'again'
    ? [pending.slot]
    : undefined;
}

/** Whether the engine itself knows all that the caller's turn says, so that nothing is left for a model to understand. */
export function knowsAll(program: Program, state: FlowState, heard: Speech, todayIso: string): boolean {
  if (concerns(program, state, heard)) return true;
  const draft = openDraft(program, state, todayIso);
  const asked = askedInForm(program, state);
  if (asked === undefined || heard.confidence < leastConfidence(draft)) return true;
  const tokens = tokensOf(heard.text);
  if (tokens === undefined) return false;
  if (tokens.length === 0 || commandIn(draft, tokens) !== undefined) return true;
  if (raisedIn(draft, tokens) !== undefined) return true;
  const names = inScope(draft, asked);
  // Slots that take any words can't tell an answer from what is said beside it.
  const closed = names.filter(name => !isOpen(slotNamed(draft, name)));
  const yesNo = asked.find(name => slotNamed(draft, name).spec.kind === 'yes_no');
  const found = scan(tokens, readersOf(draft, closed, asked), yesNo !== undefined);
  const said = { text: heard.text, tokens, others: [], confidence: heard.confidence };
  if (isStray(found) || isUnsure(draft, said, found) || found.denied.size > 0) return false;
  const taken = hearSlots(draft, closed, said, found, asked);
  if (yesNo !== undefined && found.answer !== undefined && taken.length === 0) return true;
  return taken.some(({ slot }) => asked.includes(slot)) && taken.every(({ values }) => values.length === 1);
}

/** What becomes of what a model made of the caller's turn. The model's word alone changes nothing. */
export function judge(
  program: Program,
  expected: (draft: Draft) => Expected,
  state: FlowState,
  heard: Speech,
  answer: ModelAnswer,
  todayIso: string,
): Verdict {
  const notes = answer.calls.flatMap(call => (call.name === NOTE_TOOL ? [parsed(note, call)] : []));
  const wishes = answer.calls.flatMap(call => (call.name === WISH_TOOL ? [parsed(wish, call)] : []));
  if (answer.calls.some(({ name }) => name !== NOTE_TOOL && name !== WISH_TOOL))
    return { type: 'fault', why: 'a tool that is not there' };
  if (notes.length + wishes.length === 0) return { type: 'fault', why: 'nothing noted' };
  const draft = openDraft(program, state, todayIso);
  const turns = [heard.text, draft.memory.told];
  const asked = askedInForm(program, state) ?? [];
  const refused: Record<string, string> = {};
  const found = notes.flatMap(one => {
    if (one === undefined) return [];
    return Object.entries(one.values).flatMap(([slot, value]) => {
      const judged = judgeNote(draft, { slot, value, quote: one.said }, turns, asked);
      if ('why' in judged) refused[slot] = judged.why;
      return 'why' in judged ? [] : [{ slot, ...judged }];
    });
  });
  const asks = notes.findLast(one => one !== undefined)?.asks ?? '';
  const isNew = found.some(({ slot, values }) => values[0] !== draft.slots[slot]?.value);
  begin(draft, heard);
  const close = (): FlowStep => {
    escalate(draft);
    return closeDraft(draft, expected(draft));
  };
  if (isOver(draft)) return { type: 'taken', step: close(), asks: '' };
  if (isNew) {
    for (const { slot, isSure } of found) if (!isSure) draft.memory.doubtful.push(slot);
    const values = found.map(({ slot, values: all }) => ({
      slot,
      values: all,
      refusedAgain: [],
      rivals: [],
    }));
    take(draft, values, heard.confidence < program.document.confidence.sure);
    return { type: 'taken', step: close(), asks };
  }
  if (wishes.some(one => one !== undefined && grant(draft, one, heard.text)))
    return { type: 'taken', step: close(), asks: '' };
  if (Object.keys(refused).length > 0 || notes.every(one => one === undefined))
    return { type: 'refused', answers: answersTo(answer, refused) };
  draft.memory.misses += 1;
  if (draft.memory.misses > program.document.patience.misses)
    return { type: 'fault', why: 'the question is open for too long' };
  return { type: 'beside', step: close(), asks };
}

function judgeNote(draft: Draft, noted: NotedValue, turns: readonly string[], asked: readonly string[]) {
  if (!formSlots(draft).includes(noted.slot)) return { why: 'it is not asked for here' };
  return grounded(draft, noted, turns, asked);
}

/** The turn counts as it does where the engine hears it. */
function begin(draft: Draft, heard: Speech): void {
  noteTurn(draft, heard);
  draft.memory.turns += 1;
  draft.memory.silences = 0;
  draft.memory.told = heard.text;
}

function isOver(draft: Draft): boolean {
  if (draft.memory.turns <= draft.program.document.patience.turns) return false;
  enterExit(draft, 'exhausted');
  return true;
}

/** Gives the caller what they want by the model's word, as far as that can do no harm. False where their own words do not say so. */
function grant(draft: Draft, { what, topic }: z.infer<typeof wish>, text: string): boolean {
  if (what === 'topic') return sayOfTopic(draft, topic);
  const isWished = WISHES[what].test(text.toLowerCase());
  if (isWished) obey(draft, what);
  return isWished;
}

/** What there is to say to it; only what the engine hears itself is counted, and leads elsewhere. */
function sayOfTopic(draft: Draft, topic: string): boolean {
  const { topics } = draft.program.document;
  const spec = Object.hasOwn(topics, topic) ? topics[topic] : undefined;
  if (spec === undefined || spec.answers.length === 0) return false;
  const { objections, topics: counts } = draft.memory;
  if ((counts[topic] ?? 0) >= (spec.most ?? spec.answers.length) && spec.to !== undefined) return false;
  answerTopic(draft, { topic, rest: undefined }, { text: '', tokens: [], others: [], confidence: 1 });
  draft.memory.objections = objections;
  draft.memory.topics = counts;
  return true;
}

function parsed<T>(schema: z.ZodType<T>, { argumentsJson }: ModelAnswer['calls'][number]): T | undefined {
  if (argumentsJson.length > LIMITS.toolArgumentsCharacters) return undefined;
  try {
    return schema.safeParse(JSON.parse(argumentsJson)).data;
  } catch {
    return undefined;
  }
}

/** What a model is told of each of its calls. */
function answersTo({ calls }: ModelAnswer, refused: Readonly<Record<string, string>>) {
  const text = JSON.stringify({
    written: {},
    refused: Object.keys(refused).length === 0 ? 'arguments that are none; see the schema' : refused,
  });
  return calls.map(({ id }) => ({ id, text }));
}

/** What is known after a turn that a model answered: its faults are counted, and after some the engine leads alone. */
export function withModelTurn(state: FlowState, isFault: boolean): FlowState {
  const { memory } = state;
  const faults = isFault ? Number(memory.modelFaults ?? 0) + 1 : 0;
  const isTooMuch = faults >= LIMITS.modelFaultsInRow;
  const rest = isTooMuch ? { modelRestsUntil: Number(memory.turns ?? 0) + LIMITS.modelRestTurns } : {};
  return { ...state, memory: { ...memory, modelFaults: isTooMuch ? 0 : faults, ...rest } };
}

/** Whether the engine leads alone for now. */
export function isModelAtRest({ memory }: FlowState): boolean {
  return Number(memory.turns ?? 0) < Number(memory.modelRestsUntil ?? 0);
}
