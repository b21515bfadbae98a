import type { WorkflowDocument } from '../../src/workflow/schema.ts';
import type { FormStage } from '../../src/workflow/stage_schema.ts';
import { digitByDigit } from './number_words.ts';
import type { Act, PromptBook } from './prompts.ts';
import { conditionHolds, conditionSlots, type Script, type SlotValues } from './script.ts';
import { type HeardSentence, readSentences } from './sentence_reader.ts';
import { wordsOf } from './slot_speech.ts';

/** What the caller does about what it heard. */
export type Reply =
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'keys'; readonly keys: string }
  /** Nothing was asked yet: listens on. */
  | { readonly type: 'listen' }
  /** The agent has said goodbye. */
  | { readonly type: 'done' }
  /** Too much was not understood. */
  | { readonly type: 'giveUp' };

export interface HeardQuote {
  readonly totalCents: number | undefined;
  readonly lines: readonly { readonly label: string; readonly amountCents: number }[];
}

type ActOf<T extends Act['type']> = Extract<Act, { type: T }>;

const REPEAT_REQUESTS = ['say that again', 'repeat that', 'what did you say'] as const;
const YES = ['yes', 'yeah', "yes that's right", "that's right", 'correct', 'yep', 'exactly'] as const;
const NO = ['no', "no that's not right", "that's wrong", 'nope', "no that's wrong"] as const;
/** Not understood so often in a row, the caller gives up. */
const MAX_CONFUSIONS = 5;
/** In a whole call. */
const MAX_REPEAT_REQUESTS = 15;
/** A quote whose lines do not add up is asked for again so often. */
const MAX_QUOTE_REPEATS = 2;
const QUESTIONS = new Set<Act['type']>(['consent', 'ask', 'repair', 'right', 'which', 'offer', 'sure']);

/**
 * The caller's side of a conversation: recognised words in, replies out, by the script alone. It answers what is
 * asked, compares what is read back with what it wants, and corrects it.
 */
export class Dialogue {
  readonly #document: WorkflowDocument;
  readonly #book: PromptBook;
  readonly #script: Script;
  readonly #timesAsked = new Map<string, number>();
  #given = new Set<string>();
  /** Slots of which the agent's last read-back was wrong. */
  #wrong: string[] = [];
  #wrongEcho = false;
  #stage: string | undefined;
  #quote: HeardQuote = { totalCents: undefined, lines: [] };
  #quoteRepeats = 0;
  #confusions = 0;
  #repeatRequests = 0;
  #outcome: string | undefined;

  constructor(document: WorkflowDocument, book: PromptBook, script: Script) {
    this.#document = document;
    this.#book = book;
    this.#script = script;
  }

  /** What the agent said last of the price. */
  get quote(): HeardQuote {
    return this.#quote;
  }

  /** How it ended by the agent's words; undefined before. */
  get outcome(): string | undefined {
    return this.#outcome;
  }

  /** The script's values of every slot that was asked for or follows from one. */
  get slots(): SlotValues {
    const concerned = new Set(this.#given);
    for (const stage of Object.values(this.#document.stages)) {
      if (
        stage.kind !== 'form' ||
        !stage.questions.some(({ slots }) => slots.some(slot => this.#given.has(slot)))
      )
        continue;
      for (const { otherwise } of stage.questions)
        for (const slot of Object.keys(otherwise)) concerned.add(slot);
    }
    return Object.fromEntries(Object.entries(this.#script.slots).filter(([name]) => concerned.has(name)));
  }

  /** The words of one turn of the agent; none when nothing could be understood. */
  hear(text: string): Reply {
    const { sentences } = readSentences(wordsOf(text), this.#book);
    for (const sentence of sentences) this.#note(sentence, sentences);
    if (this.#outcome !== undefined) return { type: 'done' };
    const question = sentences.findLast(({ prompt }) => prompt.acts.some(({ type }) => QUESTIONS.has(type)));
    if (question === undefined) return sentences.length === 0 ? this.askAgain() : { type: 'listen' };
    if (this.#wrongEcho) {
      this.#wrongEcho = false;
      return say('go back');
    }
    if (this.#quoteIsOff() && this.#quoteRepeats < MAX_QUOTE_REPEATS) {
      this.#quoteRepeats += 1;
      return say('repeat that');
    }
    const confusions = this.#confusions;
    const reply = this.#answer(this.#actOf(question), sentences, question);
    if (this.#confusions === confusions) this.#confusions = 0;
    return reply;
  }

  /** The agent stays silent, or could not be understood. */
  askAgain(): Reply {
    this.#confusions += 1;
    this.#repeatRequests += 1;
    if (this.#confusions > MAX_CONFUSIONS || this.#repeatRequests > MAX_REPEAT_REQUESTS)
      return { type: 'giveUp' };
    return say(this.#script.manner.pick(REPEAT_REQUESTS));
  }

  /** Words to cut in with. */
  interruption(): string {
    return this.#script.manner.pick([
      'wait, say that again',
      'excuse me, repeat that',
      'sorry, say that again',
    ]);
  }

  #note({ prompt, values }: HeardSentence, turn: readonly HeardSentence[]): void {
    for (const act of prompt.acts) {
      if (act.type === 'price') this.#notePrice(act.label, Number(values.get('amount')));
      if (act.type === 'total') this.#quote = { ...this.#quote, totalCents: Number(values.get('amount')) };
      if (act.type === 'echo') this.#wrongEcho = this.#wrongIn(values).length > 0;
      if (act.type === 'readBack') this.#wrong = this.#wrongInReadBack(act, values);
      if (act.type === 'readBack' || act.type === 'ask') this.#stage = act.stage;
      if (act.type === 'end' && this.#isWhole(act.outcome, turn)) this.#outcome = act.outcome;
    }
  }

  /** Ends share sentences; the one of which every sentence was said is meant. */
  #isWhole(outcome: string, turn: readonly HeardSentence[]): boolean {
    const said = turn.filter(({ prompt }) =>
      prompt.acts.some(act => act.type === 'end' && act.outcome === outcome),
    );
    const stage = Object.values(this.#document.stages).find(
      one => one.kind === 'end' && one.outcome === outcome,
    );
    const others = turn.some(({ prompt }) => {
      const ends = prompt.acts.filter(act => act.type === 'end');
      return ends.length > 0 && !ends.some(act => act.outcome === outcome);
    });
    return !others && said.length >= Math.min(stage?.say.length ?? 0, 2);
  }

  #notePrice(label: string, amountCents: number): void {
    const others = this.#quote.totalCents === undefined ? this.#quote.lines : [];
    const lines = [...others.filter(line => line.label !== label), { label, amountCents }];
    this.#quote = { totalCents: undefined, lines };
  }

  #quoteIsOff(): boolean {
    const { totalCents, lines } = this.#quote;
    if (totalCents === undefined) return lines.length > 0;
    return lines.reduce((sum, { amountCents }) => sum + amountCents, 0) !== totalCents;
  }

  /** Of several uses of the same words, the one in the present stage, else the first. */
  #actOf({ prompt }: HeardSentence): Act {
    const questions = prompt.acts.filter(({ type }) => QUESTIONS.has(type));
    return questions.find(act => 'stage' in act && act.stage === this.#stage) ?? questions[0]!;
  }

  #answer(act: Act, turn: readonly HeardSentence[], question: HeardSentence): Reply {
    switch (act.type) {
      case 'consent':
        return say(
          this.#script.consent
            ? this.#script.manner.pick(['yes', 'yes please', 'sure', 'yes you may'])
            : 'no',
        );
      case 'ask':
        return this.#answerQuestion(act);
      case 'repair':
        return this.#answerRepair(act);
      case 'right':
        return this.#answerReadBack(turn);
      case 'which':
        return this.#answerWhich();
      case 'offer':
        return this.#answerOffer(question.values.get('value') ?? question.values.get('values') ?? '');
      default:
        return say('no');
    }
  }

  #answerQuestion({ slots, also }: ActOf<'ask'>): Reply {
    const times = this.#askedNow(slots.join());
    const alsoSaid = times === 0 && this.#script.manner.chance(0.4) ? also : [];
    return say([...slots, ...alsoSaid].map((slot, index) => this.#way(slot, times, index > 0)).join(' '));
  }

  #answerRepair({ slot, by }: ActOf<'repair'>): Reply {
    const value = this.#script.slots[slot]!;
    const name = this.#book.slots.get(slot)?.spelledName?.(value);
    this.#given.add(slot);
    if (by === 'keys') return { type: 'keys', keys: String(value) };
    if (by === 'digits') return say(digitByDigit(Number(value)));
    if (by === 'spelling' && name !== undefined) return say(spell(name));
    return say(this.#way(slot, this.#askedNow(slot), false));
  }

  #answerReadBack(turn: readonly HeardSentence[]): Reply {
    const { manner } = this.#script;
    const wasReadBack = turn.some(({ prompt }) => prompt.acts.some(({ type }) => type === 'readBack'));
    if (!wasReadBack) return this.askAgain();
    if (this.#wrong.length === 0) return say(manner.pick(YES));
    const [slot] = this.#wrong as [string];
    const isYesNo = this.#document.slots[slot]?.kind === 'yes_no';
    if (isYesNo || manner.chance(0.5)) return say(manner.pick(NO));
    return say(
      `no, ${this.#wrong.length === 1 ? this.#way(slot, this.#askedNow(slot), false) : this.#correction()}`,
    );
  }

  /** All that was wrong at once, where one question asks for it, else the first of it. */
  #correction(): string {
    const form = this.#document.stages[this.#stage ?? ''] as FormStage | undefined;
    const question = form?.questions?.find(({ slots }) => this.#wrong.every(slot => slots.includes(slot)));
    return (question?.slots ?? this.#wrong.slice(0, 1)).map(slot => this.#way(slot, 1, false)).join(' ');
  }

  #answerWhich(): Reply {
    const [slot] = this.#wrong;
    const spec = slot === undefined ? undefined : this.#document.slots[slot];
    return say(spec === undefined ? this.#document.phrases.everything : `the ${spec.part}`);
  }

  /** Offers are of one slot, which the agent does not name: what the script holds is looked for among them. */
  #answerOffer(options: string): Reply {
    const { manner } = this.#script;
    for (const [slot, speech] of this.#book.slots) {
      const way = speech
        .ways(this.#script.slots[slot]!)
        .find(one => options.split(/ ?\bor\b ?/).some(option => option.includes(wordsOf(one).join(' '))));
      if (way === undefined || /^(yes|no|none)$/.test(way)) continue;
      const isOnlyOne = wordsOf(way).length === wordsOf(options).length;
      return say(isOnlyOne ? manner.pick(['yes', "that's right"]) : way);
    }
    return say('no');
  }

  #wrongInReadBack({ stage, index }: ActOf<'readBack'>, values: ReadonlyMap<string, string>): string[] {
    const wrong = this.#wrongIn(values);
    const form = this.#document.stages[stage];
    if (wrong.length > 0 || form?.kind !== 'form') return wrong;
    const slots = this.#script.slots;
    const applies = (at: number): boolean => {
      const { when } = form.readBack[at]!;
      return when === undefined || conditionHolds(when, slots);
    };
    if (form.readBack.findIndex((_, at) => applies(at)) === index) return [];
    // Said under a condition that does not hold for the script: what it looks at was heard wrongly.
    const heard = form.readBack
      .slice(0, index + 1)
      .flatMap(({ when }) => (when === undefined ? [] : conditionSlots(when)));
    return heard.length > 0
      ? heard.slice(-1)
      : form.questions.flatMap(question => question.slots).slice(0, 1);
  }

  #wrongIn(values: ReadonlyMap<string, string>): string[] {
    return [...values].flatMap(([slot, key]) => {
      const speech = this.#book.slots.get(slot);
      return speech === undefined || speech.key(this.#script.slots[slot]!) === key ? [] : [slot];
    });
  }

  #askedNow(key: string): number {
    const times = this.#timesAsked.get(key) ?? 0;
    this.#timesAsked.set(key, times + 1);
    return times;
  }

  /** A way to say a slot's value: as the caller likes it at first, plainly when asked again. */
  #way(slot: string, timesAsked: number, within: boolean): string {
    this.#given.add(slot);
    const ways = this.#book.slots.get(slot)?.ways(this.#script.slots[slot]!) ?? [];
    if (within || timesAsked > 0) return ways[Math.max(0, timesAsked - 1) % ways.length] ?? '';
    return this.#script.manner.pick(ways);
  }
}

function say(text: string): Reply {
  return { type: 'say', text };
}

/** Capital letters between commas are spoken as letters by synthesisers. */
function spell(name: string): string {
  return [...name.toUpperCase().replace(/[^A-Z]/g, '')].join(', ');
}
