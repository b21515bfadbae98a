import { PACKET_MS } from '../wire/rtp_sender.ts';
import { keyPressPayloads } from '../wire/telephone_event.ts';
import { type EncodedAudio, PAYLOAD_BYTES } from './encoded_audio.ts';

const HEADER_BYTES = 12;
const EVENT_BYTES = 4;
const VERSION = 0x80;
const MARKER = 0x80;
/** The clock of RTP timestamps: 8 kHz, for G.722 as well (RFC 3551 §4.5.2). */
const TICKS_PER_MS = 8;
const PACKET_TICKS = PACKET_MS * TICKS_PER_MS;
const KEY_MS = 160;
const KEY_GAP_MS = 100;
/** The system may still hold the packet before last when its queue is full. */
const BUFFERS = 4;

interface KeyPacket {
  /** Undefined: audio, between two keys. */
  readonly payload: Uint8Array | undefined;
  readonly marker: boolean;
  readonly sinceTicks: number;
}

export interface StreamOptions {
  /** What is sent while nothing is said; goes round. */
  readonly idle: EncodedAudio;
  /** As the far end's description says; undefined when it takes no keys. */
  readonly eventPayloadType: number | undefined;
  readonly ssrc: number;
  /** First sequence number and timestamp. */
  readonly sequence: number;
  readonly timestamp: number;
}

/** Makes one call's RTP packets (RFC 3550 §5.1, RFC 4733) from audio encoded before. Allocates nothing for a packet. */
export class OutgoingStream {
  readonly #audioPackets: Buffer[];
  readonly #keyPackets: Buffer[];
  readonly #eventPayloadType: number | undefined;
  readonly #keys: KeyPacket[] = [];
  readonly #idle: EncodedAudio;
  #idlePacket = 0;
  #said: EncodedAudio | undefined;
  #saidPacket = 0;
  #sequence: number;
  #timestamp: number;
  #marker = true;
  #sent = 0;

  constructor({ idle, eventPayloadType, ssrc, sequence, timestamp }: StreamOptions) {
    this.#idle = idle;
    this.#eventPayloadType = eventPayloadType;
    this.#audioPackets = makePackets(ssrc, PAYLOAD_BYTES);
    this.#keyPackets = makePackets(ssrc, EVENT_BYTES);
    this.#sequence = sequence & 0xffff;
    this.#timestamp = timestamp >>> 0;
  }

  get packetsSent(): number {
    return this.#sent;
  }

  get isSaying(): boolean {
    return this.#said !== undefined;
  }

  get isPressing(): boolean {
    return this.#keys.length > 0;
  }

  /** Says this from the next packet on, instead of what was being said. */
  say(audio: EncodedAudio): void {
    this.#said = audio;
    this.#saidPacket = 0;
  }

  /** Presses keys one after the other, each 160 ms long, 100 ms apart; false when the far end takes none. */
  press(keys: string): boolean {
    if (this.#eventPayloadType === undefined) return false;
    for (const key of keys) {
      const packets = keyPressPayloads(key, KEY_MS * TICKS_PER_MS, PACKET_TICKS);
      for (const [index, { payload, marker }] of packets.entries())
        this.#keys.push({ payload, marker, sinceTicks: index * PACKET_TICKS });
      for (let gapMs = 0; gapMs < KEY_GAP_MS; gapMs += PACKET_MS)
        this.#keys.push({ payload: undefined, marker: false, sinceTicks: 0 });
    }
    return true;
  }

  /** The packet of the next 20 ms; its bytes change again a few packets later. */
  next(): Buffer {
    const key = this.#keys.shift();
    const packet = key?.payload === undefined ? this.#nextAudio() : this.#nextKey(key.payload, key);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#sent += 1;
    this.skip(1);
    return packet;
  }

  /** Lets the time of so many packets pass without sending. */
  skip(packets: number): void {
    this.#timestamp = (this.#timestamp + packets * PACKET_TICKS) >>> 0;
    if (packets > 1) this.#marker = true;
  }

  #nextAudio(): Buffer {
    const packet = this.#audioPackets[this.#sent % BUFFERS]!;
    const { codec } = this.#idle;
    writeHeader(packet, codec.payloadType, this.#marker, this.#sequence, this.#timestamp);
    this.#marker = false;
    this.#copyPayload(packet);
    return packet;
  }

  #copyPayload(packet: Buffer): void {
    const said = this.#said;
    if (said === undefined) {
      packet.set(this.#idle.payloads[this.#idlePacket]!, HEADER_BYTES);
      this.#idlePacket = (this.#idlePacket + 1) % this.#idle.payloads.length;
      return;
    }
    packet.set(said.payloads[this.#saidPacket]!, HEADER_BYTES);
    this.#saidPacket += 1;
    if (this.#saidPacket === said.payloads.length) this.#said = undefined;
  }

  #nextKey(payload: Uint8Array, { marker, sinceTicks }: KeyPacket): Buffer {
    const packet = this.#keyPackets[this.#sent % BUFFERS]!;
    const timestamp = (this.#timestamp - sinceTicks) >>> 0;
    writeHeader(packet, this.#eventPayloadType!, marker, this.#sequence, timestamp);
    packet.set(payload, HEADER_BYTES);
    return packet;
  }
}

function makePackets(ssrc: number, payloadBytes: number): Buffer[] {
  return Array.from({ length: BUFFERS }, () => {
    const packet = Buffer.alloc(HEADER_BYTES + payloadBytes);
    packet[0] = VERSION;
    packet.writeUInt32BE(ssrc >>> 0, 8);
    return packet;
  });
}

function writeHeader(
  packet: Buffer,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
): void {
  packet[1] = (marker ? MARKER : 0) | payloadType;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(timestamp, 4);
}
