import { CallRecord } from '../../src/agent/call_record.ts';
import { Conversation } from '../../src/agent/conversation.ts';
import type { ConversationParts } from '../../src/agent/conversation_parts.ts';
import { LAST_WORDS } from '../../src/agent/farewell.ts';
import { HOLDING_WORDS } from '../../src/agent/holding.ts';
import { RecognisedInterjections } from '../../src/agent/interjection.ts';
import { FlowResponder } from '../../src/agent/responder.ts';
import { Voice } from '../../src/agent/voice.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { CallEvent, EventDetail, EventType } from '../../src/store/events.ts';
import { detailSchema } from '../../src/store/events.ts';
import {
  ManualAudio,
  ManualTimers,
  RATE_HZ,
  type Script,
  ScriptedFlow,
  ScriptedStt,
  ScriptedTts,
} from './fakes.ts';

const STEP_MS = 10;
const MICROTASKS = 40;
/** What the caller's line carries when nothing else is said. */
const QUIET = 0;

type MadeUp = Pick<ConversationParts, 'responder' | 'initial' | 'people'> &
  Partial<Pick<ConversationParts, 'stt'>>;

function flowAlone({ flow }: Rig): MadeUp {
  return { responder: new FlowResponder(flow), initial: flow.initial };
}

/** One call driven by hand: media time, playout and timers move only by `pass`. */
export class Rig {
  readonly audio = new ManualAudio();
  readonly stt = new ScriptedStt();
  readonly tts = new ScriptedTts();
  readonly timers = new ManualTimers();
  readonly voice = new Voice(this.tts, this.timers.after);
  readonly flow: ScriptedFlow;
  readonly events: CallEvent[] = [];
  readonly faults: unknown[] = [];
  readonly recording: string[] = [];
  readonly conversation: Conversation;
  readonly turn = configSchema.parse({}).turn;
  #keepEvents = true;
  #isPaused = false;

  /** `responderOf` makes up the agent's mind over the scripted flow; the flow itself by default. */
  constructor(script: Script = () => ({}), responderOf: (rig: Rig) => MadeUp = flowAlone) {
    this.flow = new ScriptedFlow(script);
    const isPaused = () => this.#isPaused;
    const record = new CallRecord(
      { append: event => this.#append(event) },
      { callId: 'call-1', tenantId: 'tenant' },
      () => 1_700_000_000_000 + this.audio.nowMs,
    );
    this.conversation = new Conversation({
      audio: this.audio,
      stt: this.stt,
      interjections: new RecognisedInterjections(this.stt, this.timers.after),
      voice: this.voice,
      ...responderOf(this),
      record,
      recording: {
        start: () => this.recording.push(`start at ${this.audio.nowMs}`),
        stop: () => this.recording.push(`stop at ${this.audio.nowMs}`),
        pause: sinceMs => this.#pause(true, `pause since ${sinceMs}`),
        resumeSound: () => this.#pause(false, 'sound again'),
        get isPaused() {
          return isPaused();
        },
      },
      after: this.timers.after,
      turn: this.turn,
      todayIso: () => '2025-01-01',
      onProgress: () => undefined,
      onFault: error => this.faults.push(error),
    });
    this.audio.onStarted = atMs => this.conversation.playoutStarted(atMs);
  }

  #pause(isPaused: boolean, what: string): void {
    if (this.#isPaused !== isPaused) this.recording.push(what);
    this.#isPaused = isPaused;
  }

  /** Last words are rendered before the first call, as in the talk thread. */
  async prepare(): Promise<this> {
    await this.voice.keep([...Object.values(LAST_WORDS), HOLDING_WORDS], RATE_HZ);
    this.tts.rendered.length = 0;
    return this;
  }

  async answer(): Promise<this> {
    await this.prepare();
    this.conversation.answered();
    await settle();
    return this;
  }

  /** Lets media time pass; `sample` is what the caller's microphone gives meanwhile. */
  async pass(ms: number, sample = QUIET): Promise<void> {
    const frame = new Int16Array((STEP_MS * RATE_HZ) / 1000).fill(sample);
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      this.audio.play(STEP_MS);
      this.conversation.heard(frame, this.audio.nowMs);
      this.conversation.progress();
      this.timers.pass(STEP_MS);
      await settle();
    }
  }

  /** Until the agent has said all that it has to say. */
  async listen(): Promise<void> {
    for (let i = 0; i < 3000; i += 1) {
      await this.pass(STEP_MS);
      if (this.audio.queuedSamples === 0) break;
    }
    await this.pass(3 * STEP_MS);
  }

  /** The caller begins to speak; the pipeline notices 60 ms after the onset. */
  async startSpeaking(sample = 7): Promise<void> {
    await this.pass(60, sample);
    this.conversation.turn({
      type: 'speechStarted',
      atMs: this.audio.nowMs - 60,
      noticedMs: this.audio.nowMs,
    });
    await settle();
  }

  /** The caller falls silent for `ms`, perhaps not for good. */
  async fallSilent(ms = 100): Promise<void> {
    this.conversation.turn({ type: 'speechEnded', atMs: this.audio.nowMs });
    await settle();
    await this.pass(ms);
  }

  /** The caller says something for `ms` and falls silent until the end of turn is decided. */
  async speak(ms = 500, pauseMs = 300): Promise<void> {
    await this.startSpeaking();
    await this.pass(ms, 7);
    await this.endTurn(pauseMs);
  }

  async endTurn(pauseMs = 300): Promise<void> {
    const lastSoundMs = this.audio.nowMs;
    await this.pass(pauseMs);
    this.conversation.turn({ type: 'turnEnded', atMs: this.audio.nowMs, lastSoundMs });
    await settle();
  }

  /** The audio thread cuts the agent. */
  async bargeIn(): Promise<void> {
    this.audio.silence();
    this.conversation.turn({
      type: 'bargeIn',
      atMs: this.audio.nowMs,
      heardSamples: this.audio.playedSamples(),
    });
    await settle();
  }

  /** A word or two over the agent, for which the audio thread holds it, and after which the agent goes on. */
  async interject(hold = 1): Promise<void> {
    const atMs = this.audio.nowMs;
    await this.pass(200, 7);
    this.conversation.turn({ type: 'backchannel', atMs, untilMs: this.audio.nowMs, hold });
    await settle();
  }

  async silence(): Promise<void> {
    const silentForMs = this.turn.silencePromptMs;
    await this.pass(silentForMs);
    this.conversation.turn({ type: 'silence', atMs: this.audio.nowMs, silentForMs });
    await settle();
  }

  /** Sentence numbers in the order in which they were heard. */
  heardSentences(): number[] {
    return this.audio.heard.filter((sample, index, all) => sample !== all[index - 1]);
  }

  details<T extends EventType>(type: T): EventDetail<T>[] {
    return this.events.filter(event => event.type === type).map(event => event.detail as EventDetail<T>);
  }

  /** What the caller heard, as the transcript has it. */
  said(): string[] {
    return this.details('turn.agent').map(detail => detail.text);
  }

  forgetEvents(): void {
    this.#keepEvents = false;
  }

  #append(event: CallEvent): void {
    detailSchema(event.type).parse(event.detail);
    if (this.#keepEvents) this.events.push(event);
  }
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < MICROTASKS; i += 1) await Promise.resolve();
}
