import { SeededRandom } from '../../bench/caller/random.ts';
import type { Interjection, Persona } from '../persona/schema.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Phrasings } from '../speech/phrasings.ts';
import { foreseen, type HeardSentence, hearSentences } from './hearing.ts';
import type { Knowledge } from './knowledge.ts';
import { optionsIn } from './options_heard.ts';
import { type Act, isOfStage, type PromptIndex, QUESTIONS } from './prompts.ts';
import { readBackIn, wrongIn } from './read_backs.ts';
import type { Wording } from './wording.ts';

/** Why something was said that is no plain answer: whoever checks the call knows by it what must follow. */
export type CallerIntent = 'optOut' | 'person' | 'back' | 'change' | 'consent' | 'noConsent' | 'dropped';

/** What the caller does about what it heard. */
export type Reply =
  | {
      readonly type: 'say';
      readonly text: string;
      /** First words that nobody hears, because the agent was still speaking. */
      readonly lostWords: number;
      readonly intent?: CallerIntent | undefined;
    }
  | { readonly type: 'keys'; readonly keys: string }
  | { readonly type: 'silence' }
  | { readonly type: 'hangUp'; readonly text: string };

export interface CallerParts {
  /** The workflow that is called first, then those that it may hand over to. */
  readonly indexes: readonly PromptIndex[];
  readonly knowledge: Knowledge;
  readonly wording: Wording;
  readonly scenario: Scenario;
  readonly phrasings: Phrasings;
  readonly persona: Persona;
  readonly seed: number;
}

type ActOf<T extends Act['type']> = Extract<Act, { type: T }>;

const MOST_CHANGES = 2;
/** Agent's turns without a question that the caller knows, one after the other. */
const MOST_CONFUSIONS = 5;

/** Knows what it wants, understands the agent by its words alone, and answers as its persona does. */
export class SimulatedCaller {
  readonly #parts: CallerParts;
  readonly #random: SeededRandom;
  readonly #asked = new Map<string, number>();
  readonly #interjected = new Map<Interjection, number>();
  #index: PromptIndex;
  #stage: string | undefined;
  #wrong: readonly string[] = [];
  #wrongEcho = false;
  #turn = 0;
  #foreseenIn = -1;
  readonly #haste: SeededRandom;
  #silences = 0;
  #repeats = 0;
  #changes = 0;
  #confusions = 0;
  #aimed = 0;

  constructor(parts: CallerParts) {
    this.#parts = parts;
    this.#index = parts.indexes[0]!;
    this.#random = new SeededRandom(parts.seed, `manner of ${parts.persona.name}`);
    this.#haste = new SeededRandom(parts.seed, `haste of ${parts.persona.name}`);
  }

  /** One turn of the agent. */
  hear(text: string): Reply {
    this.#turn += 1;
    const sentences = this.#listen(text);
    const heard = sentences.findLast(({ acts }) => acts.some(({ type }) => QUESTIONS.has(type)));
    const question = heard && this.#actOf(heard);
    return this.#aimed > 0 || this.#isTimeForAim()
      ? this.#pursueAim(question)
      : this.#respond(sentences, heard, question);
  }

  /** Whether this caller speaks while the agent does. */
  get cutsIn(): boolean {
    return this.#parts.persona.cutIn > 0;
  }

  /** What the agent is about to say, where this caller does not wait for the end of it; decided once a turn. */
  foresee(beginning: string): string | undefined {
    const text = foreseen(beginning, this.#index);
    if (text === undefined || this.#foreseenIn === this.#turn) return undefined;
    this.#foreseenIn = this.#turn;
    return this.#haste.chance(this.#parts.persona.cutIn) ? text : undefined;
  }

  #listen(text: string): readonly HeardSentence[] {
    let sentences = hearSentences(text, this.#index);
    if (!asks(sentences)) {
      // Another workflow may have taken the call over.
      for (const index of this.#parts.indexes) {
        const others = hearSentences(text, index);
        if (!asks(others)) continue;
        this.#index = index;
        sentences = others;
        break;
      }
    }
    for (const sentence of sentences) this.#note(sentence);
    const readBack = readBackIn(sentences, this.#stage, this.#index, this.#parts.knowledge.truths);
    if (readBack === undefined) return sentences;
    this.#stage = readBack.stage;
    this.#wrong = readBack.wrong;
    return sentences;
  }

  #note(sentence: HeardSentence): void {
    const { truths } = this.#parts.knowledge;
    for (const act of sentence.acts) {
      if (act.type === 'ask') this.#stage = act.stage;
      if (act.type === 'echo') this.#wrongEcho = wrongIn(sentence, this.#index, truths).length > 0;
    }
  }

  /** Of several uses of the same words, the one in the present stage, else the first. */
  #actOf({ acts }: HeardSentence): Act {
    const questions = acts.filter(({ type }) => QUESTIONS.has(type));
    return questions.find(act => isOfStage(act, this.#stage, this.#index)) ?? questions[0]!;
  }

  #isTimeForAim(): boolean {
    const { persona } = this.#parts;
    return persona.aim !== 'goal' && this.#turn >= persona.aimFromTurn;
  }

  /** Opts out, wants a person, goes away: says so until it is honoured. */
  #pursueAim(question: Act | undefined): Reply {
    const { persona, phrasings } = this.#parts;
    const { answers } = phrasings;
    this.#aimed += 1;
    switch (persona.aim) {
      case 'silent':
        return { type: 'silence' };
      case 'hangUp':
        return { type: 'hangUp', text: this.#random.pick(answers.hangUp) };
      case 'optOut':
        if (question?.type === 'sure') return this.#say(this.#random.pick(answers.sureYes), 'optOut');
        return this.#say(this.#random.pick(answers.optOut), 'optOut');
      default:
        return this.#say(this.#random.pick(answers.person), 'person');
    }
  }

  #respond(
    sentences: readonly HeardSentence[],
    heard: HeardSentence | undefined,
    question: Act | undefined,
  ): Reply {
    const { persona, phrasings } = this.#parts;
    const { silence } = persona;
    if (heard === undefined || question === undefined) return this.#notUnderstood(sentences);
    this.#confusions = 0;
    if (silence !== undefined && this.#silences < silence.atMost && this.#random.chance(silence.chance)) {
      this.#silences += 1;
      return { type: 'silence' };
    }
    if (this.#wrongEcho) {
      this.#wrongEcho = false;
      return this.#say(this.#random.pick(phrasings.answers.back), 'back');
    }
    if (this.#repeats < persona.repeatsAtMost && this.#random.chance(persona.repeat)) {
      this.#repeats += 1;
      return this.#say(this.#random.pick(phrasings.answers.again));
    }
    const aside = question.type === 'sure' ? undefined : this.#interjection();
    if (aside?.place === 'instead') return this.#say(aside.words);
    const reply = this.#answer(question, heard, sentences);
    if (reply.type !== 'say' || aside === undefined) return reply;
    const text = aside.place === 'before' ? `${aside.words}, ${reply.text}` : `${reply.text}, ${aside.words}`;
    return { ...reply, text };
  }

  /** Nothing was asked that the caller knows: what they came for, once, then please again. */
  #notUnderstood(sentences: readonly HeardSentence[]): Reply {
    const { scenario, phrasings } = this.#parts;
    this.#confusions += 1;
    if (this.#confusions > MOST_CONFUSIONS)
      return { type: 'hangUp', text: this.#random.pick(phrasings.answers.hangUp) };
    const isQuestion = sentences.some(({ text }) => text.endsWith('?'));
    if (isQuestion && scenario.opening.length > 0) return this.#say(this.#random.pick(scenario.opening));
    return this.#say(this.#random.pick(phrasings.answers.again));
  }

  #interjection(): { readonly words: string; readonly place: Interjection['place'] } | undefined {
    const { persona, phrasings, scenario } = this.#parts;
    for (const one of persona.interjections) {
      const times = this.#interjected.get(one) ?? 0;
      if (this.#turn < one.fromTurn || times >= one.atMost || !this.#random.chance(one.chance)) continue;
      this.#interjected.set(one, times + 1);
      const own = one.use !== undefined && Object.hasOwn(scenario.asides, one.use);
      const more = own ? scenario.asides[one.use as keyof typeof scenario.asides] : [];
      const words = [
        ...(one.say ?? []),
        ...more,
        ...(one.use === undefined ? [] : phrasings.asides[one.use]),
      ];
      return { words: this.#random.pick(words), place: one.place };
    }
    return undefined;
  }

  #answer(question: Act, heard: HeardSentence, turn: readonly HeardSentence[]): Reply {
    const { persona, phrasings } = this.#parts;
    const { answers } = phrasings;
    switch (question.type) {
      case 'consent':
        return this.#random.chance(persona.consent)
          ? this.#say(this.#random.pick(answers.consent), 'consent')
          : this.#say(this.#random.pick(answers.noConsent), 'noConsent');
      case 'ask':
        return this.#answerAsk(question);
      case 'repair':
        return this.#answerRepair(question);
      case 'right':
        return this.#answerReadBack(turn);
      case 'which':
        return this.#answerWhich();
      case 'offer':
        return this.#answerOffer(heard);
      case 'resume':
        return this.#say(this.#random.pick(answers.goOn));
      default:
        return this.#say(this.#random.pick(answers.sureNo));
    }
  }

  #answerAsk({ slots, also }: ActOf<'ask'>): Reply {
    const { persona, knowledge, wording, phrasings } = this.#parts;
    const { truths } = knowledge;
    const times = this.#askedNow(slots.join());
    const early = times === 0 && this.#random.chance(persona.early) ? also : [];
    const given = [...slots, ...early].flatMap(slot => {
      const value = truths[slot];
      return value === undefined ? [] : [{ slot, value }];
    });
    if (given.length === 0) return this.#say(this.#random.pick(phrasings.answers.unknown));
    const [only] = given;
    if (given.length === 1 && only !== undefined && times === 0 && persona.keyed.includes(only.slot))
      return { type: 'keys', keys: wording.keys(only.slot, only.value) };
    if (given.length === 1 && only !== undefined && times === 0 && wording.canBeWrong(only.slot)) {
      const wrong = this.#maybeWrong(only.slot);
      if (wrong !== undefined) return wrong;
    }
    return this.#sayAround(wording.values(given, times), times);
  }

  /** A wrong value: put right in the same breath, or only when it is read back. */
  #maybeWrong(slot: string): Reply | undefined {
    const { persona, knowledge, wording, phrasings } = this.#parts;
    const truth = knowledge.truths[slot];
    const isLater = this.#random.chance(persona.wrong) && this.#isReadBack(slot);
    const isAtOnce = !isLater && this.#random.chance(persona.selfCorrection);
    const other = isLater || isAtOnce ? knowledge.other(slot) : undefined;
    if (other === undefined || truth === undefined || other === truth) return undefined;
    if (isLater) return this.#sayAround(wording.value(slot, other, 0), 0);
    const words = this.#random.pick(phrasings.answers.selfCorrections);
    return this.#say(
      words.replace('{wrong}', wording.bare(slot, other, 0)).replace('{value}', wording.bare(slot, truth, 0)),
    );
  }

  /** Whether whoever gives a wrong value for it will hear so. */
  #isReadBack(slot: string): boolean {
    return Object.values(this.#index.document.stages).some(
      stage =>
        stage.kind === 'form' &&
        stage.confirm === 'always' &&
        stage.questions.some(({ slots }) => slots.includes(slot)),
    );
  }

  #answerRepair({ slot, by }: ActOf<'repair'>): Reply {
    const { knowledge, wording, phrasings } = this.#parts;
    const value = knowledge.truths[slot];
    const times = this.#askedNow(slot);
    if (value === undefined) return this.#say(this.#random.pick(phrasings.answers.unknown));
    if (by === 'keys') return { type: 'keys', keys: wording.keys(slot, value) };
    if (by !== 'again') return this.#say(wording.byStep(slot, value, by));
    return this.#say(wording.value(slot, value, times + 1));
  }

  #answerReadBack(turn: readonly HeardSentence[]): Reply {
    const { persona, knowledge, wording, phrasings } = this.#parts;
    const { answers } = phrasings;
    const readBack = turn.find(({ acts }) => acts.some(({ type }) => type === 'readBack'));
    if (this.#wrong.length === 0) {
      const [slot] = readBack === undefined ? [] : [...readBack.values.keys()];
      if (slot !== undefined && this.#changes < MOST_CHANGES && this.#random.chance(persona.change)) {
        const other = wording.canBeWrong(slot) ? knowledge.other(slot) : undefined;
        if (other !== undefined && other !== knowledge.truths[slot]) {
          this.#changes += 1;
          knowledge.change(slot, other);
          const words = this.#random.pick(answers.changes).replace('{value}', wording.bare(slot, other, 0));
          return this.#say(words, 'change');
        }
      }
      return this.#sayAround(this.#random.pick(answers.right), 1);
    }
    const [slot] = this.#wrong as [string];
    const value = knowledge.truths[slot];
    if (value === undefined || typeof value === 'boolean' || this.#random.chance(persona.bareNo))
      return this.#say(this.#random.pick(answers.wrong));
    return this.#say(this.#correction());
  }

  /** What is right instead: all that was wrong, where one question asks for it, else the first of it. */
  #correction(): string {
    const { knowledge, wording, phrasings } = this.#parts;
    const [first] = this.#wrong as [string];
    const form = this.#index.document.stages[this.#stage ?? ''];
    const question =
      form?.kind === 'form'
        ? form.questions.find(({ slots }) => this.#wrong.every(one => slots.includes(one)))
        : undefined;
    const slots = this.#wrong.length > 1 ? (question?.slots ?? [first]) : [first];
    const given = slots.flatMap(slot => {
      const value = knowledge.truths[slot];
      return value === undefined ? [] : [{ slot, value }];
    });
    const frame = this.#random.pick(phrasings.answers.corrections);
    const usable = slots.length > 1 ? frame.replace('the {part} is', "it's") : frame;
    return usable.replace('{part}', this.#partOf(first)).replace('{value}', wording.values(given, 1));
  }

  #answerWhich(): Reply {
    const { answers } = this.#parts.phrasings;
    const [slot] = this.#wrong;
    if (slot === undefined) return this.#say(this.#random.pick(answers.everything));
    return this.#say(this.#random.pick(answers.which).replace('{part}', this.#partOf(slot)));
  }

  #partOf(slot: string): string {
    return this.#index.document.slots[slot]?.part ?? slot.replaceAll('_', ' ');
  }

  /** Offers are of one slot, which the agent does not name: what is true is looked for among them. */
  #answerOffer({ text, values }: HeardSentence): Reply {
    const { knowledge, wording, phrasings } = this.#parts;
    const options = optionsIn(text, (values.get('options') ?? '').split(' ').length);
    const isOnlyOne = !options.words.includes('or');
    const form = this.#index.document.stages[this.#stage ?? ''];
    const own = new Set(
      form?.kind === 'form' ? form.questions.flatMap(({ slots, also }) => slots.concat(also)) : [],
    );
    const slots = [...this.#index.speech].toSorted(([a], [b]) => Number(own.has(b)) - Number(own.has(a)));
    for (const [slot, speech] of slots) {
      const truth = knowledge.truths[slot];
      if (truth === undefined || typeof truth === 'boolean') continue;
      const key = speech.key(truth);
      if (!options.spans.some(span => speech.read(span) === key)) continue;
      return this.#say(isOnlyOne ? this.#random.pick(phrasings.answers.right) : wording.bare(slot, truth, 1));
    }
    return this.#say(this.#random.pick(isOnlyOne ? phrasings.answers.wrong : phrasings.answers.noneOfThem));
  }

  #askedNow(key: string): number {
    const times = this.#asked.get(key) ?? 0;
    this.#asked.set(key, times + 1);
    return times;
  }

  /** With what this caller says before and after; nothing of it when asked again. */
  #sayAround(text: string, times: number): Reply {
    const { before, after, secondSpeaker } = this.#parts.persona;
    if (times > 1) return this.#say(text);
    const lead =
      before !== undefined && this.#random.chance(before.chance) ? `${this.#random.pick(before.say)} ` : '';
    const tail = after !== undefined && this.#random.chance(after.chance) ? this.#random.pick(after.say) : '';
    const other =
      secondSpeaker !== undefined && this.#random.chance(secondSpeaker.chance)
        ? `, ${this.#random.pick(secondSpeaker.say)}`
        : '';
    return this.#say(`${lead}${text}${tail}${other}`);
  }

  #say(text: string, intent?: CallerIntent): Reply {
    const { persona, phrasings } = this.#parts;
    const isHesitant = this.#random.chance(persona.hesitation);
    const words = isHesitant ? `${this.#random.pick(phrasings.answers.hesitations)} ${text}` : text;
    const lostWords = this.#random.chance(persona.cutIn) ? 1 : 0;
    return { type: 'say', text: words, lostWords, intent };
  }
}

function asks(sentences: readonly HeardSentence[]): boolean {
  return sentences.some(({ acts }) => acts.some(({ type }) => QUESTIONS.has(type)));
}
