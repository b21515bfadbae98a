/** RTP packets (RFC 3550 §5.1), read and written in place: nothing here allocates. */

export const RTP_HEADER_BYTES = 12;
const VERSION_BITS = 0x80;

/** The fields of one packet; a reader keeps one of these and parses each packet into it. */
export class RtpHeader {
  /** 0…127 */
  payloadType = 0;
  marker = false;
  /** 16 bits. */
  sequence = 0;
  /** 32 bits, unsigned. */
  timestamp = 0;
  /** 32 bits, unsigned. */
  ssrc = 0;
  /** Where the payload lies in the bytes that were parsed. */
  payloadStart = 0;
  payloadLength = 0;

  /**
   * Past contributing sources, extension and padding. False, with the fields undefined, for what is no RTP packet:
   * wrong version, lengths that lead past its end, or RTCP on the same port (RFC 5761 §4).
   */
  parse(bytes: Uint8Array): boolean {
    const length = bytes.length;
    if (length < RTP_HEADER_BYTES) return false;
    const first = bytes[0]!;
    const second = bytes[1]!;
    if ((first & 0xc0) !== VERSION_BITS || isRtcpType(second)) return false;
    let start = RTP_HEADER_BYTES + (first & 0x0f) * 4;
    if ((first & 0x10) !== 0) {
      if (start + 4 > length) return false;
      start += 4 + readUint16(bytes, start + 2) * 4;
    }
    const isPadded = (first & 0x20) !== 0;
    const padding = isPadded ? bytes[length - 1]! : 0;
    if ((isPadded && padding === 0) || start + padding > length) return false;
    this.payloadType = second & 0x7f;
    this.marker = (second & 0x80) !== 0;
    this.sequence = readUint16(bytes, 2);
    this.timestamp = readUint32(bytes, 4);
    this.ssrc = readUint32(bytes, 8);
    this.payloadStart = start;
    this.payloadLength = length - start - padding;
    return true;
  }
}

/** Writes the twelve bytes before a payload, without contributing sources, extension and padding. */
export function writeRtpHeader(
  bytes: Uint8Array,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  bytes[0] = VERSION_BITS;
  bytes[1] = (marker ? 0x80 : 0) | payloadType;
  writeUint16(bytes, 2, sequence);
  writeUint32(bytes, 4, timestamp);
  writeUint32(bytes, 8, ssrc);
}

/** Packet types 192 to 223 are RTCP's (RFC 5761 §4). */
export function isRtcpType(secondByte: number): boolean {
  return secondByte >= 192 && secondByte <= 223;
}

/** How far `to` lies after `from` in 16-bit sequence space: −32,768…32,767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** The same in 32-bit timestamp space. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
