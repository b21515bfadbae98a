import type { TurnPolicy } from '../../pipeline/turn/turn_event.ts';
import type { CallAudio } from '../../src/agent/ports.ts';
import type { Recognition, SpokenSentence, Stt, SttSession, Tts } from '../../src/providers/types.ts';
import type { Flow, FlowState, FlowStep, Heard } from '../../src/workflow/types.ts';

export const RATE_HZ = 8000;
const SAMPLES_PER_MS = RATE_HZ / 1000;
export const WORD_MS = 300;

/** Timers moved by hand. */
export class ManualTimers {
  #nowMs = 0;
  readonly #open = new Set<{ readonly dueMs: number; readonly action: () => void }>();

  readonly after = (delayMs: number, action: () => void): (() => void) => {
    const timer = { dueMs: this.#nowMs + delayMs, action };
    this.#open.add(timer);
    return () => this.#open.delete(timer);
  };

  get open(): number {
    return this.#open.size;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.#open) {
      if (timer.dueMs > this.#nowMs || !this.#open.delete(timer)) continue;
      timer.action();
    }
  }
}

/** Playout moved by hand; holds the samples that the caller would hear. */
export class ManualAudio implements CallAudio {
  readonly rateHz = RATE_HZ;
  generation = 0;
  nowMs = 0;
  policy: TurnPolicy | undefined;
  hangUps: { drain: boolean }[] = [];
  cuts = 0;
  readonly wentOn: number[] = [];
  /** Speech waits while this much is queued. */
  lookAheadSamples = RATE_HZ / 2;
  heard: number[] = [];
  #forgotten = 0;
  /** Told when a stretch of speech begins to be heard. */
  onStarted: (atMs: number) => void = () => undefined;
  #queued: number[] = [];
  #idle = true;
  #waiting: { generation: number; pcm: Int16Array; resolve(position: number | undefined): void }[] = [];

  speak(generation: number, pcm: Int16Array): Promise<number | undefined> {
    return new Promise(resolve => {
      this.#waiting.push({ generation, pcm, resolve });
      this.#take();
    });
  }

  playedSamples(): number {
    return this.#forgotten + this.heard.length;
  }

  /** Keeps a long call from filling the memory. */
  forgetHeard(): void {
    this.#forgotten += this.heard.length;
    this.heard = [];
  }

  mediaMs(): number {
    return this.nowMs;
  }

  get queuedSamples(): number {
    return this.#queued.length;
  }

  cut(): void {
    this.cuts += 1;
    this.silence();
  }

  /** What the audio thread does when the caller takes the floor. */
  silence(): void {
    this.generation += 1;
    this.#queued = [];
    this.#idle = true;
    this.#take();
  }

  goOn(hold: number): void {
    this.wentOn.push(hold);
  }

  setPolicy(policy: TurnPolicy): void {
    this.policy = policy;
  }

  hangUp(options: { drain: boolean }): void {
    this.hangUps.push(options);
  }

  play(ms: number): void {
    this.nowMs += ms;
    const played = this.#queued.splice(0, ms * SAMPLES_PER_MS);
    if (played.length === 0) {
      this.#idle = true;
      return;
    }
    for (const sample of played) this.heard.push(sample);
    if (this.#idle) this.onStarted(this.nowMs);
    this.#idle = false;
    this.#take();
  }

  #take(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const stale = next.generation !== this.generation;
      if (!stale && this.#queued.length >= this.lookAheadSamples) return;
      this.#waiting.shift();
      const position = this.playedSamples() + this.#queued.length;
      if (!stale) for (const sample of next.pcm) this.#queued.push(sample);
      next.resolve(stale ? undefined : position);
    }
  }
}

/** Every word lasts WORD_MS; every sample of a sentence is the sentence's number, counted from 1. */
export class ScriptedTts implements Tts {
  readonly name = 'scripted';
  readonly rendered: string[] = [];
  attempts = 0;
  open = 0;
  /** Attempts that fail before the next one works. */
  failures = 0;
  /** Sentences that fail at every attempt. */
  readonly broken = new Set<string>();
  /** While true, nothing is rendered and nothing fails. */
  stuck = false;
  /** Value of the samples of the sentence with that number. */
  sampleOf = (sentence: number) => sentence;
  #release: (() => void)[] = [];

  async *speak(
    sentence: string,
    { signal }: { readonly rateHz: 8000 | 16000; readonly signal: AbortSignal },
  ): AsyncGenerator<SpokenSentence> {
    this.attempts += 1;
    this.open += 1;
    try {
      if (this.stuck) await this.#wait(signal);
      await Promise.resolve();
      signal.throwIfAborted();
      if (this.broken.has(sentence)) throw new Error('broken');
      if (this.failures > 0) {
        this.failures -= 1;
        throw new Error('failed');
      }
      this.rendered.push(sentence);
      yield spoken(sentence, this.sampleOf(this.rendered.length));
    } finally {
      this.open -= 1;
    }
  }

  unstick(): void {
    this.stuck = false;
    for (const release of this.#release.splice(0)) release();
  }

  async close(): Promise<void> {}

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      this.#release.push(resolve);
      signal.addEventListener('abort', () => resolve());
    });
  }
}

export function spoken(sentence: string, sample: number): SpokenSentence {
  const words = sentence.split(' ').map((word, index) => ({
    word,
    startMs: index * WORD_MS,
    endMs: (index + 1) * WORD_MS,
  }));
  return {
    pcm: new Int16Array(words.length * WORD_MS * SAMPLES_PER_MS).fill(sample),
    rateHz: RATE_HZ,
    words,
  };
}

export class ScriptedSession implements SttSession {
  state: 'open' | 'finished' | 'cancelled' | 'failed' = 'open';
  readonly written: number[] = [];
  readonly expectId: string;
  readonly #stt: ScriptedStt;
  readonly #onPartial: ((text: string) => void) | undefined;

  constructor(stt: ScriptedStt, expectId: string, onPartial?: (text: string) => void) {
    this.#stt = stt;
    this.#onPartial = onPartial;
    this.expectId = expectId;
  }

  write(pcm: Int16Array): void {
    if (this.#stt.writeFailures > 0) {
      this.#stt.writeFailures -= 1;
      throw new Error('write failed');
    }
    for (const sample of pcm) this.written.push(sample);
  }

  /** What is heard so far. */
  partial(text: string): void {
    this.#onPartial?.(text);
  }

  /** As a recogniser that has nothing ready, unless something is. */
  async settle(): Promise<Recognition> {
    await this.#stt.settling;
    const settled = this.#stt.settled.shift();
    if (settled === undefined) throw new Error('not settled');
    return settled;
  }

  async finish(): Promise<Recognition> {
    if (this.#stt.stuck) await this.#stt.wait();
    await Promise.resolve();
    if (this.state === 'cancelled') throw new Error('cancelled');
    if (this.#stt.finishFailures > 0) {
      this.#stt.finishFailures -= 1;
      this.state = 'failed';
      throw new Error('finish failed');
    }
    this.state = 'finished';
    return this.#stt.finals.shift() ?? understood('yes');
  }

  cancel(): void {
    if (this.state === 'open') this.state = 'cancelled';
  }
}

export class ScriptedStt implements Stt {
  readonly name = 'scripted';
  readonly sessions: ScriptedSession[] = [];
  finals: Recognition[] = [];
  /** What is understood at each pause. */
  settled: Recognition[] = [];
  /** Before that. */
  settling: Promise<void> = Promise.resolve();
  openFailures = 0;
  writeFailures = 0;
  finishFailures = 0;
  stuck = false;
  #release: (() => void)[] = [];

  prepare(): void {}

  open({ expect, onPartial }: Parameters<Stt['open']>[0]): ScriptedSession {
    if (this.openFailures > 0) {
      this.openFailures -= 1;
      throw new Error('open failed');
    }
    const session = new ScriptedSession(this, expect.id, onPartial);
    this.sessions.push(session);
    return session;
  }

  get openSessions(): number {
    return this.sessions.filter(session => session.state === 'open').length;
  }

  unstick(): void {
    this.stuck = false;
    for (const release of this.#release.splice(0)) release();
  }

  wait(): Promise<void> {
    return new Promise(resolve => this.#release.push(resolve));
  }

  async close(): Promise<void> {}
}

export function understood(text: string, confidence = 0.9): Recognition {
  return { text, confidence, alternatives: [] };
}

export type Script = (state: FlowState, heard: Heard) => Partial<FlowStep> & { done?: boolean };

/** A workflow whose state is a stage number; what it says is up to the test. */
export class ScriptedFlow implements Flow {
  readonly name = 'scripted';
  readonly version = '1';
  readonly initial: FlowState = {
    workflow: 'scripted',
    version: '1',
    stage: '0',
    slots: {},
    memory: {},
    done: false,
  };
  readonly calls: { readonly stage: string; readonly heard: Heard }[] = [];
  script: Script;

  constructor(script: Script) {
    this.script = script;
  }

  next(state: FlowState, heard: Heard): FlowStep {
    this.calls.push({ stage: state.stage, heard });
    if (this.calls.length > 100) this.calls.shift();
    const { done = false, ...step } = this.script(state, heard);
    const stage = String(Number(state.stage) + 1);
    return {
      say: [`Question number ${stage} please.`],
      effects: [],
      expect: { id: `stage ${stage}`, jsgf: '' },
      patience: 'normal',
      minConfidence: 0.3,
      interruptible: true,
      ...step,
      state: { ...state, stage, done },
    };
  }
}
