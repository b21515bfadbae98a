import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Llm, LlmMessage, LlmToolCall } from '../../providers/types.ts';
import type { AnsweredBy } from '../../providers/use.ts';
import { keepTurn } from '../../workflow/talk_history.ts';
import { WAY_TOOL } from '../../workflow/tools.ts';
import type { Flow, FlowStep, ToolExchange } from '../../workflow/types.ts';
import { GIVEN_UP } from '../given_up.ts';
import type { After } from '../ports.ts';
import type { Response, ResponseBy } from '../responder.ts';
import { failureText } from '../tools/tool_answer.ts';
import type { ToolDesk, ToolInHand } from '../tools/tool_desk.ts';
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

const ONE_AFTER_THE_OTHER = 'first see what the other tools answered, then call it again';

/**
 * One answer of a model, from its first word on. Tools that it calls are run once the answer is committed, and it goes on
 * with what they answered.
 */
export class ModelResponse implements Response {
  readonly step: FlowStep;
  readonly sentences = new LineUp<string>();
  readonly #parts: ResponseParts;
  readonly #question: Question;
  /** What came of tools before it was asked. */
  readonly #known: ReadonlySet<string>;
  readonly #committed = Promise.withResolvers<void>();
  readonly #stopped = new AbortController();
  readonly #late = new AbortController();
  /** Aborted by either. */
  readonly #signal = AbortSignal.any([this.#stopped.signal, this.#late.signal]);
  readonly #words = new SaidWords();
  readonly #waiting: Waiting;
  #firstTokenMs: number | undefined;
  #thought: AnsweredBy | undefined;
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
    const done = tools?.open ?? [];
    this.#known = new Set(done.map(({ id }) => id));
    void this.#run(messagesOf(question, medium, done));
  }

  get firstTokenMs(): number | undefined {
    return this.#firstTokenMs;
  }

  get by(): ResponseBy {
    return { thought: this.#thought };
  }

  readonly #onAnswer = (by: AnsweredBy): void => {
    this.#thought ??= by;
  };

  commit(): void {
    this.#committed.resolve();
    this.#waiting.commit();
  }

  closed(heard: string): FlowStep {
    const { flow, memory, tools } = this.#parts;
    const { untold = [] } = tools ?? {};
    const { state, effects } = this.#withTools(untold);
    tools?.told(untold);
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
    const { tools } = this.#parts;
    const { talk } = this.#question;
    await this.#unlessStopped(this.#committed.promise);
    const { slots } = this.#withTools(tools?.untold ?? []).state;
    const answers = calls.map(call => {
      const isTool = call.name !== WAY_TOOL && tools !== undefined;
      return { id: call.id, inHand: isTool ? tools.call(call, talk, slots) : undefined };
    });
    this.#inHand = answers.flatMap(({ inHand }) => inHand ?? []);
    const fillers = this.#inHand.map(({ tool }) => talk.toolFillers[tool?.name ?? '']);
    this.#waiting.toolsBegun(fillers.find(filler => filler !== undefined));
    const texts = answers.map(({ inHand }) => inHand?.answer ?? failureText('refused', ONE_AFTER_THE_OTHER));
    const told = await this.#unlessStopped(Promise.all(texts));
    return answers.map(({ id }, at) => ({ role: 'tool', toolCallId: id, text: told[at] ?? '' }));
  }

  /** Where the call stands with what came of tools, in the order in which it was known. */
  #withTools(exchanges: readonly ToolExchange[]): Pick<FlowStep, 'state' | 'effects'> {
    const { flow, memory } = this.#parts;
    const { state: before, talk, said, todayIso } = this.#question;
    const effects: FlowStep['effects'][number][] = [];
    const tell = (state: FlowStep['state'], exchange: ToolExchange) => {
      const told = flow.tellTool?.(state, exchange, { todayIso });
      effects.push(...(told?.effects ?? []));
      return told?.state ?? state;
    };
    const isKnown = ({ id }: ToolExchange) => this.#known.has(id);
    const known = exchanges.filter(isKnown).reduce(tell, before);
    const history = memory.recall(flow.talk?.(known) ?? talk);
    const heard = keepTurn(flow, known, history, { by: 'caller', text: said });
    const state = exchanges.filter(exchange => !isKnown(exchange)).reduce(tell, heard);
    return { state, effects };
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
    const { flow, tools } = this.#parts;
    for (const sentence of sentences) {
      const { state } = this.#withTools(tools?.untold ?? []);
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
    const { flow, tools } = this.#parts;
    const { state } = this.#withTools(tools?.untold ?? []);
    this.#next = flow.leaveTalk?.(state, way, { todayIso: this.#question.todayIso });
    this.#say('workflow', this.#next?.say ?? []);
  }
}

function lateFault(): TrunklineError {
  return new TrunklineError('LLM_FAILED', `no sentence within ${LIMITS.modelPatienceMs} ms`);
}
