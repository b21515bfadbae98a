import type { EventReceiver } from './event_receiver.ts';
import type { JitterBuffer } from './jitter_buffer.ts';
import { Reception } from './reception.ts';
import type { RtpHeader } from './rtp_packet.ts';
import type { RtpCodec, RtpStream } from './rtp_stream.ts';

/** Packets in a row after which another SSRC is believed to have taken the stream over. */
const CHANGE_PACKETS = 2;
const PAYLOAD_TYPES = 128;

/** One direction of a leg: counts its source and deals its packets out to the jitter buffer and to the key presses. */
export class RtpReceiver {
  readonly #ticksPerMs: number;
  readonly #buffer: JitterBuffer;
  readonly #events: EventReceiver;
  readonly #onSource: (reception: Reception) => void;
  /** What each payload type stands for: a codec, a clock of telephone events in Hz (0 for none), or nothing. */
  readonly #codecs: (RtpCodec | undefined)[] = Array.from({ length: PAYLOAD_TYPES });
  readonly #eventClocksHz = new Uint32Array(PAYLOAD_TYPES);
  #isListening = false;
  #reception: Reception | undefined;
  #nextSsrc = 0;
  #nextPackets = 0;
  #unwanted = 0;

  /** @param onSource told when the first source speaks, and whenever another takes its place */
  constructor(
    ticksPerMs: number,
    buffer: JitterBuffer,
    events: EventReceiver,
    onSource: (reception: Reception) => void,
  ) {
    this.#ticksPerMs = ticksPerMs;
    this.#buffer = buffer;
    this.#events = events;
    this.#onSource = onSource;
  }

  get reception(): Reception | undefined {
    return this.#reception;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** Packets of a payload type that was not agreed on, or of a source that did not last. */
  get unwanted(): number {
    return this.#unwanted;
  }

  agree({ receives, receive, receiveEvents }: RtpStream): void {
    this.#codecs.fill(undefined);
    this.#eventClocksHz.fill(0);
    for (const { payloadType, codec } of receive) this.#codecs[payloadType] = codec;
    for (const { payloadType, clockHz } of receiveEvents) this.#eventClocksHz[payloadType] = clockHz;
    if (this.#isListening && !receives) {
      this.#buffer.restart();
      this.#events.restart();
    }
    this.#isListening = receives;
  }

  /** `bytes` is what `header` was parsed from. */
  receive(header: RtpHeader, bytes: Uint8Array, nowMs: number): void {
    const { payloadType, timestamp, payloadStart, payloadLength } = header;
    const codec = this.#codecs[payloadType];
    const eventClockHz = this.#eventClocksHz[payloadType]!;
    if ((codec === undefined && eventClockHz === 0) || !this.#isSource(header.ssrc)) {
      this.#unwanted += 1;
      return;
    }
    const arrival = this.#reception?.note(header.sequence, timestamp, nowMs);
    if (arrival !== 'fresh' || !this.#isListening) return;
    if (codec === undefined)
      this.#events.receive(eventClockHz, timestamp, bytes, payloadStart, payloadLength, nowMs);
    else this.#buffer.receive(codec, timestamp, bytes, payloadStart, payloadLength, nowMs);
  }

  /** Whether a packet is of the stream's source, which another may have become with it. */
  #isSource(ssrc: number): boolean {
    if (ssrc === this.#reception?.ssrc) {
      this.#nextPackets = 0;
      return true;
    }
    this.#nextPackets = ssrc === this.#nextSsrc ? this.#nextPackets + 1 : 1;
    this.#nextSsrc = ssrc;
    if (this.#reception !== undefined) {
      if (this.#nextPackets < CHANGE_PACKETS) return false;
      this.#buffer.restart();
      this.#events.restart();
    }
    this.#nextPackets = 0;
    this.#reception = new Reception(ssrc, this.#ticksPerMs);
    this.#onSource(this.#reception);
    return true;
  }
}
