import { randomInt } from 'node:crypto';
import type { Codec } from './codec.ts';
import { formatRtp } from './rtp_packet.ts';
import { keyPressPayloads } from './telephone_event.ts';

export const PACKET_MS = 20;

/** Fills a frame of `PACKET_MS` at the codec's rate with what is to be said next. */
export type AudioSource = (frame: Int16Array) => void;

const KEY_MS = 160;
const KEY_GAP_MS = 100;

interface KeyPacket {
  readonly payload: Uint8Array | undefined;
  readonly marker: boolean;
  /** Ticks since the press began. */
  readonly sinceTicks: number;
}

/** Makes one stream's packets (RFC 3550), each with the next 20 ms of the source or a part of a key press. */
export class RtpSender {
  readonly #codec: Codec;
  readonly #encode: (pcm: Int16Array) => Uint8Array;
  readonly #source: AudioSource;
  readonly #eventPayloadType: number | undefined;
  readonly #packetTicks: number;
  readonly #ssrc = randomInt(2 ** 32);
  readonly #keys: KeyPacket[] = [];
  #sequence = randomInt(2 ** 15);
  #timestamp = randomInt(2 ** 31);
  #marker = true;

  constructor(codec: Codec, source: AudioSource, eventPayloadType: number | undefined) {
    this.#codec = codec;
    this.#encode = codec.createEncoder();
    this.#source = source;
    this.#eventPayloadType = eventPayloadType;
    this.#packetTicks = PACKET_MS * codec.ticksPerMs;
  }

  /** Whether the far end takes keys; else they can't be pressed. */
  get takesKeys(): boolean {
    return this.#eventPayloadType !== undefined;
  }

  /** Presses keys one after the other; they take the place of audio for 260 ms each. */
  pressKeys(keys: string): void {
    const gapPackets = KEY_GAP_MS / PACKET_MS;
    for (const key of keys) {
      const packets = keyPressPayloads(key, KEY_MS * this.#codec.ticksPerMs, this.#packetTicks);
      for (const [index, { payload, marker }] of packets.entries()) {
        this.#keys.push({ payload, marker, sinceTicks: index * this.#packetTicks });
      }
      for (let i = 0; i < gapPackets; i += 1)
        this.#keys.push({ payload: undefined, marker: false, sinceTicks: 0 });
    }
  }

  /** The packet of the next 20 ms. */
  next(): Uint8Array {
    const frame = new Int16Array((this.#codec.rateHz * PACKET_MS) / 1000);
    this.#source(frame);
    const payload = this.#encode(frame);
    const key = this.#keys.shift();
    const eventPayloadType = this.#eventPayloadType;
    const packet =
      key?.payload === undefined || eventPayloadType === undefined
        ? this.#format(this.#codec.payloadType, this.#marker, this.#timestamp, payload)
        : this.#format(eventPayloadType, key.marker, this.#timestamp - key.sinceTicks, key.payload);
    this.#marker = false;
    this.skip(1);
    return packet;
  }

  /** Lets the time of so many packets pass without sending: the next one begins anew. */
  skip(packets: number): void {
    this.#timestamp = (this.#timestamp + packets * this.#packetTicks) >>> 0;
    if (packets > 1) this.#marker = true;
  }

  #format(payloadType: number, marker: boolean, timestamp: number, payload: Uint8Array): Uint8Array {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    return formatRtp({
      payloadType,
      marker,
      sequence,
      timestamp: timestamp >>> 0,
      ssrc: this.#ssrc,
      payload,
    });
  }
}
