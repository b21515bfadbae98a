import { findCardDigits } from './card_digits.ts';
import { normalise } from './normalise.ts';
import { PatternIndex } from './pattern.ts';
import { revokingReply } from './replies.ts';
import { ABUSE } from './rules/abuse.ts';
import { CARD } from './rules/card.ts';
import { CONFUSED } from './rules/confused.ts';
import { EMERGENCY } from './rules/emergency.ts';
import { LOUDER, REPEAT, SLOWER } from './rules/hearing.ts';
import { LANGUAGE_CODES, LANGUAGE_SWITCH } from './rules/language.ts';
import { OPT_OUT } from './rules/opt_out.ts';
import { TRANSFER } from './rules/transfer.ts';
import { isDenied, isReported } from './scope.ts';
import { isOver } from './time_of.ts';
import type { DetectedIntent, Intent, IntentContext, IntentRules } from './types.ts';

/** From here on an intent is acted on; what is less sure is worth a question. */
export const ACT_FROM = 0.5;

/** No look-alike takes it back. */
const FIRM = 0.97;

const ALL: readonly IntentRules[] = [
  OPT_OUT,
  TRANSFER,
  REPEAT,
  SLOWER,
  LOUDER,
  LANGUAGE_SWITCH,
  CONFUSED,
  ABUSE,
  EMERGENCY,
  CARD,
];

interface Rule {
  readonly rules: IntentRules;
  /** Undefined: a look-alike. */
  readonly confidence: number | undefined;
}

const index = new PatternIndex(patternsOf(ALL));
const cardIndex = new PatternIndex(patternsOf([CARD]));

function* patternsOf(all: readonly IntentRules[]): Generator<readonly [source: string, rule: Rule]> {
  for (const rules of all) {
    for (const [confidence, patterns] of rules.says)
      for (const pattern of patterns) yield [pattern, { rules, confidence }];
    for (const pattern of rules.lookAlikes) yield [pattern, { rules, confidence: undefined }];
  }
}

interface Found {
  readonly rules: IntentRules;
  readonly confidence: number;
  readonly from: number;
  readonly to: number;
}

/**
 * What a caller wants whatever was asked, surest first and each once. `text` is what a recogniser wrote down, with or
 * without punctuation. Pure; costs some tens of microseconds, and of long speech only the end counts.
 */
export function detectIntents(text: string, context: IntentContext = {}): readonly DetectedIntent[] {
  const tokens = normalise(text);
  const best = new Map<Intent, DetectedIntent>();
  const found = findIn(index, tokens);
  const reply = revokingReply(tokens, context.asked);
  if (reply !== undefined) found.push({ rules: OPT_OUT, confidence: reply, from: 0, to: tokens.length });
  const digits = findCardDigits(tokens, context.asked === 'card');
  if (digits !== undefined) found.push({ rules: CARD, ...digits });
  for (const { rules, confidence, from, to } of found) {
    const { intent } = rules;
    if (confidence <= (best.get(intent)?.confidence ?? 0)) continue;
    const language = intent === 'languageSwitch' ? languageIn(tokens, from, to) : undefined;
    const words = tokens.slice(from, to).join(' ');
    best.set(intent, { intent, confidence, words, ...(language !== undefined && { language }) });
  }
  return [...best.values()].toSorted((a, b) => b.confidence - a.confidence);
}

/** The same for `cardAboutToBeSpoken` alone, of which every partial of every caller is asked. */
export function tellsOfCard(text: string): boolean {
  const tokens = normalise(text);
  return findIn(cardIndex, tokens).length > 0 || findCardDigits(tokens, false) !== undefined;
}

function findIn(patterns: PatternIndex<Rule>, tokens: readonly string[]): Found[] {
  const said: Found[] = [];
  const lookAlikes: Found[] = [];
  for (const { value, from, to } of patterns.matches(tokens)) {
    const { rules, confidence } = value;
    (confidence === undefined ? lookAlikes : said).push({ rules, confidence: confidence ?? 0, from, to });
  }
  return said.filter(match => isMeant(match, tokens, lookAlikes));
}

function isMeant(match: Found, tokens: readonly string[], lookAlikes: readonly Found[]): boolean {
  const { rules, from, to, confidence } = match;
  const isLookAlike = lookAlikes.some(other => other.rules === rules && other.from < to && from < other.to);
  if (isLookAlike && confidence < FIRM) return false;
  if (isDenied(tokens, from)) return false;
  if (rules.isReportable && isReported(tokens, from, to)) return false;
  return rules.mustBeNow !== true || confidence >= FIRM || !isOver(tokens);
}

/** The language that was asked for: English only where no other is named. */
function languageIn(tokens: readonly string[], from: number, to: number): string | undefined {
  const near = tokens.slice(from, to).flatMap(token => LANGUAGE_CODES.get(token) ?? []);
  const all = tokens.flatMap(token => LANGUAGE_CODES.get(token) ?? []);
  const other = near.find(code => code !== 'en') ?? all.find(code => code !== 'en');
  if (other !== undefined) return other;
  return isWithout(tokens) ? undefined : near[0];
}

/** "I don't speak English", "my English is bad": any other, but not this one. */
function isWithout(tokens: readonly string[]): boolean {
  return ['dont', 'no', 'not', 'doesnt', 'cant', 'bad', 'poor', 'isnt', 'little', 'never'].some(word =>
    tokens.includes(word),
  );
}
