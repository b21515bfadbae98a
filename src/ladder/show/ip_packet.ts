import { isIPv4 } from 'node:net';

/** Protocol numbers of IP. */
export const TCP = 6;
export const UDP = 17;

/** Where the checksum of a segment lies. */
const CHECKSUM_AT = { [TCP]: 16, [UDP]: 6 } as const;

export interface IpPacket {
  /** Addresses of one family. */
  readonly source: string;
  readonly destination: string;
  readonly protocol: typeof TCP | typeof UDP;
  /** Header of the transport and payload; its checksum is filled in here. */
  readonly segment: Buffer;
}

/** An IPv4 (RFC 791) or IPv6 (RFC 8200) packet with right checksums. */
export function ipPacket({ source, destination, protocol, segment }: IpPacket): Buffer {
  const isFour = isIPv4(source);
  const [from, to] = isFour
    ? [bytesOfFour(source), bytesOfFour(destination)]
    : [bytesOfSix(source), bytesOfSix(destination)];
  const at = CHECKSUM_AT[protocol];
  segment.writeUInt16BE(0, at);
  const sum = checksum(Buffer.concat([from, to, pseudoTail(protocol, segment.length), segment]));
  // For UDP, 0 means that there is none (RFC 768).
  segment.writeUInt16BE(sum === 0 && protocol === UDP ? 0xffff : sum, at);
  const header = isFour ? headerOfFour(protocol, segment.length) : headerOfSix(protocol, segment.length);
  const head = Buffer.concat([header, from, to]);
  if (isFour) head.writeUInt16BE(checksum(head), 10);
  return Buffer.concat([head, segment]);
}

/** What is summed with a segment beside the addresses; the same bytes for both families (RFC 8200 §8.1). */
function pseudoTail(protocol: number, length: number): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(length, 0);
  tail[7] = protocol;
  return tail;
}

/** All before the addresses; the checksum comes last. */
function headerOfFour(protocol: number, length: number): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x45;
  header.writeUInt16BE(20 + length, 2);
  // Not to be cut into fragments, then it needs no number.
  header[6] = 0x40;
  header[8] = 64;
  header[9] = protocol;
  return header;
}

function headerOfSix(protocol: number, length: number): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 0x60;
  header.writeUInt16BE(length, 4);
  header[6] = protocol;
  header[7] = 64;
  return header;
}

function bytesOfFour(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

/** RFC 4291 §2.2: groups of four digits, one run of zeros left out, the last 32 bits perhaps as IPv4. */
function bytesOfSix(address: string): Buffer {
  const plain = address.replace(/%.*$/, '').replace(/\d+\.\d+\.\d+\.\d+$/, four => {
    const [a = 0, b = 0, c = 0, d = 0] = bytesOfFour(four);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [before = [], after = []] = plain
    .split('::')
    .map(half => half.split(':').filter(group => group !== ''));
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  const bytes = Buffer.alloc(16);
  for (const [at, group] of [...before, ...zeros, ...after].entries())
    bytes.writeUInt16BE(Number.parseInt(group, 16), at * 2);
  return bytes;
}

/** The Internet checksum (RFC 1071). */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  if (bytes.length % 2 === 1) sum += (bytes.at(-1) ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
