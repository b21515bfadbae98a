import type { FlowState, Heard } from '../types.ts';
import { type Scan, scan } from '../understand/scan.ts';
import { tokensOf } from '../understand/tokens.ts';
import type { FoundTopic } from '../understand/topics.ts';
import { answer } from './answer.ts';
import { askAgain, talkQuestion } from './ask.ts';
import { type Draft, formOf, openDraft, type Program, render, slotNamed } from './draft.ts';
import { formSlots } from './form.ts';
import { isStray, leastConfidence, readersOf, type Utterance } from './hear.ts';
import { enter } from './stages.ts';

/** Words beside a topic in which a yes or no is the answer to what was asked, and no part of the topic. */
const MOST_WORDS_BESIDE = 4;

/** What was brought up, and what of the words is an answer to the open question all the same. */
export interface Raised {
  readonly topic: string;
  readonly rest: readonly string[] | undefined;
}

/**
 * What the caller brings up beside the open question. Words that answer it are an answer, unless those of the topic are more;
 * what is said beside the topic counts as well.
 */
export function raisedIn(draft: Draft, tokens: readonly string[]): Raised | undefined {
  const found = draft.program.topics.find(tokens);
  const { ask: asked } = draft.memory.pending;
  if (found === undefined || asked === 'nothing') return undefined;
  // What a model has asked the engine does not know: it hears no answer in the words.
  if (asked === 'talk') return { topic: found.topic, rest: undefined };
  const { wanted, yesNo } = askedFor(draft);
  const rest = tokens.filter((_, at) => at < found.from || at >= found.to);
  const words = found.to - found.from;
  if (wanted.some(slot => readsAnything(draft, slot)))
    return words > rest.length ? { topic: found.topic, rest: undefined } : undefined;
  const readers = readersOf(draft, wanted, wanted);
  const beside = scan(rest, readers, yesNo);
  if (scan(tokens, readers, yesNo).answerWords - beside.answerWords >= words) return undefined;
  return { topic: found.topic, rest: isAnswer(draft, found, rest, beside) ? rest : undefined };
}

/** Says what there is to say to it, or goes where it leads, and then on with the question. */
export function answerTopic(draft: Draft, { topic, rest }: Raised, said: Utterance): void {
  const spec = draft.program.document.topics[topic];
  if (spec === undefined) return;
  const { memory } = draft;
  const count = (memory.topics[topic] ?? 0) + 1;
  memory.topics = { ...memory.topics, [topic]: count };
  if (spec.kind === 'objection') memory.objections += 1;
  draft.effects.push({ type: 'topic', topic, kind: spec.kind, count });
  const { answers, to, most = answers.length } = spec;
  if (to !== undefined && count > most) {
    enter(draft, to);
    return;
  }
  const words = render(draft, answers[Math.min(count, answers.length) - 1] ?? '');
  if (memory.pending.ask === 'talk') {
    draft.say.push(words, ...talkQuestion(draft));
    return;
  }
  if (rest === undefined) {
    askAgain(draft, words);
    return;
  }
  draft.say.push(words);
  answer(draft, { text: rest.join(' '), tokens: rest, others: [], confidence: said.confidence });
}

/** Whether a topic is brought up where a model leads: the workflow answers it there as well. */
export function raisesInTalk(program: Program, state: FlowState, heard: Heard): boolean {
  if (heard.type !== 'speech' || state.done) return false;
  const draft = openDraft(program, state, '2000-01-01');
  if (draft.memory.pending.ask !== 'talk' || !(heard.confidence >= leastConfidence(draft))) return false;
  return raisedIn(draft, tokensOf(heard.text) ?? []) !== undefined;
}

/** Values count wherever they stand; a yes or no next to an objection is most often a part of it. */
function isAnswer(draft: Draft, found: FoundTopic, rest: readonly string[], beside: Scan): boolean {
  if (isStray(beside)) return false;
  if ([...beside.slots.values()].some(values => values.length > 0)) return true;
  const isQuestion = draft.program.document.topics[found.topic]?.kind === 'question';
  return isQuestion && beside.answer !== undefined && rest.length <= MOST_WORDS_BESIDE;
}

/** What would answer the open question: values of slots, and whether a yes or no. */
function askedFor(draft: Draft): { readonly wanted: readonly string[]; readonly yesNo: boolean } {
  const { pending } = draft.memory;
  switch (pending.ask) {
    case 'question':
      return ofSlots(draft, formOf(draft).questions[pending.index]?.slots ?? []);
    case 'identify':
    case 'repair':
      return ofSlots(draft, [pending.slot]);
    case 'offer':
      return { wanted: [pending.slot], yesNo: true };
    case 'readBack':
    case 'which':
      return { wanted: [...new Set(formSlots(draft))], yesNo: true };
    default:
      return { wanted: [], yesNo: true };
  }
}

function ofSlots(draft: Draft, wanted: readonly string[]) {
  return { wanted, yesNo: wanted.some(slot => slotNamed(draft, slot).spec.kind === 'yes_no') };
}

/** Whether a slot takes any words. */
function readsAnything(draft: Draft, name: string): boolean {
  const { readAll, isFree } = slotNamed(draft, name);
  return readAll !== undefined || isFree === true;
}
