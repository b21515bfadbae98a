import { createHash } from 'node:crypto';
import { BRIDGING_WORDS } from '../../src/agent/resumption.ts';
import type { Expectation } from '../../src/providers/types.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { WorkflowDocument } from '../../src/workflow/schema.ts';
import type { FormStage, StageSpec } from '../../src/workflow/stage_schema.ts';
import { NUMBER_RULES, readCardinal, readMoney } from './number_words.ts';
import { type KnownPlaces, oneOf, type SlotSpeech, slotSpeech, wordsOf } from './slot_speech.ts';

/** What the agent does with a sentence. */
export type Act =
  | { readonly type: 'consent' }
  | {
      readonly type: 'ask';
      readonly stage: string;
      readonly slots: readonly string[];
      readonly also: readonly string[];
    }
  | { readonly type: 'repair'; readonly slot: string; readonly by: 'again' | 'spelling' | 'digits' | 'keys' }
  | { readonly type: 'readBack'; readonly stage: string; readonly index: number }
  | { readonly type: 'echo'; readonly stage: string }
  | { readonly type: 'right' | 'which' | 'offer' | 'spelled' | 'sure' | 'total' | 'remark' }
  | { readonly type: 'price'; readonly label: string }
  | { readonly type: 'end'; readonly outcome: string };

/** A word, or a placeholder that stands for words. */
export type Part = { readonly word: string } | { readonly placeholder: string };

/** A sentence of the workflow. The same words may serve in several places. */
export interface Prompt {
  readonly parts: readonly Part[];
  readonly acts: readonly Act[];
}

/** A placeholder's words: a key to compare, or undefined when they are none of its. */
export interface Placeholder {
  readonly grammar: string;
  read(words: readonly string[]): string | undefined;
}

/** Everything that the agent of a workflow may say, and how its values sound. */
export interface PromptBook {
  readonly prompts: readonly Prompt[];
  readonly placeholders: ReadonlyMap<string, Placeholder>;
  readonly slots: ReadonlyMap<string, SlotSpeech>;
  /** What a recogniser is to expect: one sentence of the book after the other. */
  readonly expect: Expectation;
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/;

export function promptBook(document: WorkflowDocument, places: Places, known: KnownPlaces): PromptBook {
  const slots = new Map(
    Object.entries(document.slots).map(([name, spec]) => [name, slotSpeech(spec, places, known)] as const),
  );
  const placeholders = new Map<string, Placeholder>([
    ...slots,
    ...commonPlaceholders(document, places, known, slots),
  ]);
  const byText = new Map<string, { parts: Part[]; acts: Act[] }>();
  for (const [template, act] of sentences(document)) {
    const parts = partsOf(template);
    const text = JSON.stringify(parts);
    const prompt = byText.get(text) ?? { parts, acts: [] };
    prompt.acts.push(act);
    byText.set(text, prompt);
  }
  const prompts = [...byText.values()];
  return { prompts, placeholders, slots, expect: expectation(prompts, placeholders) };
}

function partsOf(template: string): Part[] {
  return template.split(PLACEHOLDER).flatMap((text, index): Part[] => {
    if (index % 2 === 1) return [{ placeholder: text }];
    return wordsOf(text).map(word => ({ word }));
  });
}

function* sentences(document: WorkflowDocument): Generator<[template: string, act: Act]> {
  const { phrases, slots, stages, pricing } = document;
  yield [BRIDGING_WORDS, { type: 'remark' }];
  for (const [name, stage] of Object.entries(stages)) yield* stageSentences(name, stage);
  for (const [slot, { repair, invalid }] of Object.entries(slots)) {
    for (const { by, prompt, help } of repair) {
      yield [prompt, { type: 'repair', slot, by }];
      if (help !== undefined) yield [help, { type: 'remark' }];
    }
    if (invalid !== undefined) yield [invalid, { type: 'remark' }];
  }
  for (const { say, label } of pricing?.lines ?? []) yield [say, { type: 'price', label }];
  yield [phrases.right, { type: 'right' }];
  yield [phrases.yesOrNo, { type: 'remark' }];
  // Each names other things in its place: only so is "Is that right?" not taken for a question about a town.
  yield [phrases.which.replace('{options}', '{parts}'), { type: 'which' }];
  yield [phrases.offerOne.replace('{options}', '{value}'), { type: 'offer' }];
  yield [phrases.offerMany.replace('{options}', '{values}'), { type: 'offer' }];
  yield [phrases.spelled, { type: 'spelled' }];
  yield [phrases.restart, { type: 'sure' }];
  yield [phrases.goodbye, { type: 'sure' }];
  for (const remark of [phrases.notHeard, phrases.notUnderstood, phrases.sorry, phrases.thanks].flat()) {
    yield [remark, { type: 'remark' }];
  }
}

function* stageSentences(name: string, stage: StageSpec): Generator<[template: string, act: Act]> {
  for (const sentence of stage.say) {
    yield [sentence, stage.kind === 'end' ? { type: 'end', outcome: stage.outcome } : { type: 'remark' }];
  }
  if (stage.kind === 'form') yield* formSentences(name, stage);
  if (stage.kind === 'quote') yield [stage.total, { type: 'total' }];
  if (stage.kind !== 'consent') return;
  yield [stage.ask, { type: 'consent' }];
  for (const sentence of [stage.help, stage.announce, stage.granted, stage.refused]) {
    yield [sentence, { type: 'remark' }];
  }
}

function* formSentences(stage: string, form: FormStage): Generator<[template: string, act: Act]> {
  for (const { slots, also, prompt, help } of form.questions) {
    yield [prompt, { type: 'ask', stage, slots, also }];
    yield [help, { type: 'remark' }];
  }
  for (const [index, { say }] of form.readBack.entries()) yield [say, { type: 'readBack', stage, index }];
  if (form.echo !== undefined) yield [form.echo, { type: 'echo', stage }];
}

/** Placeholders of the engine's own sentences. */
function commonPlaceholders(
  document: WorkflowDocument,
  places: Places,
  known: KnownPlaces,
  slots: ReadonlyMap<string, SlotSpeech>,
): [string, Placeholder][] {
  const parts = [...Object.values(document.slots).map(({ part }) => part), document.phrases.everything];
  const stems = known.streets.map(street => street.replace(/ \S+$/, ''));
  const names = [...stems, ...known.towns.map(id => places.towns.get(id)?.name ?? id)];
  const isValue = (words: readonly string[]): boolean =>
    [...slots.values()].some(slot => slot.read(words) !== undefined);
  const value = [...new Set([...slots.values()].map(({ grammar }) => grammar))].join(' | ');
  const allNames = new Set(
    [...places.streets.keys(), ...places.townsByName.keys()].map(name => wordsOf(name).join(' ')),
  );
  return [
    ['amount', { grammar: '<money>', read: words => keyOf(readMoney(words)) }],
    ['miles', { grammar: '<cardinal>', read: words => keyOf(readCardinal(words)) }],
    ['letters', { grammar: `(${LETTERS.join(' | ')})+`, read: readLetters }],
    [
      'name',
      { grammar: oneOf(names), read: words => (allNames.has(words.join(' ')) ? words.join(' ') : undefined) },
    ],
    [
      'parts',
      {
        grammar: `(the ${oneOf(parts)} [or])+`,
        read: listReader(1, words => parts.includes(words.join(' '))),
      },
    ],
    ['value', { grammar: value, read: words => (isValue(words) ? words.join(' ') : undefined) }],
    // More than two are rare, and would make the grammar grow out of proportion.
    ['values', { grammar: `(${value}) or (${value})`, read: listReader(2, isValue) }],
  ];
}

/** At least so many items, with "the" and "or" before and between them. */
function listReader(least: number, isItem: (words: readonly string[]) => boolean): Placeholder['read'] {
  const countItems = (words: readonly string[]): number => {
    if (words.length === 0) return 0;
    const most = ['the', 'or'].includes(words[0]!) ? [countItems(words.slice(1))] : [];
    for (let length = 1; length <= words.length; length += 1) {
      if (isItem(words.slice(0, length))) most.push(1 + countItems(words.slice(length)));
    }
    return Math.max(Number.NEGATIVE_INFINITY, ...most);
  };
  return words => (countItems(words) >= least ? words.join(' ') : undefined);
}

function keyOf(number: number | undefined): string | undefined {
  return number === undefined ? undefined : String(number);
}

function readLetters(words: readonly string[]): string | undefined {
  return words.length > 0 && words.every(word => word.length === 1) ? words.join('') : undefined;
}

/** Sentences one after the other; each placeholder is a rule, so that equal ones are written once. */
function expectation(
  prompts: readonly Prompt[],
  placeholders: ReadonlyMap<string, Placeholder>,
): Expectation {
  const used = new Set(
    prompts.flatMap(({ parts }) => parts.flatMap(part => ('placeholder' in part ? part.placeholder : []))),
  );
  const rules = [
    ...Object.entries(NUMBER_RULES),
    ...[...used].map(name => [`slot_${name}`, grammarOf(placeholders, name)]),
  ];
  const lines = prompts.map(({ parts }) =>
    parts.map(part => ('word' in part ? part.word : `<slot_${part.placeholder}>`)).join(' '),
  );
  const jsgf = [
    '#JSGF V1.0;',
    'grammar agent;',
    ...rules.map(([name, body]) => `<${name}> = ${body};`),
    `<sentence> = ${lines.join('\n | ')};`,
    'public <turn> = <sentence>+;',
    '',
  ].join('\n');
  return { id: `caller-${createHash('sha256').update(jsgf).digest('hex').slice(0, 16)}`, jsgf };
}

function grammarOf(placeholders: ReadonlyMap<string, Placeholder>, name: string): string {
  const placeholder = placeholders.get(name);
  if (placeholder === undefined) throw new Error(`a sentence has the unknown placeholder {${name}}`);
  return placeholder.grammar;
}
