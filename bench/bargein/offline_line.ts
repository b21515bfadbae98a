import { FRAME_MS, type Frame, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import type { Line, LineEndReason, LineEvents } from '../../src/lines/line.ts';
import { CODECS, type CodecName } from '../wire/codec.ts';
import { PACKET_MS } from '../wire/rtp_sender.ts';
import type { EventCaller } from './event_caller.ts';
import type { Trace } from './trace.ts';

/** What the jitter buffer of a phone's line holds on a network that is no trouble. */
const HELD_BACK_MS = 20;
const FULL_SCALE = 32_768;

/** The line of one call whose far end is in the same thread: packets of 20 ms through the codec, on media time. */
export class OfflineLine implements Line {
  readonly kind = 'trunk';
  readonly rateHz: PipelineRateHz;
  readonly party = { from: '', to: '' };
  readonly playoutDelayMs = PACKET_MS;
  readonly #caller: EventCaller;
  readonly #events: LineEvents;
  readonly #trace: Trace | undefined;
  readonly #encodeCaller: (pcm: Int16Array) => Uint8Array;
  readonly #decodeCaller: (payload: Uint8Array) => Int16Array;
  readonly #encodeAgent: (pcm: Int16Array) => Uint8Array;
  readonly #decodeAgent: (payload: Uint8Array) => Int16Array;
  readonly #packet: Int16Array;
  /** Of the caller, arrived and not pulled yet. */
  readonly #arrived: Int16Array[] = [];
  readonly #agent: Int16Array;
  #ticks = 0;

  constructor(codecName: CodecName, caller: EventCaller, events: LineEvents, trace: Trace | undefined) {
    const codec = CODECS[codecName];
    this.rateHz = codec.rateHz;
    this.#caller = caller;
    this.#events = events;
    this.#trace = trace;
    this.#encodeCaller = codec.createEncoder();
    this.#decodeCaller = codec.createDecoder();
    this.#encodeAgent = codec.createEncoder();
    this.#decodeAgent = codec.createDecoder();
    this.#packet = new Int16Array(2 * frameLength(codec.rateHz));
    this.#agent = new Int16Array(2 * frameLength(codec.rateHz));
    for (let heldMs = 0; heldMs < HELD_BACK_MS; heldMs += FRAME_MS)
      this.#arrived.push(new Int16Array(frameLength(codec.rateHz)));
  }

  pull(frame: Frame): void {
    if (this.#ticks % 2 === 0) this.#receive();
    const pcm = this.#arrived.shift()!;
    for (let i = 0; i < pcm.length; i += 1) frame.samples[i] = pcm[i]! / FULL_SCALE;
    this.#trace?.heard(frame.samples);
    frame.concealed = false;
    frame.heldBackMs = HELD_BACK_MS;
  }

  push({ samples }: Frame): void {
    this.#trace?.said(samples);
    const half = this.#ticks % 2;
    const at = half * samples.length;
    for (let i = 0; i < samples.length; i += 1) {
      const scaled = Math.round(samples[i]! * FULL_SCALE);
      this.#agent[at + i] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, scaled));
    }
    this.#ticks += 1;
    if (half === 1) this.#caller.received(this.#decodeAgent(this.#encodeAgent(this.#agent)), this.#nowMs);
  }

  flush(): number {
    return 0;
  }

  measureDelay(): void {}

  press(): void {}

  stats(): ReturnType<Line['stats']> {
    return {
      framesPulled: this.#ticks,
      framesConcealed: 0,
      framesPushed: this.#ticks,
      framesDropped: 0,
      jitterBufferMs: HELD_BACK_MS,
    };
  }

  close(reason: LineEndReason): Promise<void> {
    this.#events.ended(reason);
    return Promise.resolve();
  }

  get #nowMs(): number {
    return this.#ticks * FRAME_MS;
  }

  /** A packet of the caller is sent and arrives. */
  #receive(): void {
    this.#caller.source(this.#packet);
    this.#caller.sent(this.#nowMs);
    const pcm = this.#decodeCaller(this.#encodeCaller(this.#packet));
    const half = pcm.length / 2;
    this.#arrived.push(pcm.subarray(0, half), pcm.subarray(half));
  }
}
