import type { AnsweredBy } from '../providers/use.ts';
import type { Flow, FlowState, FlowStep, Heard } from '../workflow/types.ts';
import type { Utterance } from './sounding.ts';

/** Who thought of an answer; where it brings its own sound also who heard what it answers, and speaks. */
export interface ResponseBy {
  readonly heard?: AnsweredBy | undefined;
  readonly thought?: AnsweredBy | undefined;
  readonly spoken?: AnsweredBy | undefined;
  /** By name, who went on with it after that one. */
  readonly thoughtThen?: readonly string[] | undefined;
  /** Whoever spoke it failed, so that the voice of the chain goes on. */
  readonly isTakenOver?: boolean | undefined;
}

/** How the agent answers what it heard: what it will say, and where the conversation stands from the first word on. */
export interface Response {
  readonly step: FlowStep;
  /** One sentence after another, as soon as each is known. Ends, or throws what went wrong. */
  readonly sentences: AsyncIterable<string>;
  /** When a model began to answer, in media time; undefined before, and where none is asked. */
  readonly firstTokenMs?: number | undefined;
  /** Providers that gave the first of it, as far as that is known; who speaks its sentences is not its business. */
  readonly by?: ResponseBy | undefined;
  /** In place of them, where some of it brings its own sound. */
  readonly spoken?: AsyncIterable<Utterance>;
  /** The caller has ended: it will be said. Until then it may be a guess, and nothing may come of it. */
  commit(): void;
  /** Where it stands once it is over, with what came of it since `step`: `text` was heard of it. */
  closed(text: string): FlowStep;
  /** Ends what is under way for it; safe at any time. */
  drop(): void;
}

/** Whatever makes up an agent's mind: a flow, or a model. Nothing but the returned response may come of a call. */
export interface Responder {
  /** An answer will be wanted soon. Never waits, never throws. */
  prepare(): void;
  /** Whether the words alone decide on the answer, if the recogniser is that sure of them (1 by default), and not how sure it is. */
  isModel(state: FlowState, confidence?: number): boolean;
  respond(state: FlowState, heard: Heard, todayIso: string): Response;
  /** The conversation is over: ends what is under way beside it. */
  close(): void;
}

/** A flow knows at once all that it says. */
export class FlowResponder implements Responder {
  readonly #flow: Flow;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  prepare(): void {}

  isModel(): boolean {
    return false;
  }

  respond(state: FlowState, heard: Heard, todayIso: string): Response {
    return knownResponse(this.#flow.next(state, heard, { todayIso }));
  }

  close(): void {}
}

/** What is said in full already. */
export function knownResponse(step: FlowStep): Response {
  return {
    step,
    sentences: inOrder(step.say),
    commit: () => undefined,
    closed: () => ({ ...step, effects: [] }),
    drop: () => undefined,
  };
}

export async function* inOrder<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
