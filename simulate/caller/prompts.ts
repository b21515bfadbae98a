import { readCardinal, readMoney } from '../../bench/caller/number_words.ts';
import type { Part } from '../../bench/caller/prompts.ts';
import { wordsOf } from '../../bench/caller/slot_speech.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { WorkflowDocument } from '../../src/workflow/schema.ts';
import type { FormStage, StageSpec } from '../../src/workflow/stage_schema.ts';
import { type SlotEar, slotEar } from './ear.ts';
import { askedSlots } from './knowledge.ts';

/** What the agent does with a sentence, as far as a caller can tell. */
export type Act =
  | { readonly type: 'consent' | 'right' | 'which' | 'offer' | 'resume' }
  | {
      readonly type: 'ask';
      readonly stage: string;
      readonly slots: readonly string[];
      readonly also: readonly string[];
    }
  | { readonly type: 'repair'; readonly slot: string; readonly by: 'again' | 'spelling' | 'digits' | 'keys' }
  | { readonly type: 'readBack'; readonly stage: string; readonly index: number }
  | { readonly type: 'echo'; readonly stage: string }
  | { readonly type: 'sure'; readonly about: 'restart' | 'goodbye' | 'optOut' }
  | { readonly type: 'price'; readonly label: string }
  | { readonly type: 'total' }
  | { readonly type: 'end'; readonly outcome: string }
  | { readonly type: 'remark' };

type Reader = Pick<SlotEar, 'read'>;

export interface Template {
  readonly parts: readonly Part[];
  readonly act: Act;
}

/** The sentences of one workflow, found by their words. */
export interface PromptIndex {
  readonly document: WorkflowDocument;
  readonly speech: ReadonlyMap<string, SlotEar>;
  /** Slots that callers are asked for. */
  readonly asked: ReadonlySet<string>;
  readonly readers: ReadonlyMap<string, Reader>;
  /** Sentences without placeholders. */
  readonly literal: ReadonlyMap<string, readonly Template[]>;
  /** Those with placeholders, by their first word; '' for those that begin with one. */
  readonly open: ReadonlyMap<string, readonly Template[]>;
  /** Questions with their distinct words, for sentences that are said otherwise. */
  readonly questions: readonly { readonly words: ReadonlySet<string>; readonly template: Template }[];
}

const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/;
export const QUESTIONS: ReadonlySet<Act['type']> = new Set([
  'consent',
  'ask',
  'repair',
  'right',
  'which',
  'offer',
  'sure',
  'resume',
]);

/** Whether it is said in that stage; what a repair asks for again is asked for in the form that asks for it. */
export function isOfStage(act: Act, stage: string | undefined, { document }: PromptIndex): boolean {
  if ('stage' in act) return act.stage === stage;
  const form = document.stages[stage ?? ''];
  return (
    act.type === 'repair' &&
    form?.kind === 'form' &&
    form.questions.some(({ slots }) => slots.includes(act.slot))
  );
}

/** Cuts text where a sentence ends. */
export function sentencesOf(text: string): readonly string[] {
  return text.split(/(?<=[.?!])\s+/).filter(sentence => sentence.trim() !== '');
}

export function promptIndex(document: WorkflowDocument, places: Places): PromptIndex {
  const speech = new Map(
    Object.entries(document.slots).map(([name, spec]) => [name, slotEar(spec, places)] as const),
  );
  const readers = new Map<string, Reader>([
    ...speech,
    ['amount', { read: words => keyOf(readMoney(words)) }],
    ['miles', { read: words => keyOf(readCardinal(words)) }],
  ]);
  const literal = new Map<string, Template[]>();
  const open = new Map<string, Template[]>();
  const questions: { words: ReadonlySet<string>; template: Template }[] = [];
  for (const [text, act] of sentencesIn(document)) {
    const pieces = sentencesOf(asSentences(text, document));
    for (const [index, piece] of pieces.entries()) {
      // A question of several sentences is asked by its last one; a read-back tells values in each.
      const isOwn = index === pieces.length - 1 || !QUESTIONS.has(act.type);
      const template: Template = { parts: partsOf(piece), act: isOwn ? act : { type: 'remark' } };
      const words = template.parts.flatMap(part => ('word' in part ? part.word : []));
      if (words.length === 0) continue;
      addWildcards(template.parts, readers);
      const [first] = template.parts;
      if (words.length === template.parts.length) push(literal, words.join(' '), template);
      else push(open, first !== undefined && 'word' in first ? first.word : '', template);
      if (template.act.type === 'ask' || template.act.type === 'repair' || template.act.type === 'consent')
        questions.push({ words: new Set(words), template });
    }
  }
  return { document, speech, asked: askedSlots([document]), readers, literal, open, questions };
}

/** A text by law is a sentence of its own where it stands before others. */
function asSentences(text: string, { texts }: WorkflowDocument): string {
  return text.replaceAll(/\{([a-z][a-z0-9_]*)\}(?= )/g, (placeholder, name: string) =>
    Object.hasOwn(texts, name) ? `${placeholder}.` : placeholder,
  );
}

/** Placeholders that are no slots stand for any words. */
function addWildcards(parts: readonly Part[], readers: Map<string, Reader>): void {
  for (const part of parts) {
    if ('word' in part || readers.has(part.placeholder)) continue;
    readers.set(part.placeholder, { read: words => words.join(' ') });
  }
}

function push(map: Map<string, Template[]>, key: string, template: Template): void {
  const before = map.get(key);
  if (before === undefined) map.set(key, [template]);
  else before.push(template);
}

function keyOf(number: number | undefined): string | undefined {
  return number === undefined ? undefined : String(number);
}

function partsOf(sentence: string): Part[] {
  return sentence.split(PLACEHOLDER).flatMap((text, index): Part[] => {
    if (index % 2 === 1) return [{ placeholder: text }];
    return wordsOf(text).map(word => ({ word }));
  });
}

function* sentencesIn(document: WorkflowDocument): Generator<[text: string, act: Act]> {
  const { phrases, slots, stages, pricing, always } = document;
  yield [phrases.right, { type: 'right' }];
  yield [phrases.which, { type: 'which' }];
  yield [phrases.offerOne, { type: 'offer' }];
  yield [phrases.offerMany, { type: 'offer' }];
  yield [phrases.restart, { type: 'sure', about: 'restart' }];
  yield [phrases.goodbye, { type: 'sure', about: 'goodbye' }];
  yield [always.optOutSure, { type: 'sure', about: 'optOut' }];
  for (const text of resumeTexts(document)) yield [text, { type: 'resume' }];
  for (const [name, stage] of Object.entries(stages)) yield* stageSentences(name, stage);
  for (const [slot, { repair }] of Object.entries(slots)) {
    for (const { by, prompt } of repair) yield [prompt, { type: 'repair', slot, by }];
  }
  for (const { say, label } of pricing?.lines ?? []) yield [say, { type: 'price', label }];
}

/** What is asked of a caller whose call was dropped; a workflow may have nothing of it. */
function resumeTexts(document: WorkflowDocument): readonly string[] {
  const { resume } = document as { readonly resume?: unknown };
  const texts = typeof resume === 'object' && resume !== null ? Object.values(resume) : [resume];
  return texts.filter(text => typeof text === 'string' && text.endsWith('?')) as string[];
}

function* stageSentences(name: string, stage: StageSpec): Generator<[text: string, act: Act]> {
  if (stage.kind === 'form') yield* formSentences(name, stage);
  if (stage.kind === 'consent') yield [stage.ask, { type: 'consent' }];
  if (stage.kind === 'quote') yield [stage.total, { type: 'total' }];
  if (stage.kind !== 'end') return;
  for (const sentence of stage.say) yield [sentence, { type: 'end', outcome: stage.outcome }];
}

function* formSentences(stage: string, form: FormStage): Generator<[text: string, act: Act]> {
  for (const { slots, also, prompt } of form.questions) yield [prompt, { type: 'ask', stage, slots, also }];
  for (const [index, { say }] of form.readBack.entries()) yield [say, { type: 'readBack', stage, index }];
  if (form.echo !== undefined) yield [form.echo, { type: 'echo', stage }];
}
