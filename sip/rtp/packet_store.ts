import { RTP_LIMITS } from './limits.ts';
import { timestampDistance } from './rtp_packet.ts';
import type { RtpCodec } from './rtp_stream.ts';

const SLOTS = RTP_LIMITS.bufferedPackets;
const SLOT_BYTES = RTP_LIMITS.payloadBytes;

/** Payloads that wait, copied into one block of memory; told apart and ordered by their timestamps alone. */
export class PacketStore {
  readonly bytes = new Uint8Array(SLOTS * SLOT_BYTES);
  readonly #timestamps = new Int32Array(SLOTS);
  readonly #lengths = new Int32Array(SLOTS);
  readonly #codecs = Array.from<unknown, RtpCodec>({ length: SLOTS }, () => 'PCMU');
  readonly #isTaken = new Uint8Array(SLOTS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === SLOTS;
  }

  has(timestamp: number): boolean {
    for (let slot = 0; slot < SLOTS; slot += 1) {
      if (this.#isTaken[slot] === 1 && this.#timestamps[slot] === (timestamp | 0)) return true;
    }
    return false;
  }

  /** Nothing happens when the store is full, or the length 0 or more than a slot takes. */
  put(codec: RtpCodec, timestamp: number, bytes: Uint8Array, start: number, length: number): void {
    if (length === 0 || length > SLOT_BYTES) return;
    const slot = this.#isTaken.indexOf(0);
    if (slot < 0) return;
    this.#timestamps[slot] = timestamp;
    this.#lengths[slot] = length;
    this.#codecs[slot] = codec;
    this.#isTaken[slot] = 1;
    this.#count += 1;
    const to = slot * SLOT_BYTES;
    for (let i = 0; i < length; i += 1) this.bytes[to + i] = bytes[start + i]!;
  }

  /** The slot whose timestamp comes first, as seen from another; −1 when nothing waits. */
  earliest(from: number): number {
    if (this.#count === 0) return -1;
    let best = -1;
    let bestDistance = 0;
    for (let slot = 0; slot < SLOTS; slot += 1) {
      if (this.#isTaken[slot] === 0) continue;
      const distance = timestampDistance(from, this.#timestamps[slot]!);
      if (best >= 0 && distance >= bestDistance) continue;
      best = slot;
      bestDistance = distance;
    }
    return best;
  }

  timestampOf(slot: number): number {
    return this.#timestamps[slot]!;
  }

  codecOf(slot: number): RtpCodec {
    return this.#codecs[slot]!;
  }

  startOf(slot: number): number {
    return slot * SLOT_BYTES;
  }

  lengthOf(slot: number): number {
    return this.#lengths[slot]!;
  }

  /** Its bytes stay readable until the next `put`. */
  release(slot: number): void {
    this.#isTaken[slot] = 0;
    this.#count -= 1;
  }

  clear(): void {
    this.#isTaken.fill(0);
    this.#count = 0;
  }
}
