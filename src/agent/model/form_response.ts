import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { LlmMessage, LlmToolCall } from '../../providers/types.ts';
import type { AnsweredBy } from '../../providers/use.ts';
import type { FlowStep, Heard, LedForm, ModelAnswer, Talk, Verdict } from '../../workflow/types.ts';
import { Answerers } from '../answerers.ts';
import type { Response, ResponseBy } from '../responder.ts';
import {
  type FormQuestion,
  refusedMessages,
  toolsIn,
  understandMessages,
  wordMessages,
} from './form_request.ts';
import { LineUp } from './line_up.ts';
import type { ResponseParts } from './model_response.ts';
import { SaidWords } from './said_words.ts';
import { SentenceSplitter } from './sentence_splitter.ts';
import { Waiting } from './waiting.ts';

export interface FormTurn extends Omit<FormQuestion, 'said' | 'talk'> {
  readonly heard: Extract<Heard, { type: 'speech' }>;
  /** What the engine makes of it by itself, and whether that is all. */
  readonly own: ReturnType<LedForm['hear']>;
}

/** The engine's step, and what a model says in place of the question with which it ends. */
interface Decision {
  readonly step: FlowStep;
  /** Said in place of the whole step. */
  readonly say?: readonly string[];
}

/**
 * One turn of a form that a model leads. What the engine does not understand by itself, the model is asked about; the engine judges what
 * it notes and decides on the step; the model words the question that the step asks, if it may. Where the model is late, fails or says
 * what it may not, the engine goes by what it heard itself, in the workflow's own words. Nothing is said before the step is decided but
 * the filler, and what was not decided has not happened.
 */
export class FormResponse implements Response {
  readonly sentences = new LineUp<string>();
  readonly #parts: ResponseParts;
  readonly #turn: FormTurn;
  readonly #signal: AbortSignal;
  readonly #stopped = new AbortController();
  readonly #late = new AbortController();
  readonly #words = new SaidWords();
  readonly #waiting: Waiting;
  #step: FlowStep;
  /** Somebody may have heard something of it, so that its step stays as it is. */
  #isFrozen = false;
  #decided: FlowStep | undefined;
  #isFault = false;
  #firstTokenMs: number | undefined;
  readonly #thought = new Answerers();

  constructor(parts: ResponseParts, turn: FormTurn) {
    const { flow, after, medium = 'voice' } = parts;
    const { form, own, state, todayIso } = turn;
    this.#parts = parts;
    this.#turn = turn;
    this.#signal = AbortSignal.any([this.#stopped.signal, this.#late.signal]);
    this.#waiting = new Waiting({
      after,
      isPatient: medium === 'text',
      filler: form.talk.filler,
      ...(own.knowsAll && { patienceMs: LIMITS.modelWordingMs }),
      onFiller: words => this.#say('filler', [words]),
      onLate: () => this.#late.abort(lateFault()),
    });
    // Silence is how a state that asks nothing new tells what it expects.
    const open = flow.next(state, { type: 'start' }, { todayIso });
    this.#step = own.knowsAll ? own.step : { ...open, say: [], state, effects: [] };
    void this.#run();
  }

  get step(): FlowStep {
    return this.#step;
  }

  get firstTokenMs(): number | undefined {
    return this.#firstTokenMs;
  }

  get by(): ResponseBy {
    return { thought: this.#thought.first, thoughtThen: this.#thought.wentOn };
  }

  readonly #onAnswer = (by: AnsweredBy): void => {
    this.#thought.note(by);
  };

  commit(): void {
    this.#waiting.commit();
  }

  closed(heard: string): FlowStep {
    const { form, heard: caller } = this.#turn;
    const { flow, memory } = this.#parts;
    const end = this.#decided ?? this.#step;
    const effects = end === this.#step ? [] : end.effects;
    const text = this.#words.heard(heard);
    const said = text === '' ? [] : [text];
    const recall = (talk: Talk) => memory.recall(talk);
    const state = form.close(end.state, { heard: caller.text, said, isFault: this.#isFault, recall });
    memory.look(flow.form?.(state)?.talk ?? flow.talk?.(state));
    return { ...end, state, effects };
  }

  drop(): void {
    this.#waiting.close();
    this.#stopped.abort();
    this.sentences.end();
  }

  async #run(): Promise<void> {
    try {
      const { own } = this.#turn;
      await this.#tell(own.knowsAll ? { step: own.step } : await this.#understand());
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#parts.onFault(error);
    } finally {
      this.sentences.end();
    }
  }

  /** Asks the model what the caller said until the engine can go on with it, or goes by what it heard itself. */
  async #understand(): Promise<Decision> {
    const { form, heard, own, todayIso } = this.#turn;
    const { medium = 'voice' } = this.#parts;
    const before: LlmMessage[] = [];
    try {
      for (let round = 0; round < LIMITS.modelFormRounds; round += 1) {
        const request = understandMessages(this.#question(form, this.#turn.state), medium, before);
        const answer = await this.#ask(request, form);
        const verdict = form.judge(heard, answer, { todayIso });
        if (verdict.type === 'fault') throw new TrunklineError('LLM_FAILED', verdict.why);
        if (verdict.type !== 'refused') return this.#worded(verdict, answer.text);
        before.push(...refusedMessages(answer, verdict.answers));
      }
      throw new TrunklineError('LLM_FAILED', 'nothing of what it noted was said');
    } catch (error) {
      this.#blame(error);
      return { step: own.step, say: own.step.say };
    }
  }

  /** The words that came with what it noted, where they ask what the engine asks next. */
  #worded(
    { step, type, asks: asked }: Exclude<Verdict, { type: 'fault' | 'refused' }>,
    text: string,
  ): Decision {
    const form = this.#parts.flow.form?.(step.state);
    if (form === undefined) return { step };
    const { question } = form;
    const { say, asks } = this.#screened(form, text);
    const lead = type === 'beside' ? [] : leadOf(step, question.sentences);
    const isWorded = asks && !question.isExact && question.slots.includes(asked);
    if (lead !== undefined && isWorded) return { step, say: [...lead, ...say] };
    if (type === 'taken') return { step };
    const statements = asks ? say.slice(0, -1) : say;
    // Where there is nothing to say to what was said beside the question, the engine says what it would.
    if (statements.length === 0) return { step: this.#turn.own.step, say: this.#turn.own.step.say };
    return { step, say: [...statements, ...question.sentences] };
  }

  /** From here on the step stands once a word was heard. */
  async #tell({ step, say }: Decision): Promise<void> {
    this.#decided = step;
    if (!this.#isFrozen) this.#step = step;
    const form = this.#parts.flow.form?.(step.state);
    const lead = form && leadOf(step, form.question.sentences);
    if (say !== undefined || lead === undefined || form?.question.isExact !== false) {
      this.#say('workflow', say ?? step.say);
      return;
    }
    this.#say('workflow', lead);
    this.#say('workflow', (await this.#word(step, form, lead)) ?? form.question.sentences);
  }

  /** The open question in the model's words; undefined where it has none that may be said. */
  async #word(
    step: FlowStep,
    form: LedForm,
    lead: readonly string[],
  ): Promise<readonly string[] | undefined> {
    const { medium = 'voice' } = this.#parts;
    try {
      const { text } = await this.#ask(
        wordMessages(this.#question(form, step.state), medium, lead),
        undefined,
      );
      const { say, asks } = this.#screened(form, text);
      if (text.trim() === '') this.#blame(new TrunklineError('LLM_FAILED', 'no words for a question'));
      return asks ? say : undefined;
    } catch (error) {
      this.#blame(error);
      return undefined;
    }
  }

  #screened(form: LedForm, text: string): ReturnType<LedForm['screen']> {
    const screened = form.screen(sentencesOf(text));
    if (screened.isFault) this.#blame(new TrunklineError('LLM_FAILED', 'words that only a workflow says'));
    return screened;
  }

  #question(form: LedForm, state: FlowStep['state']): FormQuestion {
    const { heard, todayIso } = this.#turn;
    return { form, talk: this.#parts.memory.recall(form.talk), state, said: heard.text, todayIso };
  }

  /** Takes all that the model says; it is judged as a whole. */
  async #ask(messages: readonly LlmMessage[], form: LedForm | undefined): Promise<ModelAnswer> {
    const calls: LlmToolCall[] = [];
    let text = '';
    const tools = form && { tools: toolsIn(form) };
    const request = { messages, signal: this.#signal, onAnswer: this.#onAnswer, ...tools };
    for await (const delta of this.#parts.llm.reply(request)) {
      this.#signal.throwIfAborted();
      if (delta.type !== 'end') this.#firstTokenMs ??= this.#parts.nowMs?.();
      if (delta.type === 'toolCall') calls.push(delta.call);
      if (delta.type === 'text') text += delta.text;
      if (text.length > 4 * LIMITS.modelFormCharacters) break;
    }
    return { text, calls };
  }

  /** What was given up is nobody's fault. */
  #blame(error: unknown): void {
    if (this.#stopped.signal.aborted) throw error;
    this.#isFault = true;
    this.#parts.onFault(this.#late.signal.aborted ? this.#late.signal.reason : error);
  }

  #say(by: 'filler' | 'workflow', sentences: readonly string[]): void {
    if (sentences.length === 0) return;
    if (by !== 'filler') this.#waiting.said();
    this.#isFrozen = true;
    this.#words.add(by, sentences);
    this.sentences.push(...sentences);
  }
}

/** What the step says before the question; undefined where it does not end with that. */
function leadOf({ say }: FlowStep, question: readonly string[]): readonly string[] | undefined {
  const at = say.length - question.length;
  return question.every((sentence, index) => say[at + index] === sentence) ? say.slice(0, at) : undefined;
}

function sentencesOf(text: string): readonly string[] {
  const splitter = new SentenceSplitter();
  return [...splitter.push(text), ...splitter.end()];
}

function lateFault(): TrunklineError {
  return new TrunklineError('LLM_FAILED', 'no words for a form in time');
}
