import type { FailoverObserver } from '../../../src/providers/failover/attempt.ts';
import {
  type Candidate,
  Candidates,
  candidateOf,
  type Provider,
  type ProviderKind,
} from '../../../src/providers/failover/candidates.ts';
import type { Clock } from '../../../src/providers/failover/timing.ts';
import { type FaultKind, ProviderFault } from '../../../src/providers/provider_fault.ts';
import type {
  Expectation,
  Llm,
  LlmDelta,
  LlmRequest,
  Recognition,
  SpokenPiece,
  Stt,
  SttSession,
  Tts,
} from '../../../src/providers/types.ts';

/** Anything that nobody handles ends the test that runs. */
const unhandled: unknown[] = [];
process.on('unhandledRejection', reason => unhandled.push(reason));

/** Time that passes only when nothing else can happen. */
class HandClock implements Clock {
  #nowMs = 1_000;
  readonly #timers = new Set<{ readonly atMs: number; readonly action: () => void }>();

  readonly nowMs = (): number => this.#nowMs;

  readonly after = (delayMs: number, action: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    const state = { isOver: false };
    const over = () => {
      state.isOver = true;
    };
    work.then(over, over);
    await quiet();
    while (!state.isOver) {
      if (!this.#fireNext()) throw new Error('nothing will ever happen');
      await quiet();
    }
    return work;
  }

  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (await quiet(); this.#nextMs() <= endMs; await quiet()) this.#fireNext();
    this.#nowMs = endMs;
  }

  #nextMs(): number {
    return Math.min(Infinity, ...[...this.#timers].map(({ atMs }) => atMs));
  }

  #fireNext(): boolean {
    const atMs = this.#nextMs();
    const timer = [...this.#timers].find(candidate => candidate.atMs === atMs);
    if (timer === undefined) return false;
    this.#timers.delete(timer);
    this.#nowMs = Math.max(this.#nowMs, atMs);
    timer.action();
    return true;
  }
}

/** All that can happen without time passing has happened. */
export function quiet(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/** What a scripted provider does next: waits, gives something, or fails. Beyond its script it ends. */
export type Step<T> =
  | { readonly wait: number }
  | { readonly give: T }
  | { readonly fault: FaultKind; readonly retryAfterMs?: number }
  | 'hang';

export const text = (...words: readonly string[]): Step<LlmDelta>[] =>
  words.map(word => ({ give: { type: 'text', text: word } }));
export const call = (name: string, argumentsJson: string): Step<LlmDelta> => ({
  give: { type: 'toolCall', call: { id: `${name}-${Math.random()}`, name, argumentsJson } },
});
export const stop: Step<LlmDelta> = { give: { type: 'end', reason: 'stop', usage: undefined } };

/** Requests under way at scripted providers. */
export class Work {
  open = 0;
}

async function* play<T>(
  steps: readonly Step<T>[],
  fault: (kind: FaultKind, retryAfterMs?: number) => Error,
  { clock, work, signal }: { clock: Clock; work: Work; signal: AbortSignal },
): AsyncGenerator<T> {
  work.open += 1;
  try {
    signal.throwIfAborted();
    for (const step of steps) {
      if (step === 'hang') await pause(clock, Infinity, signal);
      else if ('wait' in step) await pause(clock, step.wait, signal);
      else if ('fault' in step) throw fault(step.fault, step.retryAfterMs);
      else yield step.give;
    }
  } finally {
    work.open -= 1;
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const cancel = ms === Infinity ? () => {} : clock.after(ms, over.resolve);
  const onAbort = () => over.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    await over.promise;
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

export class ScriptedLlm implements Llm {
  readonly name: string;
  readonly requests: LlmRequest[] = [];
  readonly #clock: Clock;
  readonly #work: Work;
  readonly #script: (request: LlmRequest, at: number) => readonly Step<LlmDelta>[];

  constructor(
    rig: Rig,
    name: string,
    script: (request: LlmRequest, at: number) => readonly Step<LlmDelta>[],
  ) {
    this.name = name;
    this.#clock = rig.clock;
    this.#work = rig.work;
    this.#script = script;
  }

  prepare(): void {}

  reply(request: LlmRequest): AsyncIterable<LlmDelta> {
    const at = this.requests.push(request) - 1;
    const fault = (kind: FaultKind, retryAfterMs?: number) =>
      new ProviderFault('LLM_FAILED', kind, `${this.name} as told`, { retryAfterMs });
    const steps = this.#script(request, at);
    return play(steps, fault, { clock: this.#clock, work: this.#work, signal: request.signal });
  }

  async close(): Promise<void> {}
}

export class ScriptedTts implements Tts {
  readonly name: string;
  readonly sentences: string[] = [];
  readonly #clock: Clock;
  readonly #work: Work;
  readonly #script: (sentence: string) => readonly Step<SpokenPiece>[];

  constructor(rig: Rig, name: string, script: (sentence: string) => readonly Step<SpokenPiece>[]) {
    this.name = name;
    this.#clock = rig.clock;
    this.#work = rig.work;
    this.#script = script;
  }

  speak(sentence: string, { signal }: { readonly signal: AbortSignal }): AsyncIterable<SpokenPiece> {
    this.sentences.push(sentence);
    const fault = (kind: FaultKind) => new ProviderFault('TTS_FAILED', kind, `${this.name} as told`);
    return play(this.#script(sentence), fault, { clock: this.#clock, work: this.#work, signal });
  }

  async close(): Promise<void> {}
}

/** How one scripted recogniser behaves in one utterance. */
export interface Hearing {
  readonly failsAtOpen?: Error;
  /** Samples after which `write` throws. */
  readonly failsAfter?: number;
  readonly failsAtSettle?: FaultKind;
  /** Before it settles. */
  readonly settlesAfterMs?: number;
  /** What comes of `finish`; `text` of the samples heard unless given. */
  readonly final?: readonly Step<Recognition>[];
  readonly finalMs?: number;
}

/** What a recogniser that works makes of samples: each of them, in order. */
export function heardText(samples: readonly number[]): string {
  return samples.join(' ');
}

export const recognition = (said: string): Recognition => ({
  text: said,
  confidence: said === '' ? 0 : 1,
  alternatives: [],
});

export class ScriptedStt implements Stt {
  readonly name: string;
  readonly opened: Expectation[] = [];
  readonly #rig: Rig;
  readonly #script: (at: number) => Hearing;

  constructor(rig: Rig, name: string, script: (at: number) => Hearing) {
    this.name = name;
    this.#rig = rig;
    this.#script = script;
  }

  prepare(): void {}

  open({ expect, onPartial }: Parameters<Stt['open']>[0]): SttSession {
    const { clock, work } = this.#rig;
    const hearing = this.#script(this.opened.push(expect) - 1);
    if (hearing.failsAtOpen !== undefined) throw hearing.failsAtOpen;
    const samples: number[] = [];
    const control = new AbortController();
    const fault = (kind: FaultKind) => new ProviderFault('STT_FAILED', kind, `${this.name} as told`);
    let isOver = false;
    const over = () => {
      if (!isOver) work.open -= 1;
      isOver = true;
    };
    work.open += 1;
    const final = async () => {
      const usual: Step<Recognition>[] = [
        { wait: hearing.finalMs ?? 50 },
        { give: recognition(heardText(samples)) },
      ];
      const steps = play(hearing.final ?? usual, fault, { clock, work, signal: control.signal });
      try {
        for await (const found of steps) return found;
        throw fault('protocol');
      } finally {
        over();
      }
    };
    return {
      write: pcm => {
        if (isOver) throw new Error('written to after its end');
        samples.push(...pcm);
        if (samples.length > (hearing.failsAfter ?? Infinity)) throw fault('unavailable');
        onPartial?.(`${this.name}: ${samples.length}`);
      },
      settle: async () => {
        const { settlesAfterMs = 0 } = hearing;
        if (settlesAfterMs > 0) await pause(clock, settlesAfterMs, control.signal);
        if (hearing.failsAtSettle !== undefined) throw fault(hearing.failsAtSettle);
        return recognition(heardText(samples));
      },
      finish: final,
      cancel: () => {
        over();
        control.abort(fault('refused'));
      },
    };
  }

  async close(): Promise<void> {}
}

/** What failover tells, a line each. */
class Told implements FailoverObserver {
  readonly attempts: string[] = [];
  readonly switches: string[] = [];

  attempt(kind: ProviderKind, provider: string, outcome: string, latencyMs: number): void {
    this.attempts.push(`${kind} ${provider} ${outcome} ${latencyMs}`);
  }

  switched(kind: ProviderKind, from: string, to: string, why: string): void {
    this.switches.push(`${kind} ${from}→${to} ${why}`);
  }
}

export class Rig {
  readonly clock = new HandClock();
  readonly work = new Work();
  readonly told = new Told();

  candidates<P extends Provider>(kind: ProviderKind, ...providers: readonly P[]): Candidates<P> {
    const list: Candidate<P>[] = providers.map(provider => candidateOf(provider, this.clock));
    return new Candidates(kind, list, this.clock);
  }

  /** What should not be: timers, requests and rejections that nobody waits for. */
  async leftovers(): Promise<Record<string, number>> {
    await quiet();
    return { timers: this.clock.timers, open: this.work.open, unhandled: unhandled.length };
  }
}

export const NO_LEFTOVERS = { timers: 0, open: 0, unhandled: 0 };

export async function gather<T>(pieces: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}
