import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Llm, LlmMessage, LlmToolCall } from '../../providers/types.ts';
import type { AnsweredBy } from '../../providers/use.ts';
import { keepTurn } from '../../workflow/talk_history.ts';
import { WAY_TOOL } from '../../workflow/tools.ts';
import type { Flow, FlowStep, Talk } from '../../workflow/types.ts';
import { Answerers } from '../answerers.ts';
import { GIVEN_UP } from '../given_up.ts';
import type { After } from '../ports.ts';
import type { Response, ResponseBy } from '../responder.ts';
import type { ToolDesk, ToolInHand } from '../tools/tool_desk.ts';
import { ToolTurn } from '../tools/tool_turn.ts';
import { LineUp } from './line_up.ts';
import { type Medium, messagesOf, type Question, toolsOf, wayOf } from './model_request.ts';
import { SaidWords } from './said_words.ts';
import { SentenceSplitter } from './sentence_splitter.ts';
import type { TalkMemory } from './talk_memory.ts';
import { Waiting } from './waiting.ts';

export interface ModelParts {
  readonly flow: Flow;
  readonly llm: Llm;
  /** Runs what the model calls; without it nothing is offered. */
  readonly tools?: ToolDesk;
  readonly after: After;
  /** `voice` by default. */
  readonly medium?: Medium;
  /** Of the whole conversation, where that has several responders; else it is the responder's own. */
  readonly memory?: TalkMemory;
  /** Media time of the call in milliseconds; in a chat nobody asks for it. */
  nowMs?(): number;
  /** Told of a model that failed; the call goes on without it. */
  onFault(error: unknown): void;
}

export type ResponseParts = ModelParts & { readonly memory: TalkMemory };

/**
 * One answer of a model, from its first word on. Tools that it calls are run once the answer is committed, and it goes on
 * with what they answered.
 */
export class ModelResponse implements Response {
  readonly step: FlowStep;
  readonly sentences = new LineUp<string>();
  readonly #parts: ResponseParts;
  readonly #question: Question;
  readonly #tools: ToolTurn;
  readonly #committed = Promise.withResolvers<void>();
  readonly #stopped = new AbortController();
  readonly #late = new AbortController();
  /** Aborted by either. */
  readonly #signal = AbortSignal.any([this.#stopped.signal, this.#late.signal]);
  readonly #words = new SaidWords();
  readonly #waiting: Waiting;
  #firstTokenMs: number | undefined;
  readonly #thought = new Answerers();
  #inHand: readonly ToolInHand[] = [];
  /** Where the call goes after it. */
  #next: FlowStep | undefined;

  constructor(parts: ResponseParts, question: Question) {
    const { flow, after, tools, medium = 'voice' } = parts;
    const { state, talk, said, todayIso } = question;
    this.#parts = parts;
    this.#question = question;
    this.#waiting = new Waiting({
      after,
      isPatient: medium === 'text',
      filler: talk.filler,
      onFiller: words => this.#say('filler', [words]),
      onLate: () => this.#late.abort(lateFault()),
    });
    // Silence is how a stage that asks nothing new tells what it expects.
    const open = flow.next(state, { type: 'start' }, { todayIso });
    this.step = {
      ...open,
      say: [],
      state: keepTurn(flow, state, talk, { by: 'caller', text: said }),
      effects: [],
    };
    const recall = (one: Talk) => parts.memory.recall(one);
    this.#tools = new ToolTurn({ ...question, flow, tools, recall });
    void this.#run(messagesOf(question, medium, tools?.open ?? []));
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
    this.#committed.resolve();
    this.#waiting.commit();
  }

  closed(heard: string): FlowStep {
    const { flow, memory } = this.#parts;
    const { state, effects } = this.#tools.close();
    const text = this.#words.heard(heard);
    const isBeyond = text.length > this.#words.model.length || text === this.#words.all;
    if (this.#next !== undefined && isBeyond)
      return { ...this.#next, effects: [...effects, ...this.#next.effects] };
    const talk = flow.talk?.(state) ?? this.#question.talk;
    const end = text === '' ? state : keepTurn(flow, state, talk, { by: 'agent', text });
    memory.look(flow.talk?.(end));
    return { ...this.step, state: end, effects };
  }

  drop(): void {
    this.#waiting.close();
    this.#stopped.abort(GIVEN_UP);
    for (const tool of this.#inHand) tool.letGo();
    this.sentences.end();
  }

  async #run(messages: readonly LlmMessage[]): Promise<void> {
    try {
      const way = await this.#converse(messages);
      if (way === undefined && this.#words.model === '') throw new Error('a model that says nothing');
      if (way !== undefined) this.#goOn(way);
    } catch (error) {
      if (!this.#stopped.signal.aborted) {
        this.#parts.onFault(error);
        this.#goOn(undefined);
      }
    } finally {
      this.sentences.end();
    }
  }

  /** Listens to the model until it calls no more tools; returns the way that it chose, if it did. */
  async #converse(start: readonly LlmMessage[]): Promise<string | undefined> {
    const { talk } = this.#question;
    const messages = [...start];
    for (let round = 0; ; round += 1) {
      const { text, calls } = await this.#listen(messages);
      const isOver = calls.every(({ name }) => name === WAY_TOOL) || talk.tools.length === 0;
      if (isOver || round === LIMITS.toolRounds) return calls.findLast(({ way }) => way !== undefined)?.way;
      const answers = await this.#runTools(calls);
      messages.push({ role: 'assistant', text, toolCalls: calls }, ...answers);
      this.#waiting.askedAgain();
    }
  }

  /** Takes what the model says; returns it as it came, and what it called. */
  async #listen(messages: readonly LlmMessage[]) {
    const { talk } = this.#question;
    const { llm, tools } = this.#parts;
    const splitter = new SentenceSplitter();
    const calls: (LlmToolCall & { readonly way: string | undefined })[] = [];
    let text = '';
    const offered = talk.tools.filter(tool => tools?.has(tool));
    const request = {
      messages,
      tools: toolsOf(talk, offered),
      signal: this.#signal,
      onAnswer: this.#onAnswer,
    };
    for await (const delta of llm.reply(request)) {
      if (delta.type !== 'end') this.#firstTokenMs ??= this.#parts.nowMs?.();
      if (delta.type === 'text') {
        text += delta.text;
        this.#sayOfModel(splitter.push(delta.text));
      } else if (delta.type === 'toolCall') {
        const { call } = delta;
        calls.push({ ...call, way: call.name === WAY_TOOL ? wayOf(call.argumentsJson, talk) : undefined });
      }
    }
    this.#sayOfModel(splitter.end());
    return { text, calls };
  }

  /** Not before the answer is committed: until then it is a guess. */
  async #runTools(calls: readonly LlmToolCall[]): Promise<LlmMessage[]> {
    await this.#unlessStopped(this.#committed.promise);
    const { inHand, filler, answers } = this.#tools.run(calls);
    this.#inHand = inHand;
    this.#waiting.toolsBegun(filler);
    const told = await this.#unlessStopped(answers);
    return told.map(({ id, text }) => ({ role: 'tool', toolCallId: id, text }));
  }

  async #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const signal = this.#signal;
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    try {
      return await Promise.race([work, promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Says what of a model's sentences the workflow's guardrails let pass. */
  #sayOfModel(sentences: readonly string[]): void {
    const { flow } = this.#parts;
    for (const sentence of sentences) {
      const { state } = this.#tools.after(this.#tools.untold);
      this.#say('model', flow.guard?.(state, sentence, this.#words.model) ?? [sentence]);
    }
  }

  #say(by: 'model' | 'filler' | 'workflow', sentences: readonly string[]): void {
    if (sentences.length === 0) return;
    if (by !== 'filler') this.#waiting.said();
    this.#words.add(by, sentences);
    this.sentences.push(...sentences);
  }

  #goOn(way: string | undefined): void {
    const { flow } = this.#parts;
    const { state } = this.#tools.after(this.#tools.untold);
    this.#next = flow.leaveTalk?.(state, way, { todayIso: this.#question.todayIso });
    this.#say('workflow', this.#next?.say ?? []);
  }
}

function lateFault(): TrunklineError {
  return new TrunklineError('LLM_FAILED', `no sentence within ${LIMITS.modelPatienceMs} ms`);
}
