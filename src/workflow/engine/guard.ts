import { holds } from '../condition.ts';
import type { Guardrails, NeverSay } from '../guardrail_schema.ts';
import { hasWords, spokenWords } from '../said.ts';
import { priceTokens, spokenPrices } from '../spoken_prices.ts';
import { spokenTexts } from '../spoken_texts.ts';
import type { FlowState } from '../types.ts';
import { type Draft, knownOf, openDraft, type Program, render } from './draft.ts';

/** What becomes of a sentence that a model wants to say. */
interface Guarded {
  readonly maySay: boolean;
  /** What is said in its place; nothing where it is not replaced, or that was just said. */
  readonly instead: string | undefined;
}

/**
 * Whether a sentence of a model may be spoken in a state; `before` is what it said just before, as sentences come in pieces.
 */
export type Guard = (state: FlowState, sentence: string, before: string) => Guarded;

const FREELY: Guarded = { maySay: true, instead: undefined };
/** Of what was said before a sentence, the words that what is forbidden may begin with. */
const WORDS_BEFORE = 40;

/** The guard of a workflow's `neverSay`. Pure. */
export function guardOf(program: Program): Guard {
  const { neverSay } = program.document.guardrails;
  const rules = neverSay.map(rule => ({ rule, phrases: (rule.phrases ?? []).map(spokenWords) }));
  const own = neverSay.some(({ prices }) => prices) ? ownPrices(program) : new Set<string>();
  return (state, sentence, before) => {
    if (rules.length === 0) return FREELY;
    const draft = openDraft(program, state, '2000-01-01');
    const earlier = spokenWords(before).slice(-WORDS_BEFORE);
    const words = [...earlier, ...spokenWords(sentence)];
    const broken = rules.find(({ rule, phrases }) => {
      if (!applies(draft, rule)) return false;
      if (phrases.some(phrase => hasWords(words, phrase, earlier.length))) return true;
      return rule.prices === true && namesUnknownPrice(draft, own, sentence, before);
    });
    if (broken === undefined) return FREELY;
    const instead = render(draft, broken.rule.instead);
    const wasSaid = hasWords(spokenWords(before), spokenWords(instead));
    return { maySay: false, instead: wasSaid ? undefined : instead };
  };
}

/** Whether anything may not be said in this stage, whatever is known by then. */
export function isGuarded({ program, stage }: Draft): boolean {
  const { neverSay } = program.document.guardrails;
  return neverSay.some(({ in: stages }) => stages === undefined || stages.includes(stage));
}

function applies(draft: Draft, { in: stages, when }: NeverSay): boolean {
  return (
    (stages === undefined || stages.includes(draft.stage)) &&
    (when === undefined || holds(when, knownOf(draft)))
  );
}

/** Prices that the workflow itself tells a model or says. */
function ownPrices({ document }: Program): ReadonlySet<string> {
  const instructions = Object.values(document.stages).flatMap(stage =>
    stage.kind === 'talk' ? stage.instructions : [],
  );
  const texts = [...spokenTexts(document).map(({ text }) => text), ...instructions];
  return new Set(texts.flatMap(text => spokenPrices(priceTokens(text)).map(({ price }) => price)));
}

function namesUnknownPrice(
  draft: Draft,
  own: ReadonlySet<string>,
  sentence: string,
  before: string,
): boolean {
  const earlier = priceTokens(before).slice(-WORDS_BEFORE);
  const named = spokenPrices([...earlier, ...priceTokens(sentence)]).filter(
    ({ end }) => end > earlier.length,
  );
  if (named.every(({ price }) => own.has(price))) return false;
  const known = knownPrices(draft);
  return named.some(({ price }) => !own.has(price) && !known.has(price));
}

/** Prices that a quote has made or a tool has answered, and amounts that stand in slots. */
function knownPrices({ memory, slots, program }: Draft): ReadonlySet<string> {
  const { quote, talk } = memory;
  const quoted = quote === undefined ? [] : [quote.totalCents, ...quote.lines.map(line => line.amountCents)];
  const kept = Object.entries(slots).flatMap(([name, { value }]) => {
    const kind = program.slots.get(name)?.spec.kind;
    if (typeof value !== 'number') return [];
    return kind === 'percent' ? [`${value}%`] : [String(kind === 'money' ? value : Math.round(value * 100))];
  });
  const told = talk.flatMap(turn => (turn.by === 'tool' ? pricesIn(turn.text) : []));
  return new Set([...quoted.map(String), ...kept, ...told]);
}

/** All numbers of a tool's answer: cents where they are called so, and else dollars or a share. */
function pricesIn(answer: string): readonly string[] {
  const numbers = [...answer.matchAll(/(?:"(\w*)"\s*:\s*)?"?\$?(\d[\d,]*(?:\.\d+)?)/g)].flatMap(
    ([, key = '', written = '']) => {
      const number = Number(written.replaceAll(',', ''));
      return /cents/i.test(key) ? [String(number)] : [String(Math.round(number * 100)), `${number}%`];
    },
  );
  return [...numbers, ...spokenPrices(priceTokens(answer)).map(({ price }) => price)];
}

/** What a model is told of what it must say where it is, and what never; it is seen to whatever it does. */
export function guardrailWords({ neverSay }: Guardrails, mustSay: readonly string[]): readonly string[] {
  const must = mustSay.map(
    text => `Before this part of the conversation ends, say in exactly these words: ${text}`,
  );
  const phrases = neverSay.flatMap(rule => rule.phrases ?? []);
  const never = phrases.length === 0 ? [] : [`Never say any of these, in no sense: ${phrases.join('; ')}.`];
  const prices = neverSay.some(rule => rule.prices)
    ? ['Name no price, amount or discount but those that stand here or that a tool has answered.']
    : [];
  const all = [...must, ...never, ...prices];
  return all.length === 0 ? [] : [all.join('\n')];
}
