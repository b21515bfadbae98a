import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { CallRecord } from '../../src/agent/call_record.ts';
import { Conversation } from '../../src/agent/conversation.ts';
import { LAST_WORDS } from '../../src/agent/farewell.ts';
import { RecognisedInterjections } from '../../src/agent/interjection.ts';
import { ModelResponder } from '../../src/agent/model/model_responder.ts';
import { TalkMemory } from '../../src/agent/model/talk_memory.ts';
import { type After, NO_RECORDING } from '../../src/agent/ports.ts';
import { BRIDGING_WORDS } from '../../src/agent/resumption.ts';
import { Voice } from '../../src/agent/voice.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/calls/checkpoint.ts';
import { configSchema } from '../../src/config/schema.ts';
import { openProviders, type Providers } from '../../src/providers/registry.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { historyTokens } from '../../src/workflow/talk_history.ts';
import { FRAME_MS, RATE_HZ, SimulatedLine } from '../chaos/simulated_line.ts';
import { callerLines, FACTS, friendFlow, UTTERANCES } from './script.ts';
import { KEY, MS_PER_WORD, type Services } from './services.ts';
import { VirtualTimers } from './virtual_timers.ts';

const REACTION_MS = 300;
const NOTICED_MS = 60;
const FELL_SILENT_MS = 150;
const FRAME = new Int16Array((RATE_HZ * FRAME_MS) / 1000);
/** Frames after which sockets have their turn. */
const FRAMES_AT_ONCE = 20;
/** An answer that takes longer in real time never comes. */
const LONGEST_WAIT_MS = 30_000;

export interface LongCallOptions {
  readonly exchanges: number;
  /** From one exchange to the next, media time. */
  readonly exchangeMs: number;
  readonly budgetTokens: number;
  readonly urls: Services['urls'];
  /** Told after each exchange. */
  onExchange?(done: number): void;
}

export interface LongCall {
  readonly turns: number;
  readonly callMs: number;
  readonly factsAsked: number;
  /** What the agent answered to what was asked at the end. */
  readonly answers: readonly string[];
  readonly factsKept: number;
  readonly mostHistoryTokens: number;
  readonly mostStateCharacters: number;
  readonly forgottenTurns: number;
  readonly takeovers: number;
  readonly timersLeft: number;
  readonly faults: readonly string[];
}

const realAfter: After = (delayMs, action) => {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
};

/**
 * One call of many exchanges, faster than real time: media time goes on by the frame while somebody speaks or nobody has to, and
 * stands still while an answer is on the way over the sockets. Half-way the conversation is handed over as after a crash.
 */
export async function runLongCall(options: LongCallOptions): Promise<LongCall> {
  const providers = await openProviders(configSchema.parse({ providers: configured(options.urls) }), {
    clock: { nowMs: () => performance.now(), after: realAfter },
    observer: { attempt: () => undefined, switched: () => undefined },
    folder: '/',
    env: { DEEPGRAM_API_KEY: KEY, OPENAI_API_KEY: KEY, CARTESIA_API_KEY: KEY },
    onUse: () => undefined,
  });
  try {
    const call = new Call(providers, options);
    return await call.run();
  } finally {
    await providers.close();
  }
}

function configured({ stt, llm, tts }: Services['urls']): unknown {
  return {
    stt: [{ kind: 'deepgram', url: stt }],
    llm: [{ kind: 'openai', model: 'gpt-4.1-mini', url: llm }],
    tts: [{ kind: 'cartesia', voice: 'one', url: tts }],
  };
}

class Call {
  readonly #providers: Providers;
  readonly #options: LongCallOptions;
  readonly #line = new SimulatedLine({ keepsFrames: false });
  readonly #timers = new VirtualTimers();
  readonly #voice: Voice;
  readonly #record: CallRecord;
  readonly #faults: string[] = [];
  readonly #answers: string[] = [];
  #conversation: Conversation | undefined;
  /** What the agent said last, and how often it has spoken. */
  #said = '';
  #spoken = 0;
  #mostTokens = 0;
  #mostCharacters = 0;
  #checkpoint = '';

  constructor(providers: Providers, options: LongCallOptions) {
    this.#providers = providers;
    this.#options = options;
    this.#voice = new Voice(providers.tts, this.#timers.after);
    const sink = { append: (event: CallEvent) => this.#append(event) };
    this.#record = new CallRecord(sink, { callId: 'call', tenantId: 'tenant' }, Date.now);
  }

  async run(): Promise<LongCall> {
    const { exchanges, exchangeMs, budgetTokens, onExchange } = this.#options;
    await this.#voice.keep([...Object.values(LAST_WORDS), BRIDGING_WORDS], RATE_HZ);
    await this.#begin();
    const questions = new Map(FACTS.map(({ asked }, at) => [asked, at]));
    for (const [at, words] of callerLines(exchanges).entries()) {
      if (at === Math.floor(exchanges / 2)) await this.#handOver();
      await this.#pass(Math.max(this.#line.mediaMs() + REACTION_MS, at * exchangeMs));
      await this.#exchange(words);
      const question = questions.get(words);
      if (question !== undefined) this.#answers[question] = this.#said;
      onExchange?.(at + 1);
    }
    await this.#pass(Math.max(this.#line.mediaMs(), exchanges * exchangeMs));
    const { state } = this.#conversation!;
    this.#conversation!.lineEnded();
    await setImmediate();
    return {
      turns: this.#record.turns,
      callMs: this.#line.mediaMs(),
      factsAsked: FACTS.length,
      answers: this.#answers,
      factsKept: FACTS.filter(({ value }, at) => this.#answers[at]?.includes(value)).length,
      mostHistoryTokens: this.#mostTokens,
      mostStateCharacters: this.#mostCharacters,
      forgottenTurns: friendFlow(budgetTokens).talk?.(state.flow)?.forgotten ?? 0,
      takeovers: 1,
      timersLeft: this.#timers.open,
      faults: this.#faults,
    };
  }

  async #begin(): Promise<void> {
    const { stt, llm } = this.#providers;
    const { after } = this.#timers;
    const flow = friendFlow(this.#options.budgetTokens);
    const onFault = (error: unknown) =>
      void this.#faults.push(error instanceof Error ? error.message : String(error));
    if (llm === undefined) throw new Error('no model');
    const memory = new TalkMemory({ llm, after: realAfter, onFault });
    const conversation = new Conversation({
      audio: this.#line,
      stt,
      interjections: new RecognisedInterjections(stt, after),
      voice: this.#voice,
      responder: new ModelResponder({ flow, llm, after, memory, onFault }),
      initial: flow.initial,
      record: this.#record,
      recording: NO_RECORDING,
      after,
      turn: configSchema.parse({}).turn,
      todayIso: () => '2026-01-01',
      resumed: this.#checkpoint === '' ? undefined : readCheckpoint(this.#checkpoint).conversation,
      onProgress: () => this.#progress(flow),
      onFault,
    });
    this.#conversation = conversation;
    this.#line.onStarted = atMs => conversation.playoutStarted(atMs);
    const spoken = this.#spoken;
    conversation.answered();
    await this.#hear(spoken);
  }

  /** As a process does whose neighbour has died: all that it has is the last checkpoint. */
  async #handOver(): Promise<void> {
    this.#conversation?.lineEnded();
    this.#line.cut();
    await this.#begin();
  }

  #progress(flow: ReturnType<typeof friendFlow>): void {
    const conversation = this.#conversation?.state;
    if (conversation === undefined) return;
    const checkpoint = writeCheckpoint({
      conversation,
      turns: this.#record.turns,
      tools: [],
      versions: {},
      epochMs: 0,
      recording: null,
    });
    if (checkpoint === undefined) this.#faults.push('a checkpoint is too long to be kept');
    else this.#checkpoint = checkpoint;
    const talk = flow.talk?.(conversation.flow);
    if (talk !== undefined) this.#mostTokens = Math.max(this.#mostTokens, historyTokens(talk));
    this.#mostCharacters = Math.max(this.#mostCharacters, checkpoint?.length ?? Infinity);
  }

  #append({ type, detail }: CallEvent): void {
    if (type !== 'turn.agent') return;
    this.#said = detail.text;
    this.#spoken += 1;
  }

  /** The caller says something and hears the answer out. */
  async #exchange(words: string): Promise<void> {
    const line = this.#line;
    const conversation = this.#conversation!;
    const onsetMs = line.mediaMs();
    const lastSoundMs = onsetMs + words.split(' ').length * MS_PER_WORD;
    const value = 100 * (UTTERANCES.indexOf(words) + 1);
    await this.#pass(onsetMs + NOTICED_MS, value);
    conversation.turn({ type: 'speechStarted', atMs: onsetMs, noticedMs: line.mediaMs() });
    await this.#pass(lastSoundMs, value);
    await this.#pass(lastSoundMs + FELL_SILENT_MS);
    conversation.turn({ type: 'speechEnded', atMs: lastSoundMs });
    await this.#pass(lastSoundMs + (line.policy?.endOfTurnPauseMs ?? 500));
    const spoken = this.#spoken;
    conversation.turn({ type: 'turnEnded', atMs: line.mediaMs(), lastSoundMs });
    await this.#hear(spoken);
  }

  /** Until the agent has spoken once more. Media time goes on while there is something to hear. */
  async #hear(spokenBefore: number): Promise<void> {
    const untilMs = performance.now() + LONGEST_WAIT_MS;
    while (this.#spoken === spokenBefore) {
      if (performance.now() > untilMs) throw new Error(`no answer: ${this.#faults.join('; ')}`);
      if (this.#line.isQuiet) {
        this.#conversation?.progress();
        await sleep(1);
      } else await this.#pass(this.#line.mediaMs() + FRAME_MS);
    }
  }

  /** Lets media time pass; `value` is what the caller's microphone gives meanwhile. */
  async #pass(untilMs: number, value = 0): Promise<void> {
    for (let frames = 1; this.#line.mediaMs() < untilMs; frames += 1) {
      this.#line.tick();
      const nowMs = this.#line.mediaMs();
      this.#timers.moveTo(nowMs);
      this.#conversation?.heard(FRAME.fill(value), nowMs);
      this.#conversation?.progress();
      if (frames % FRAMES_AT_ONCE === 0) await setImmediate();
    }
  }
}
