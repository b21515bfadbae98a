import { RTP_LIMITS } from './limits.ts';
import { readUint16, readUint32, writeUint16, writeUint32 } from './rtp_packet.ts';

/** What one end tells of what it hears from a source (RFC 3550 §6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** Since the last report, 0…255 for 0…1. */
  readonly fractionLost: number;
  /** Since the start; negative when more came than were expected. */
  readonly packetsLost: number;
  /** Extended by the roll-overs in its upper half. */
  readonly highestSequence: number;
  /** In ticks of the RTP timestamp. */
  readonly jitterTicks: number;
  /** Middle 32 bits of the NTP time of the last sender report, 0 when there was none, and time since, in 1/65536 s. */
  readonly lastReport: number;
  readonly delaySinceLastReport: number;
}

export type RtcpPacket =
  | {
      readonly type: 'senderReport';
      readonly ssrc: number;
      /** NTP time: seconds since 1900, and 2^−32 of them. */
      readonly ntpSeconds: number;
      readonly ntpFraction: number;
      readonly rtpTimestamp: number;
      readonly packets: number;
      readonly octets: number;
      readonly blocks: readonly ReportBlock[];
    }
  | { readonly type: 'receiverReport'; readonly ssrc: number; readonly blocks: readonly ReportBlock[] }
  | { readonly type: 'cname'; readonly ssrc: number; readonly cname: string }
  | { readonly type: 'bye'; readonly ssrcs: readonly number[]; readonly reason: string };

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BYE = 203;
const CNAME_ITEM = 1;
const BLOCK_BYTES = 24;
const SENDER_BYTES = 28;
const RECEIVER_BYTES = 8;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Reads a compound packet (RFC 3550 §6.1), its packets in order; those of other types are left out. Undefined for what
 * fails the checks of §A.2: it must begin with a report, and the lengths must add up. Texts come from the far end.
 */
export function parseRtcp(bytes: Uint8Array): RtcpPacket[] | undefined {
  const packets: RtcpPacket[] = [];
  let start = 0;
  for (let count = 0; start < bytes.length; count += 1) {
    if (count === RTP_LIMITS.compoundPackets || start + 4 > bytes.length) return undefined;
    const first = bytes[start]!;
    const type = bytes[start + 1]!;
    const next = start + 4 + readUint16(bytes, start + 2) * 4;
    const isReport = type === SENDER_REPORT || type === RECEIVER_REPORT;
    if (first >> 6 !== 2 || next > bytes.length || (count === 0 && !isReport)) return undefined;
    const padding = (first & 0x20) === 0 ? 0 : bytes[next - 1]!;
    // Only the last packet may be padded, in whole words.
    if (padding !== 0 && (next !== bytes.length || padding % 4 !== 0 || padding > next - start - 4))
      return undefined;
    if (!parseOne(type, first & 0x1f, bytes.subarray(start, next - padding), packets)) return undefined;
    start = next;
  }
  return packets.length === 0 ? undefined : packets;
}

/** One packet of a compound; false when it is too short for what it says it holds. */
function parseOne(type: number, count: number, bytes: Uint8Array, packets: RtcpPacket[]): boolean {
  if (type === SENDER_REPORT) {
    if (bytes.length < SENDER_BYTES + count * BLOCK_BYTES) return false;
    packets.push({
      type: 'senderReport',
      ssrc: readUint32(bytes, 4),
      ntpSeconds: readUint32(bytes, 8),
      ntpFraction: readUint32(bytes, 12),
      rtpTimestamp: readUint32(bytes, 16),
      packets: readUint32(bytes, 20),
      octets: readUint32(bytes, 24),
      blocks: parseBlocks(bytes, SENDER_BYTES, count),
    });
  } else if (type === RECEIVER_REPORT) {
    if (bytes.length < RECEIVER_BYTES + count * BLOCK_BYTES) return false;
    const blocks = parseBlocks(bytes, RECEIVER_BYTES, count);
    packets.push({ type: 'receiverReport', ssrc: readUint32(bytes, 4), blocks });
  } else if (type === SOURCE_DESCRIPTION) {
    return parseDescription(bytes, count, packets);
  } else if (type === BYE) {
    if (bytes.length < 4 + count * 4) return false;
    const ssrcs = Array.from({ length: count }, (_, i) => readUint32(bytes, 4 + i * 4));
    packets.push({ type: 'bye', ssrcs, reason: readText(bytes, 4 + count * 4) });
  }
  return true;
}

function parseBlocks(bytes: Uint8Array, start: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * BLOCK_BYTES;
    return {
      ssrc: readUint32(bytes, at),
      fractionLost: bytes[at + 4]!,
      packetsLost: (readUint32(bytes, at + 4) << 8) >> 8,
      highestSequence: readUint32(bytes, at + 8),
      jitterTicks: readUint32(bytes, at + 12),
      lastReport: readUint32(bytes, at + 16),
      delaySinceLastReport: readUint32(bytes, at + 20),
    };
  });
}

/** The canonical names of a source description (§6.5); its other items are passed over. */
function parseDescription(bytes: Uint8Array, chunks: number, packets: RtcpPacket[]): boolean {
  let at = 4;
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    if (at + 4 > bytes.length) return false;
    const ssrc = readUint32(bytes, at);
    at += 4;
    while (at < bytes.length && bytes[at] !== 0) {
      if (at + 2 > bytes.length || at + 2 + bytes[at + 1]! > bytes.length) return false;
      if (bytes[at] === CNAME_ITEM) packets.push({ type: 'cname', ssrc, cname: readText(bytes, at + 1) });
      at += 2 + bytes[at + 1]!;
    }
    // A chunk ends with one to four zeros, at a whole word.
    if (at >= bytes.length) return false;
    at = (at + 4) & ~3;
  }
  return true;
}

/** A length and so many bytes of UTF-8; empty when there is none, cut at the packet's end. */
function readText(bytes: Uint8Array, at: number): string {
  const length = bytes[at] ?? 0;
  return decoder.decode(bytes.subarray(at + 1, at + 1 + length));
}

/** One datagram of all these packets, in this order: a report must come first. */
export function formatRtcp(packets: readonly RtcpPacket[]): Uint8Array {
  const parts = packets.map(formatOne);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function formatOne(packet: RtcpPacket): Uint8Array {
  switch (packet.type) {
    case 'senderReport': {
      const bytes = createPacket(SENDER_REPORT, packet.blocks.length, SENDER_BYTES, packet.blocks);
      writeUint32(bytes, 4, packet.ssrc);
      writeUint32(bytes, 8, packet.ntpSeconds);
      writeUint32(bytes, 12, packet.ntpFraction);
      writeUint32(bytes, 16, packet.rtpTimestamp);
      writeUint32(bytes, 20, packet.packets);
      writeUint32(bytes, 24, packet.octets);
      return bytes;
    }
    case 'receiverReport': {
      const bytes = createPacket(RECEIVER_REPORT, packet.blocks.length, RECEIVER_BYTES, packet.blocks);
      writeUint32(bytes, 4, packet.ssrc);
      return bytes;
    }
    case 'cname': {
      const name = encoder.encode(packet.cname).subarray(0, 255);
      const bytes = createPacket(SOURCE_DESCRIPTION, 1, 8 + ((2 + name.length + 4) & ~3));
      writeUint32(bytes, 4, packet.ssrc);
      bytes.set([CNAME_ITEM, name.length], 8);
      bytes.set(name, 10);
      return bytes;
    }
    case 'bye': {
      const reason = encoder.encode(packet.reason).subarray(0, 255);
      const reasonAt = 4 + packet.ssrcs.length * 4;
      const reasonBytes = reason.length === 0 ? 0 : (1 + reason.length + 3) & ~3;
      const bytes = createPacket(BYE, packet.ssrcs.length, reasonAt + reasonBytes);
      for (const [i, ssrc] of packet.ssrcs.entries()) writeUint32(bytes, 4 + i * 4, ssrc);
      if (reason.length > 0) bytes.set([reason.length, ...reason], reasonAt);
      return bytes;
    }
  }
}

/** A packet of `bytes` and its report blocks after them. */
function createPacket(
  type: number,
  count: number,
  length: number,
  blocks: readonly ReportBlock[] = [],
): Uint8Array {
  const bytes = new Uint8Array(length + blocks.length * BLOCK_BYTES);
  bytes[0] = 0x80 | count;
  bytes[1] = type;
  writeUint16(bytes, 2, bytes.length / 4 - 1);
  blocks.forEach((block, i) => {
    const at = length + i * BLOCK_BYTES;
    writeUint32(bytes, at, block.ssrc);
    writeUint32(bytes, at + 4, block.packetsLost & 0xffffff);
    bytes[at + 4] = block.fractionLost;
    writeUint32(bytes, at + 8, block.highestSequence);
    writeUint32(bytes, at + 12, block.jitterTicks);
    writeUint32(bytes, at + 16, block.lastReport);
    writeUint32(bytes, at + 20, block.delaySinceLastReport);
  });
  return bytes;
}
