import { readUint16, writeUint16 } from './rtp_packet.ts';

/** Keys of a telephone as RTP events (RFC 4733 §3.2): an event's code is its key's place here. */
export const KEYS = '0123456789*#ABCD';
export const EVENT_BYTES = 4;
/** The longest that one packet can tell; what is longer goes on in further segments (§2.5.1.3). */
export const MAX_EVENT_TICKS = 0xffff;

/** The fields of an event's payload (RFC 4733 §2.3); read and written in place. */
export class TelephoneEvent {
  code = 0;
  isEnd = false;
  /** Level of the tone in −dBm0, 0…63. */
  volume = 0;
  /** Since the event or segment began, in ticks of the RTP timestamp. */
  durationTicks = 0;

  /** False when there are too few bytes; what follows the first event is passed over. */
  parse(bytes: Uint8Array, start: number, length: number): boolean {
    if (length < EVENT_BYTES) return false;
    this.code = bytes[start]!;
    this.isEnd = (bytes[start + 1]! & 0x80) !== 0;
    this.volume = bytes[start + 1]! & 0x3f;
    this.durationTicks = readUint16(bytes, start + 2);
    return true;
  }

  write(bytes: Uint8Array, at: number): void {
    bytes[at] = this.code;
    bytes[at + 1] = (this.isEnd ? 0x80 : 0) | this.volume;
    writeUint16(bytes, at + 2, this.durationTicks);
  }
}
