import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { vadWindowLength } from '../../models/silero.ts';
import type { Frame, PipelineRateHz } from '../../pipeline/frame.ts';
import { LAST_WORDS } from '../../src/agent/farewell.ts';
import { HOLDING_WORDS } from '../../src/agent/holding.ts';
import type { ToolRunner } from '../../src/agent/tools/tool_runner.ts';
import { Voice } from '../../src/agent/voice.ts';
import { AudioCall } from '../../src/calls/audio_call.ts';
import { createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import type { TalkServices } from '../../src/calls/talk_call.ts';
import { TalkCalls } from '../../src/calls/talk_calls.ts';
import type { OpenRecorder } from '../../src/calls/talk_recording.ts';
import type { CallInfo, ToAudio, ToCall } from '../../src/calls/thread_messages.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Line, LineEndReason, LineEvents } from '../../src/lines/line.ts';
import type { Llm, Stt, Tts } from '../../src/providers/types.ts';
import type { CallEvent, EventDetail, EventType } from '../../src/store/events.ts';
import type { Flow } from '../../src/workflow/types.ts';
import type { CallFlows } from '../../src/workflow/versions/call_flows.ts';
import { hear, speak } from '../calls/halves.ts';
import { correctVoice } from '../calls/tell_voice.ts';
import { PLAIN_POLICY } from '../pipeline/plain_sound.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';
import { ManualTimers, RATE_HZ, ScriptedStt, ScriptedTts } from './fakes.ts';
import { plainFlows } from './plain_flows.ts';
import { settle } from './rig.ts';

const shared = await sharedParts(256);

const FRAME_MS = 10;
/** Frames between `push` and the wire. */
const LINE_FRAMES = 3;
const LOUD = 0.02;

/** A line whose far end is the test: noise while the caller speaks, and what reached the wire. */
class WireLine implements Line {
  readonly kind = 'room';
  readonly rateHz: PipelineRateHz;
  readonly party = { from: '', to: '' };
  readonly playoutDelayMs = LINE_FRAMES * FRAME_MS;
  /** Noise of the caller, or what the caller says. */
  callerSpeaks = false;
  voice: Float32Array = new Float32Array(0);
  /** What was said and not judged yet. */
  readonly heard: number[] = [];
  /** One entry a frame: whether the agent was audible in it. */
  readonly wire: boolean[] = [];
  endedBy: LineEndReason | undefined;
  readonly #events: LineEvents;
  readonly #queue: boolean[] = [];
  #frames = 0;

  constructor(rateHz: PipelineRateHz, events: LineEvents) {
    this.rateHz = rateHz;
    this.#events = events;
  }

  pull({ samples }: Frame): void {
    const said = this.voice.subarray(0, samples.length);
    this.voice = this.voice.subarray(samples.length);
    // As syllables: what is steady is taken for noise.
    const loudness = 0.1 + 0.3 * Math.abs(Math.sin(this.#frames++ / 5));
    for (let i = 0; i < samples.length; i += 1) {
      samples[i] = this.callerSpeaks ? loudness * (Math.random() * 2 - 1) : (said[i] ?? 0);
    }
    this.heard.push(...samples);
  }

  measureDelay(): void {}

  push(frame: Frame): void {
    this.#queue.push(frame.samples.some(sample => Math.abs(sample) > LOUD));
    if (this.#queue.length > LINE_FRAMES) this.wire.push(this.#queue.shift()!);
  }

  press(): void {}

  flush(): number {
    const flushedMs = this.#queue.length * FRAME_MS;
    this.#queue.fill(false);
    return flushedMs;
  }

  stats() {
    return { framesPulled: 0, framesConcealed: 0, framesPushed: 0, framesDropped: 0, jitterBufferMs: 0 };
  }

  async close(reason: LineEndReason): Promise<void> {
    if (this.endedBy !== undefined) return;
    this.endedBy = reason;
    this.#events.ended(reason);
  }

  get agentMs(): number {
    return this.wire.filter(audible => audible).length * FRAME_MS;
  }
}

/** Loudness stands in for the network. */
function isLoud(window: readonly number[]): number {
  return window.filter(sample => Math.abs(sample) > 0.03).length > window.length / 2 ? 1 : 0;
}

const refuseToRecord: OpenRecorder = () => {
  throw new Error('nobody consented');
};

function loudTts(): ScriptedTts {
  const tts = new ScriptedTts();
  tts.sampleOf = () => 8000;
  return tts;
}

export interface CallRigOptions {
  readonly flow: Flow;
  /** In place of it, where it has versions. */
  readonly flows?: CallFlows;
  /** Beside it; those that it may hand over to. */
  readonly others?: readonly Flow[];
  readonly rateHz?: PipelineRateHz;
  readonly stt?: Stt;
  readonly tts?: Tts;
  readonly llm?: Llm;
  readonly tools?: ToolRunner;
  /** The caller's voice is judged by the network, not by its loudness. */
  readonly hasNetwork?: true;
  readonly turn?: Record<string, number>;
  readonly openRecorder?: OpenRecorder;
  /** Real time given to others in each tick. */
  readonly pauseMs?: number;
  readonly lineKind?: CallInfo['lineKind'];
  readonly resume?: CallInfo['resume'];
  readonly flush?: () => Promise<void>;
  /** The caller's number, and the call's own id. */
  readonly from?: string;
  readonly callId?: string;
  readonly attributes?: CallInfo['attributes'];
  readonly earlier?: TalkServices['earlier'];
  readonly nowMs?: () => number;
  /** Nobody keeps checkpoints. */
  readonly isEdgeAway?: boolean;
  /** Where the call's facts go; its own when left out. */
  readonly events?: CallEvent[];
}

/** Both halves of a call, audio and talk, on one clock that is moved by hand. */
export class CallRig {
  readonly events: CallEvent[];
  readonly sent: ToAudio[] = [];
  readonly calls: TalkCalls;
  readonly call: AudioCall;
  readonly rateHz: PipelineRateHz;
  line!: WireLine;
  readonly #options: CallRigOptions;
  readonly #timers = new ManualTimers();
  readonly #slot = slotView(createSlotMemory(1), 0);
  readonly #voice: Voice;
  #pump: () => void = () => undefined;

  constructor(options: CallRigOptions) {
    const { flow, others = [], rateHz = RATE_HZ, stt = new ScriptedStt(), tts = loudTts() } = options;
    this.#options = options;
    this.events = options.events ?? [];
    this.rateHz = rateHz;
    this.#voice = new Voice(tts, this.#timers.after);
    this.calls = new TalkCalls(
      {
        memory: this.#slot.control.buffer as SharedArrayBuffer,
        stt,
        llm: options.llm,
        tools: options.tools,
        speech: undefined,
        earlier: options.earlier,
        voice: this.#voice,
        flows: options.flows ?? plainFlows(flow, ...others),
        events: {
          sink: { append: event => this.events.push(event) },
          flush: options.flush ?? (async () => undefined),
        },
        openRecorder: options.openRecorder ?? refuseToRecord,
        config: configSchema.parse({ turn: options.turn ?? {} }),
        after: this.#timers.after,
        log: pino({ level: 'silent' }),
        nowMs: options.nowMs ?? (() => 0),
        send: message => this.#toAudio(message),
      },
      (_, action) => {
        this.#pump = action;
        return () => {
          this.#pump = () => undefined;
        };
      },
    );
    const tell = (message: ToCall) => this.calls.receive(message);
    this.call = new AudioCall(
      {
        slot: this.#slot,
        rateHz,
        shared,
        policy: PLAIN_POLICY,
        openLine: events => {
          this.line = new WireLine(rateHz, events);
          return this.line;
        },
      },
      {
        answered: () => undefined,
        turn: event => tell({ type: 'turn', slot: 0, event }),
        dtmf: (digit, atMs) => tell({ type: 'dtmf', slot: 0, digit, atMs }),
        playoutStarted: (position, atMs) => tell({ type: 'playoutStarted', slot: 0, position, atMs }),
        playoutDrained: (position, atMs) => tell({ type: 'playoutDrained', slot: 0, position, atMs }),
        ended: (reason, atMs) => tell({ type: 'lineEnded', slot: 0, reason, atMs, stats: this.line.stats() }),
      },
    );
  }

  async answer(): Promise<this> {
    await this.#voice.keep([...Object.values(LAST_WORDS), HOLDING_WORDS], this.rateHz);
    this.call.answered();
    const { lineKind = 'room', resume, from = '', callId = 'call', attributes } = this.#options;
    this.calls.receive({
      type: 'answered',
      call: {
        callId,
        ...(attributes && { attributes }),
        tenantId: 'tenant',
        slot: 0,
        rateHz: this.rateHz,
        lineKind,
        ...(resume && { resume }),
        direction: 'inbound',
        from,
        to: '',
        workflow: this.#options.flow.name,
        room: '',
        assignedAtMs: 0,
      },
    });
    await settle();
    return this;
  }

  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms && this.line.endedBy === undefined; passedMs += FRAME_MS) {
      hear(this.call);
      this.#judge();
      speak(this.call);
      await settle();
      this.#pump();
      this.#timers.pass(FRAME_MS);
      await (this.#options.pauseMs === undefined ? settle() : sleep(this.#options.pauseMs));
    }
  }

  /** Time goes by without a line. */
  async waits(ms: number): Promise<void> {
    await settle();
    this.#timers.pass(ms);
    await settle();
  }

  /** The caller speaks for so long. */
  async speak(ms: number): Promise<void> {
    this.line.callerSpeaks = true;
    await this.pass(ms);
    this.line.callerSpeaks = false;
  }

  details<T extends EventType>(type: T): EventDetail<T>[] {
    return this.events.filter(event => event.type === type).map(event => event.detail as EventDetail<T>);
  }

  #judge(): void {
    const { voice } = this.call;
    const { windows } = voice;
    shared.tick([voice]);
    if (this.#options.hasNetwork === true || voice.windows === windows) return;
    correctVoice(shared, this.call, isLoud(this.line.heard.splice(0, vadWindowLength(this.rateHz))));
  }

  #toAudio(message: ToAudio): void {
    this.sent.push(message);
    if (message.type === 'policy') this.call.policy = message.policy;
    else if (message.type === 'cut') this.call.cut(message.generation);
    else if (message.type === 'goOn') this.call.goOn(message.hold);
    else if (message.type === 'checkpoint' && this.#options.isEdgeAway !== true)
      queueMicrotask(() =>
        this.calls.receive({ type: 'checkpointKept', slot: message.slot, number: message.number }),
      );
    else if (message.type === 'hangUp' && message.drain) this.call.hangUpWhenQuiet();
    else if (message.type === 'hangUp') this.call.hangUp('localHangup');
  }
}
