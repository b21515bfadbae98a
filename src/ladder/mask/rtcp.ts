const SOURCE_DESCRIPTION = 202;
const BYE = 203;
const APPLICATION = 204;
const FILLER = 'x'.charCodeAt(0);

/**
 * A compound packet (RFC 3550 §6) with its texts written over: names, addresses and notes of source descriptions,
 * reasons to leave, and all of what applications add. Reports stay as they are. What is no RTCP gives no bytes.
 */
export function maskRtcp(bytes: Uint8Array): Uint8Array {
  const masked = Buffer.from(bytes);
  let start = 0;
  while (start < masked.length) {
    if (start + 4 > masked.length || masked[start]! >> 6 !== 2) return new Uint8Array();
    const next = start + 4 + masked.readUInt16BE(start + 2) * 4;
    if (next > masked.length) return new Uint8Array();
    maskPacket(masked.subarray(start, next));
    start = next;
  }
  return masked;
}

/** One packet, header included. */
function maskPacket(packet: Buffer): void {
  const count = packet[0]! & 0x1f;
  switch (packet[1]) {
    case SOURCE_DESCRIPTION:
      maskItems(packet, count);
      break;
    case BYE:
      maskText(packet, 4 + count * 4);
      break;
    case APPLICATION:
      // Behind the source and the application's name.
      packet.fill(0, Math.min(12, packet.length));
      break;
    default:
  }
}

/** Chunks of a source and its items (§6.5): a type, a length and text; a chunk ends with zeros up to a whole word. */
function maskItems(packet: Buffer, chunks: number): void {
  let at = 4;
  for (let chunk = 0; chunk < chunks && at < packet.length; chunk += 1) {
    at += 4;
    while (at < packet.length && packet[at] !== 0) at = maskText(packet, at + 1);
    at = (at + 4) & ~3;
  }
}

/** Writes over a text that follows its length, within the packet; where it ends. */
function maskText(packet: Buffer, lengthAt: number): number {
  const end = lengthAt + 1 + (packet[lengthAt] ?? 0);
  packet.fill(FILLER, Math.min(lengthAt + 1, packet.length), Math.min(end, packet.length));
  return end;
}
