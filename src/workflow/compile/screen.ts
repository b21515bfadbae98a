import { LIMITS } from '../../config/limits.ts';
import { type Draft, formOf, slotNamed } from '../engine/draft.ts';
import type { FormStage } from '../stage_schema.ts';

/** What a model may say of what it wanted to. */
interface Screened {
  readonly say: readonly string[];
  /** Whether the open question is asked in it. */
  readonly asks: boolean;
  readonly isFault: boolean;
}

/** What only the engine says in a form: what things cost, what is promised or done, who speaks, and the end. */
const ENGINES_OWN: readonly RegExp[] = [
  /[$€£]|\b(dollars?|cents?|bucks|usd|percent|price[ds]?|pricing|costs?|fees?|premiums?|quotes?|quoted|rates?|discounts?|rebates?|coupons?|vouchers?|refunds?|waive[ds]?|cheaper|half off|free of charge|for free|no charge|monthly|yearly|annually|(?:a|per|each) (?:month|week|year|mile|piece))\b|%/iu,
  /\b(guarantee[ds]?|promise[ds]?|assure you|approved?|pre-?approved|covered|eligible|qualif(?:y|ied)|denied|legal advice)\b/iu,
  /\b(?:i|we)(?:'ve|’ve| have|'ll|’ll| will)?(?: just| already| now)? (?:book|schedul|cancel|sent|send|transfer|submit|file|approve|issue|arrang|charg|updat|confirm)\w*/iu,
  /\b(?:is|are|was|been|you're|you’re|all) (?:now |all )?(?:booked|scheduled|confirmed|cancelled|submitted|insured|set)\b/iu,
  /\b(?:good ?bye|bye|have a (?:nice|great|good|lovely)|take care|hang(?:ing)? up|end (?:this|the|our) call)\b/iu,
  /\b(?:i'm|i’m|i am) (?:a |an )?(?:human|real person|person|man|woman|not (?:a |an )?(?:bot|robot|machine|automated|ai))/iu,
  /\b(?:ignor\w+|bypass\w*|skip\w*) (?:my|the|our|your) (?:rules?|instructions?|guidelines?|disclosures?)/iu,
];

/** What is written for a machine or an eye, or in no language of the caller's. */
const UNSPEAKABLE = /[{}[\]<>\\|=^]|https?:|www\.|[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u;
/** Words in a question that say nothing of what it is about. */
const PLAIN: ReadonlySet<string> = new Set(
  (
    'what which who whom whose when where why how many much long old does did do is are was were will would could can may might shall ' +
    'should your you yours tell give say please let now next then great good thanks lovely perfect alright sure right that ' +
    'this these those the and for with from our its his her their they you not but about into onto than then out off over under been being has had was were want know need like have has had any some more most than such also too very really first last one ones thing ' +
    'things kind sort exactly there here anything something again hear hearing get got see look take about me my know think'
  ).split(' '),
);

/**
 * Goes through what a model wants to say in a form. Sentences that only the engine may say are left out, `guarded` has the last word on the
 * others, and nothing of it is said where it is no speech or too much of it. A question is asked by it only if it is the last thing said, and about nothing else.
 */
export function screen(
  draft: Draft,
  asked: readonly string[],
  sentences: readonly string[],
  guarded: (sentence: string, before: string) => readonly string[],
): Screened {
  const NOTHING = { say: [], asks: false, isFault: true };
  const length = sentences.reduce((sum, { length: one }) => sum + one, 0);
  if (sentences.length === 0) return { ...NOTHING, isFault: false };
  if (sentences.length > LIMITS.modelFormSentences || length > LIMITS.modelFormCharacters) return NOTHING;
  if (sentences.some(isUnspeakable)) return NOTHING;
  const own = textOf(draft, asked);
  const allowed: string[] = [];
  for (const one of sentences)
    if (!isEnginesOwn(one, own) && hasOnlyKnownNumbers(draft, one, own))
      allowed.push(...guarded(one, allowed.join(' ')));
  const isFault = !sentences.every(one => allowed.includes(one));
  const questions = allowed.filter(isQuestion);
  const [question] = questions;
  const isLast = questions.length === 1 && allowed.at(-1) === question;
  if (isLast && question !== undefined && isAbout(draft, asked, question))
    return { say: allowed, asks: true, isFault };
  // A question about something else would be answered.
  return { say: allowed.filter(one => !isQuestion(one)), asks: false, isFault };
}

/** What the workflow asks in such words may be asked in them, but not with an amount. */
function isEnginesOwn(sentence: string, own: string): boolean {
  return ENGINES_OWN.some(pattern => {
    const [words] = pattern.exec(sentence) ?? [];
    return words !== undefined && (!own.includes(words.toLowerCase()) || /\d/u.test(sentence));
  });
}

/** Numbers of the caller's, and of the question. */
function hasOnlyKnownNumbers(draft: Draft, sentence: string, own: string): boolean {
  const values = Object.values(draft.slots).map(({ value }) => String(value));
  const known = new Set([draft.memory.told, own, ...values].flatMap(text => text.match(/\d+/gu) ?? []));
  return (sentence.match(/\d+/gu) ?? []).every(number => known.has(number));
}

/** The open question in the workflow's own words. */
function textOf(draft: Draft, asked: readonly string[]): string {
  const questions = formOf(draft).questions.filter(({ slots }) => slots.some(slot => asked.includes(slot)));
  const texts = questions.flatMap(({ prompt, help }) => [prompt, help]);
  return [...texts, ...draft.memory.asked].join(' ').toLowerCase();
}

function isQuestion(sentence: string): boolean {
  return /\?["')\]”’]*$/u.test(sentence.trim());
}

function isUnspeakable(sentence: string): boolean {
  const letters = sentence.match(/\p{L}/gu)?.length ?? 0;
  return UNSPEAKABLE.test(sentence) || letters < sentence.length / 2;
}

/** It names something of what is asked for, and nothing else is asked for in more of its words. */
function isAbout(draft: Draft, asked: readonly string[], sentence: string): boolean {
  const words = new Set(wordsIn(sentence));
  const shared = (of: ReadonlySet<string>): number => [...words].filter(word => of.has(word)).length;
  const form = formOf(draft);
  let [own, others] = [shared(new Set(asked.flatMap(slot => wordsOfSlot(draft, slot)))), 0];
  for (const stage of Object.values(draft.program.document.stages)) {
    if (stage.kind !== 'form') continue;
    for (const question of stage.questions) {
      const isOwn = stage === form && question.slots.some(slot => asked.includes(slot));
      const count = shared(wordsOfQuestion(draft, question, isOwn));
      if (isOwn) own = Math.max(own, count);
      else others = Math.max(others, count);
    }
  }
  return own > 0 && own >= others;
}

function wordsOfQuestion(
  draft: Draft,
  { prompt, help, slots }: FormStage['questions'][number],
  isOwn: boolean,
): ReadonlySet<string> {
  const texts = isOwn ? [prompt, help] : [prompt];
  return new Set([...texts.flatMap(wordsIn), ...slots.flatMap(slot => wordsOfSlot(draft, slot))]);
}

function wordsOfSlot(draft: Draft, name: string): readonly string[] {
  const { spec } = slotNamed(draft, name);
  const values =
    spec.kind === 'choice' || spec.kind === 'choices' ? Object.values(spec.values).map(({ say }) => say) : [];
  return [spec.part, ...spec.repair.map(({ prompt }) => prompt), ...values].flatMap(wordsIn);
}

/** Words that tell what a sentence is about, without the endings that number and time give them. */
function wordsIn(text: string): readonly string[] {
  const words =
    text
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[a-z']+/gu) ?? [];
  return words
    .filter(word => word.length > 2 && !PLAIN.has(word))
    .map(word => word.replace(/(?:'s|ies|es|s|ed|ing)$/u, ''));
}
