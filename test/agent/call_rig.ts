import pino from 'pino';
import type { Frame } from '../../pipeline/frame.ts';
import { LAST_WORDS } from '../../src/agent/farewell.ts';
import { Voice } from '../../src/agent/voice.ts';
import { AudioCall } from '../../src/calls/audio_call.ts';
import { available, readSamples } from '../../src/calls/ring.ts';
import { CONTROL, createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { TalkCalls } from '../../src/calls/talk_calls.ts';
import type { OpenRecorder } from '../../src/calls/talk_recording.ts';
import type { ToAudio, ToTalk } from '../../src/calls/thread_messages.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Line, LineEndReason, LineEvents } from '../../src/lines/line.ts';
import type { CallEvent, EventDetail, EventType } from '../../src/store/events.ts';
import { ManualTimers, RATE_HZ, type Script, ScriptedFlow, ScriptedStt, ScriptedTts } from './fakes.ts';
import { settle } from './rig.ts';

const FRAME_MS = 10;
/** Frames between `push` and the wire. */
const LINE_FRAMES = 3;
const VAD_WINDOW_MS = 32;
const LOUD = 0.02;

/** A line whose far end is the test: noise while the caller speaks, and what reached the wire. */
class WireLine implements Line {
  readonly kind = 'room';
  readonly rateHz = RATE_HZ;
  readonly party = { from: '', to: '' };
  readonly playoutDelayMs = LINE_FRAMES * FRAME_MS;
  callerSpeaks = false;
  /** One entry a frame: whether the agent was audible in it. */
  readonly wire: boolean[] = [];
  endedBy: LineEndReason | undefined;
  readonly #events: LineEvents;
  readonly #queue: boolean[] = [];

  constructor(events: LineEvents) {
    this.#events = events;
  }

  pull(frame: Frame): void {
    for (let i = 0; i < frame.samples.length; i += 1) {
      frame.samples[i] = this.callerSpeaks ? 0.4 * (Math.random() * 2 - 1) : 0;
    }
  }

  push(frame: Frame): void {
    this.#queue.push(frame.samples.some(sample => Math.abs(sample) > LOUD));
    if (this.#queue.length > LINE_FRAMES) this.wire.push(this.#queue.shift()!);
  }

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

const refuseToRecord: OpenRecorder = () => {
  throw new Error('nobody consented');
};

/** Both halves of a call, audio and talk, on one clock that is moved by hand. Loudness stands in for the VAD. */
export class CallRig {
  readonly stt = new ScriptedStt();
  readonly events: CallEvent[] = [];
  readonly sent: ToAudio[] = [];
  readonly calls: TalkCalls;
  readonly call: AudioCall;
  line!: WireLine;
  readonly #timers = new ManualTimers();
  readonly #slot = slotView(createSlotMemory(1), 0);
  readonly #voice: Voice;
  #pump: () => void = () => undefined;
  #windowMs = 0;

  constructor(script: Script, turn: Record<string, number> = {}, openRecorder = refuseToRecord) {
    const tts = new ScriptedTts();
    tts.sampleOf = () => 8000;
    this.#voice = new Voice(tts, this.#timers.after);
    const memory = this.#slot.control.buffer as SharedArrayBuffer;
    this.calls = new TalkCalls(
      {
        memory,
        stt: this.stt,
        voice: this.#voice,
        flows: new Map([['scripted', new ScriptedFlow(script)]]),
        events: { sink: { append: event => this.events.push(event) }, flush: async () => undefined },
        openRecorder,
        config: configSchema.parse({ turn }),
        after: this.#timers.after,
        log: pino({ level: 'silent' }),
        nowMs: () => 0,
        send: message => this.#toAudio(message),
      },
      (_, action) => {
        this.#pump = action;
        return () => {
          this.#pump = () => undefined;
        };
      },
    );
    const tell = (message: ToTalk) => message.type !== 'stop' && this.calls.receive(message);
    this.call = new AudioCall(
      this.#slot,
      RATE_HZ,
      events => {
        this.line = new WireLine(events);
        return this.line;
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
    await this.#voice.keep(Object.values(LAST_WORDS), RATE_HZ);
    this.call.answered();
    this.calls.receive({
      type: 'answered',
      call: {
        callId: 'call',
        tenantId: 'tenant',
        slot: 0,
        rateHz: RATE_HZ,
        lineKind: 'room',
        direction: 'inbound',
        from: '',
        to: '',
        workflow: 'scripted',
        room: '',
        assignedAtMs: 0,
      },
    });
    await settle();
    return this;
  }

  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms && this.line.endedBy === undefined; passedMs += FRAME_MS) {
      this.call.tick();
      this.#judge();
      await settle();
      this.#pump();
      this.#timers.pass(FRAME_MS);
      await settle();
    }
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
    const { vadInput, control } = this.#slot;
    const window = new Int16Array((VAD_WINDOW_MS * RATE_HZ) / 1000);
    while (available(vadInput) >= window.length) {
      readSamples(vadInput, window);
      const loud = window.filter(sample => Math.abs(sample) > 1000).length > window.length / 2;
      this.#windowMs += VAD_WINDOW_MS;
      Atomics.store(control, CONTROL.vadProbability, loud ? 65_000 : 0);
      Atomics.store(control, CONTROL.vadWindow, this.#windowMs / VAD_WINDOW_MS);
    }
  }

  #toAudio(message: ToAudio): void {
    this.sent.push(message);
    if (message.type === 'policy') this.call.policy = message.policy;
    else if (message.type === 'cut') this.call.cut(message.generation);
    else if (message.type === 'hangUp' && message.drain) this.call.hangUpWhenQuiet();
    else if (message.type === 'hangUp') this.call.hangUp('localHangup');
  }
}
