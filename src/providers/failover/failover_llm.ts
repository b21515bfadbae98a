import { LIMITS } from '../../config/limits.ts';
import type { Llm, LlmDelta, LlmMessage, LlmRequest, LlmToolCall } from '../types.ts';
import { type Attempt, type FailoverObserver, faultOf } from './attempt.ts';
import type { Candidates } from './candidates.ts';
import { firstToSpeak, type RaceLimits, type Won } from './race.ts';
import { Rounds } from './rounds.ts';
import { type Begun, beginStream } from './stream.ts';
import { Continuation, WholeWords } from './whole_words.ts';

const RACE: RaceLimits = {
  hedgeLeastMs: LIMITS.llmHedgeLeastMs,
  hedgeMostMs: LIMITS.llmHedgeMostMs,
  attemptMs: LIMITS.llmFailoverMs,
  lastMs: LIMITS.llmFirstByteMs,
};

/** As the user's, since some models take a last message of their own for one to be completed, and others refuse it. */
const GO_ON: LlmMessage = {
  role: 'user',
  text:
    'Your last message was cut off by a technical fault. Go on exactly where it ends, in the same language, with the next ' +
    'word. Do not repeat any of it, do not apologise and do not mention this.',
};

/**
 * Models in order, as one. Each request goes to the first that works, and to a second one beside it when the first token is
 * late; when one fails in mid-answer the next goes on with what was said. Text comes in whole words.
 */
export class FailoverLlm implements Llm {
  readonly name = 'failover';
  readonly #candidates: Candidates<Llm>;
  readonly #observer: FailoverObserver;

  constructor(candidates: Candidates<Llm>, observer: FailoverObserver) {
    this.#candidates = candidates;
    this.#observer = observer;
  }

  prepare(): void {
    for (const { provider } of this.#candidates.list) provider.prepare();
  }

  async *reply(request: LlmRequest): AsyncGenerator<LlmDelta> {
    const rounds = new Rounds(this.#candidates, this.#observer, request.signal);
    const answer = new Answer(request);
    while (!answer.isOver) {
      const { attempt, result } = await this.#begin(rounds, answer);
      request.onAnswer?.(attempt.answeredBy);
      try {
        answer.begin();
        for (const delta of result.pieces) yield* answer.take(delta);
        while (!answer.isOver) yield* answer.take(await this.#next(rounds, attempt, result));
        attempt.succeeded();
      } catch (error) {
        request.signal.throwIfAborted();
        rounds.failed(attempt, error);
        yield* answer.broken();
      } finally {
        // Whoever asked may have stopped listening.
        attempt.abandoned();
        result.stream.close();
      }
    }
  }

  /** The models are shared: whoever made the candidates closes them. */
  async close(): Promise<void> {}

  #begin(rounds: Rounds<Llm>, answer: Answer): Promise<Won<Llm, Begun<LlmDelta>>> {
    return firstToSpeak({
      rounds,
      limits: RACE,
      start: attempt =>
        beginStream(
          this.#candidates,
          attempt,
          attempt.provider.reply(answer.requestNow(attempt.signal)),
          delta => delta.type !== 'text' || delta.text !== '',
        ),
    });
  }

  async #next(rounds: Rounds<Llm>, attempt: Attempt<Llm>, { stream }: Begun<LlmDelta>): Promise<LlmDelta> {
    const { kind } = this.#candidates;
    const fault = (why: 'timeout' | 'protocol', what: string) =>
      faultOf(kind, attempt.provider.name, why, what);
    const isLast = rounds.isLast(attempt.candidate);
    const delta = await stream.next({
      limitMs: isLast ? LIMITS.llmSilentMs : LIMITS.llmPauseMs,
      late: () => fault('timeout', 'fell silent in mid-answer'),
    });
    if (delta === undefined) throw fault('protocol', 'broke off in mid-answer');
    return delta;
  }
}

/** One answer, put together from what several models said of it. */
class Answer {
  readonly #request: LlmRequest;
  readonly #delivered = new Set<string>();
  #said = '';
  #words = new WholeWords();
  #continuation: Continuation | undefined;
  #isOver = false;

  constructor(request: LlmRequest) {
    this.#request = request;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What a model is asked now. */
  requestNow(signal: AbortSignal): LlmRequest {
    const said = this.#said.trimEnd();
    if (said === '') return { ...this.#request, signal };
    const messages = [...this.#request.messages, { role: 'assistant' as const, text: said }, GO_ON];
    return { ...this.#request, messages, signal };
  }

  /** Another model speaks from here on. */
  begin(): void {
    this.#words = new WholeWords();
    this.#continuation = this.#said.trim() === '' ? undefined : new Continuation(this.#said);
  }

  *take(delta: LlmDelta): Generator<LlmDelta> {
    if (delta.type === 'text') {
      yield* this.#say(this.#words.take(delta.text));
      return;
    }
    yield* this.#say(this.#words.rest(), true);
    if (delta.type === 'end') {
      this.#isOver = true;
      yield delta;
    } else if (this.#isNew(delta.call)) yield delta;
  }

  /** Its model failed. After a tool call there is no other answer: the tool may be running. */
  *broken(): Generator<LlmDelta> {
    if (this.#delivered.size === 0) return;
    this.#isOver = true;
    yield { type: 'end', reason: 'toolCalls', usage: undefined };
  }

  *#say(words: string, isLast = false): Generator<LlmDelta> {
    const passed = this.#continuation?.take(words) ?? words;
    const text = isLast ? passed + (this.#continuation?.rest() ?? '') : passed;
    if (text === '') return;
    this.#said += text;
    yield { type: 'text', text };
  }

  #isNew({ name, argumentsJson }: LlmToolCall): boolean {
    const key = `${name} ${plainJson(argumentsJson)}`;
    if (this.#delivered.has(key)) return false;
    this.#delivered.add(key);
    return true;
  }
}

/** Equal for equal objects, however they are written. */
function plainJson(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), ordered);
  } catch {
    return json;
  }
}

/** For JSON.stringify: an object with its keys in order. */
function ordered(_: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
