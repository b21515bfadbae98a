import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Llm } from '../../providers/types.ts';
import { withTurn } from '../../workflow/talk_history.ts';
import type { Flow, FlowState, FlowStep, Heard, Talk } from '../../workflow/types.ts';
import type { After } from '../ports.ts';
import { knownResponse, type Responder, type Response } from '../responder.ts';
import { LineUp } from './line_up.ts';
import { type Medium, messagesOf, toolsOf, WAY_TOOL, wayOf } from './model_request.ts';
import { SentenceSplitter } from './sentence_splitter.ts';
import { TalkMemory } from './talk_memory.ts';

/** A caller who hears nothing for so long after the turn is told that it takes a moment. */
const FILLER_AFTER_MS = 1000;

export interface ModelParts {
  readonly flow: Flow;
  readonly llm: Llm;
  readonly after: After;
  /** `voice` by default. */
  readonly medium?: Medium;
  /** Of the whole conversation, where that has several responders; else it is the responder's own. */
  readonly memory?: TalkMemory;
  /** Told of a model that failed; the call goes on without it. */
  onFault(error: unknown): void;
}

/** The workflow leads, and hands over to a model where it says so. What neither of them understands is left to the workflow. */
export class ModelResponder implements Responder {
  readonly #parts: ModelParts & { readonly memory: TalkMemory };

  constructor(parts: ModelParts) {
    this.#parts = { ...parts, memory: parts.memory ?? new TalkMemory(parts) };
  }

  prepare(): void {
    this.#parts.llm.prepare();
  }

  isModel(state: FlowState): boolean {
    return this.#parts.flow.talk?.(state) !== undefined;
  }

  respond(state: FlowState, heard: Heard, todayIso: string): Response {
    const { flow, memory } = this.#parts;
    const talk = flow.talk?.(state);
    const isTalk = talk !== undefined && heard.type === 'speech' && heard.text !== '';
    if (!isTalk || flow.concerns?.(state, heard)) return knownResponse(flow.next(state, heard, { todayIso }));
    return new ModelResponse(this.#parts, memory.recall(talk), state, heard.text, todayIso);
  }

  close(): void {
    this.#parts.memory.close();
  }
}

/** One answer of a model, from its first word on. */
class ModelResponse implements Response {
  readonly step: FlowStep;
  readonly sentences = new LineUp<string>();
  readonly #parts: ModelParts & { readonly memory: TalkMemory };
  readonly #talk: Talk;
  readonly #todayIso: string;
  readonly #stopped = new AbortController();
  readonly #late = new AbortController();
  /** What the model itself said, and all that was said. */
  #own = '';
  #all = '';
  #filler = '';
  #cancelFiller: () => void = () => undefined;
  #cancelPatience: () => void = () => undefined;
  /** Where the call goes after it. */
  #next: FlowStep | undefined;

  constructor(
    parts: ModelParts & { readonly memory: TalkMemory },
    talk: Talk,
    state: FlowState,
    said: string,
    todayIso: string,
  ) {
    this.#parts = parts;
    this.#talk = talk;
    this.#todayIso = todayIso;
    // Silence is how a stage that asks nothing new tells what it expects.
    const open = parts.flow.next(state, { type: 'start' }, { todayIso });
    const told = withTurn(state, talk, { by: 'caller', text: said });
    this.step = { ...open, say: [], state: told, effects: [] };
    void this.#run(messagesOf(talk, state, said, todayIso, parts.medium ?? 'voice'));
  }

  commit(): void {
    const { filler } = this.#talk;
    if (this.#parts.medium !== 'text') this.#bePatient();
    if (filler === undefined) return;
    this.#cancelFiller = this.#parts.after(FILLER_AFTER_MS, () => {
      if (this.#all !== '') return;
      this.#filler = filler;
      this.sentences.push(filler);
    });
  }

  /** Nobody holds the line for a model that has nothing to say. */
  #bePatient(): void {
    this.#cancelPatience = this.#parts.after(LIMITS.modelPatienceMs, () => {
      const detail = `no sentence within ${LIMITS.modelPatienceMs} ms`;
      if (this.#own === '') this.#late.abort(new TrunklineError('LLM_FAILED', detail));
    });
  }

  closed(heard: string): FlowStep {
    const { flow, memory } = this.#parts;
    const text = heard.startsWith(this.#filler) ? heard.slice(this.#filler.length).trim() : '';
    const talk = flow.talk?.(this.step.state) ?? this.#talk;
    const state = text === '' ? this.step.state : withTurn(this.step.state, talk, { by: 'agent', text });
    const isBeyond = text.length > this.#own.length || text === this.#all;
    if (this.#next !== undefined && isBeyond) return this.#next;
    memory.look(flow.talk?.(state));
    return { ...this.step, state };
  }

  drop(): void {
    this.#cancelFiller();
    this.#cancelPatience();
    this.#stopped.abort();
    this.sentences.end();
  }

  async #run(messages: ReturnType<typeof messagesOf>): Promise<void> {
    const { signal } = this.#stopped;
    try {
      const way = await this.#listen(messages);
      if (way === undefined && this.#own === '') throw new Error('a model that says nothing');
      if (way !== undefined) this.#goOn(way);
    } catch (error) {
      if (!signal.aborted) {
        this.#parts.onFault(error);
        this.#goOn(undefined);
      }
    } finally {
      this.sentences.end();
    }
  }

  /** Takes what the model says; returns the way that it chose, if it did. */
  async #listen(messages: ReturnType<typeof messagesOf>): Promise<string | undefined> {
    const splitter = new SentenceSplitter();
    let way: string | undefined;
    const signal = AbortSignal.any([this.#stopped.signal, this.#late.signal]);
    const request = { messages, tools: toolsOf(this.#talk), signal };
    for await (const delta of this.#parts.llm.reply(request)) {
      if (delta.type === 'text') this.#say(splitter.push(delta.text));
      else if (delta.type === 'toolCall' && delta.call.name === WAY_TOOL)
        way = wayOf(delta.call.argumentsJson, this.#talk) ?? way;
    }
    this.#say(splitter.end());
    return way;
  }

  #say(sentences: readonly string[]): void {
    this.#own = joined(this.#own, sentences);
    this.#all = joined(this.#all, sentences);
    this.sentences.push(...sentences);
  }

  #goOn(way: string | undefined): void {
    const { flow } = this.#parts;
    this.#next = flow.leaveTalk?.(this.step.state, way, { todayIso: this.#todayIso });
    const say = this.#next?.say ?? [];
    this.#all = joined(this.#all, say);
    this.sentences.push(...say);
  }
}

function joined(text: string, more: readonly string[]): string {
  return [text, ...more].filter(part => part !== '').join(' ');
}
