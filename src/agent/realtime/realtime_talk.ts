import type {
  SpeechConversation,
  SpeechEngine,
  SpeechSetup,
  SpokenAnswer,
} from '../../providers/speech/types.ts';
import type { Stt, SttSession } from '../../providers/types.ts';
import type { Flow, FlowState, FlowStep, Heard, Talk } from '../../workflow/types.ts';
import type { TalkMemory } from '../model/talk_memory.ts';
import type { After } from '../ports.ts';
import { knownResponse, type Responder, type Response } from '../responder.ts';
import type { ConversationState } from '../resumption.ts';
import { runningText } from '../tools/tool_answer.ts';
import type { ToolDesk } from '../tools/tool_desk.ts';
import { SpeechEar } from './speech_ear.ts';
import { SpeechResponse } from './speech_response.ts';
import { speechSetup } from './speech_setup.ts';

export interface RealtimeParts {
  readonly flow: Flow;
  readonly engine: SpeechEngine;
  /** Hears where the engine does not. */
  readonly stt: Stt;
  readonly rateHz: 8000 | 16000;
  readonly after: After;
  /** Media time in milliseconds. */
  nowMs(): number;
  /** Answers where the engine does not, by a model where `hasModel`, else as the flow does alone. */
  readonly chainOf: (flow: Flow) => Responder;
  readonly hasModel: boolean;
  /** Runs what a model calls. */
  readonly tools?: ToolDesk | undefined;
  /** Of the chain's model, which takes notes of a long talk. */
  readonly memory: TalkMemory | undefined;
  /** The conversation's, as it is now. */
  state(): ConversationState;
  todayIso(): string;
  /** Told of what failed; the call goes on with the others. */
  onFault(error: unknown): void;
}

/** An answer that is on its way, to words that nobody was told of yet. */
interface Pending {
  readonly text: string;
  readonly answer: SpokenAnswer;
}

/**
 * A call's ear and mind where a model hears and speaks by itself: within stages that a model leads the caller's turns go to it
 * instead of the recogniser, and what it answers is said with its own sound. Everywhere else, and wherever it fails, the
 * recogniser and the responder of the chain do as they always do.
 */
export class RealtimeTalk implements Responder {
  readonly ear: Stt;
  readonly #parts: RealtimeParts;
  readonly #chain: Responder;
  readonly #rescue: Responder | undefined;
  #conversation: SpeechConversation | undefined;
  /** Where it is told of, and with what the talk may have ended for it to be what it remembers. */
  #stage = '';
  #ends: readonly (string | undefined)[] = [];
  /** Runs of tools that it was told of when the conversation began, as they stood, and those of its own calls. */
  readonly #toldRuns = new Map<string, string>();
  readonly #ownRuns = new Set<string>();
  #pending: Pending | undefined;
  #latest: SpeechResponse | undefined;
  /** It failed in this turn: the chain takes it. */
  #isResting = false;

  constructor(parts: RealtimeParts) {
    const { flow, chainOf, stt } = parts;
    this.#parts = parts;
    this.#chain = chainOf(flow);
    this.#rescue = parts.hasModel ? chainOf(withoutFiller(flow)) : undefined;
    this.ear = {
      name: stt.name,
      prepare: expect => stt.prepare(expect),
      open: options => this.#open(options),
      close: () => stt.close(),
    };
  }

  /** The caller begins, or will soon. */
  prepare(): void {
    this.#isResting = false;
    if (this.#connect() === undefined) this.#chain.prepare();
  }

  isModel(state: FlowState, confidence?: number): boolean {
    return this.#chain.isModel(state, confidence);
  }

  respond(state: FlowState, heard: Heard, todayIso: string): Response {
    const pending = this.#pending;
    this.#pending = undefined;
    const talk = this.#talkOf(state);
    const isConcern = this.#parts.flow.concerns?.(state, heard) === true;
    if (talk !== undefined && heard.type === 'speech' && heard.text !== '' && !isConcern) {
      if (pending?.text === heard.text)
        return this.#answered(pending.answer, { talk, state, heard, todayIso });
      pending?.answer.forget();
      if (this.#rescue === undefined) return this.#leave(state, todayIso);
    } else pending?.answer.forget();
    const isLost = this.#isResting && this.#rescue === undefined && !isConcern;
    if (talk !== undefined && heard.type === 'speech' && isLost) return this.#leave(state, todayIso);
    const response = this.#chain.respond(state, heard, todayIso);
    const next = this.#talkOf(response.step.state);
    // It costs nothing, and the first turn need not wait for it.
    if (next !== undefined && this.#conversation === undefined && !this.#isResting)
      this.#begin(response.step.state, next, response.step.say);
    return response;
  }

  close(): void {
    this.#hangUp();
    this.#chain.close();
    this.#rescue?.close();
  }

  #hangUp(): void {
    this.#conversation?.close();
    this.#conversation = undefined;
  }

  #answered(answer: SpokenAnswer, question: ConstructorParameters<typeof SpeechResponse>[1]): Response {
    const { memory, tools } = this.#parts;
    const parts = {
      ...this.#parts,
      tools,
      rescue: this.#rescue,
      recall: (talk: Talk) => memory?.recall(talk) ?? talk,
      onRuns: (runs: readonly string[], isKnown: boolean) => this.#knows(runs, isKnown),
      onClosed: (step: FlowStep, isByRescue: boolean) => this.#closed(step, isByRescue),
    };
    this.#ends = [...this.#ends.slice(-1), question.heard.text];
    this.#latest = new SpeechResponse(parts, question, answer);
    return this.#latest;
  }

  /** What the far end knows of runs: all that will be known of them, or what is known now. */
  #knows(runs: readonly string[], isAll: boolean): void {
    for (const run of runs) {
      if (isAll) this.#ownRuns.add(run);
      else this.#ownRuns.delete(run);
    }
    const now = this.#openRuns.filter(({ id }) => !isAll && runs.includes(id));
    for (const { id, text } of now) this.#toldRuns.set(id, text);
  }

  /** Nobody leads the talk. */
  #leave(state: FlowState, todayIso: string): Response {
    const { flow } = this.#parts;
    const step = flow.leaveTalk?.(state, undefined, { todayIso });
    return knownResponse(step ?? flow.next(state, { type: 'silence' }, { todayIso }));
  }

  #closed({ state }: FlowStep, isByRescue: boolean): void {
    const talk = this.#talkOf(state);
    if (isByRescue || talk === undefined || placeOf(state) !== this.#stage) this.#hangUp();
    else {
      this.#ends = [talk.turns.at(-1)?.text];
      this.#parts.memory?.look(talk);
    }
  }

  #open(options: Parameters<Stt['open']>[0]): SttSession {
    // What was answered but never said is not remembered; what the caller said before a pause is sent once more.
    this.#pending?.answer.forget();
    this.#pending = undefined;
    if (this.#latest?.isTakenBack === true) this.#latest.forget();
    const conversation = this.#isResting ? undefined : this.#connect();
    if (conversation === undefined) return this.#parts.stt.open(options);
    return new SpeechEar(conversation, {
      connect: () => this.#connect(),
      setup: () => this.#setup(),
      onAnswer: (text, answer) => {
        this.#pending = { text, answer };
      },
      onFault: error => {
        this.#isResting = true;
        this.#parts.onFault(error);
      },
    });
  }

  #setup(): SpeechSetup | undefined {
    const { state, todayIso } = this.#parts;
    const { flow: now } = state();
    const talk = this.#talkOf(now);
    return talk && this.#setupOf(talk, now, todayIso());
  }

  #setupOf(talk: Talk, now: FlowState, todayIso: string): SpeechSetup {
    const { tools } = this.#parts;
    return speechSetup(
      talk,
      talk.tools.filter(tool => tools?.has(tool)),
      now,
      todayIso,
    );
  }

  /** Undefined where it does not lead. */
  #talkOf(state: FlowState): Talk | undefined {
    return this.#parts.flow.talk?.(state);
  }

  /** The conversation of this stage, if there can be one: a new one is told what was said before. */
  #connect(): SpeechConversation | undefined {
    const { flow: now, said } = this.#parts.state();
    const talk = this.#talkOf(now);
    if (talk === undefined) {
      this.#hangUp();
      return undefined;
    }
    if (this.#conversation?.isFit === true && this.#remembers(now, talk)) return this.#conversation;
    this.#hangUp();
    return this.#begin(now, talk, said);
  }

  #remembers(now: FlowState, { turns }: Talk): boolean {
    const open = new Map(this.#openRuns.map(({ id, text }) => [id, text]));
    const isTold = [...open].every(([id, text]) => this.#ownRuns.has(id) || this.#toldRuns.get(id) === text);
    const isNews = [...this.#toldRuns].some(([id, text]) => text === runningText() && open.get(id) !== text);
    return isTold && !isNews && placeOf(now) === this.#stage && this.#ends.includes(turns.at(-1)?.text);
  }

  /** Tools that were called before and are in no history yet. */
  get #openRuns() {
    return this.#parts.tools?.open ?? [];
  }

  #begin(now: FlowState, talk: Talk, said: readonly string[]): SpeechConversation | undefined {
    const { engine, rateHz, todayIso, memory } = this.#parts;
    const known = memory?.recall(talk) ?? talk;
    const greeting = said.length > 0 ? [{ by: 'agent' as const, text: said.join(' ') }] : [];
    this.#stage = placeOf(now);
    this.#ends = [talk.turns.at(-1)?.text];
    try {
      const setup = this.#setupOf(known, now, todayIso());
      const open = this.#openRuns;
      this.#ownRuns.clear();
      this.#toldRuns.clear();
      for (const { id, text } of open) this.#toldRuns.set(id, text);
      const runs = open.map(({ id, tool, argumentsJson, text }) => {
        return { by: 'tool' as const, id, tool, argumentsJson, text };
      });
      const before = [...known.turns, ...runs];
      this.#conversation = engine.open({
        rateHz,
        setup,
        said: before.length > 0 ? before : greeting,
      });
    } catch {
      // Who failed before was told of then.
      this.#isResting = true;
    }
    return this.#conversation;
  }
}

/** A call may go from workflow to workflow, with stages of one name. */
function placeOf({ workflow, stage }: FlowState): string {
  return `${workflow} ${stage}`;
}

/** It was said already where somebody takes over. */
function withoutFiller(flow: Flow): Flow {
  return {
    name: flow.name,
    version: flow.version,
    initial: flow.initial,
    next: (state, heard, context) => flow.next(state, heard, context),
    talk: state => {
      const talk = flow.talk?.(state);
      return talk && { ...talk, filler: undefined };
    },
    ...(flow.form !== undefined && { form: flow.form.bind(flow) }),
    ...(flow.leaveTalk !== undefined && { leaveTalk: flow.leaveTalk.bind(flow) }),
    ...(flow.concerns !== undefined && { concerns: flow.concerns.bind(flow) }),
    ...(flow.tellTool !== undefined && { tellTool: flow.tellTool.bind(flow) }),
    ...(flow.keepTurn !== undefined && { keepTurn: flow.keepTurn.bind(flow) }),
  };
}
