import { isIPv4, isIPv6 } from 'node:net';
import type { LadderEnd, LadderEntry, RtcpEntry, SipEntry } from '../entries.ts';
import { ipPacket, TCP, UDP } from './ip_packet.ts';

/** https://www.tcpdump.org/linktypes.html: the packet begins with an IPv4 or IPv6 header. */
const LINKTYPE_RAW = 101;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const SNAPSHOT_BYTES = 65_535;

/**
 * A ladder as a capture file (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html) that Wireshark opens:
 * each message in an IP packet of its own, made anew from what the ladder knows. Datagrams are UDP; messages of streams
 * are TCP segments that follow one another in sequence, the TLS that was around them left out. Gaps are not in it.
 */
export function captureLadder(entries: readonly LadderEntry[]): Buffer {
  const streams = new Map<string, number>();
  const records = entries.flatMap(entry => (entry.kind === 'gap' ? [] : [record(entry, streams)]));
  return Buffer.concat([fileHeader(), ...records]);
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(MAGIC_MICROSECONDS, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAPSHOT_BYTES, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  return header;
}

function record(entry: SipEntry | RtcpEntry, streams: Map<string, number>): Buffer {
  const packet = packetOf(entry, streams);
  const header = Buffer.alloc(16);
  const wholeS = Math.floor(entry.atMs / 1000);
  header.writeUInt32LE(wholeS, 0);
  header.writeUInt32LE(Math.floor((entry.atMs - wholeS * 1000) * 1000), 4);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length, 12);
  return Buffer.concat([header, packet]);
}

/** `streams`: bytes sent so far, by the direction of a stream. */
function packetOf(entry: SipEntry | RtcpEntry, streams: Map<string, number>): Buffer {
  const [from, to] = entry.direction === 'in' ? [entry.remote, entry.local] : [entry.local, entry.remote];
  const payload = entry.kind === 'sip' ? Buffer.from(entry.text) : Buffer.from(entry.bytes, 'base64');
  const ends = addressesOf(from, to);
  if (entry.kind === 'rtcp' || entry.protocol === 'UDP')
    return ipPacket({ ...ends, protocol: UDP, segment: udpDatagram(from, to, payload) });
  const [there, back] = [streamName(from, to), streamName(to, from)];
  const [sent, received] = [streams.get(there) ?? 1, streams.get(back) ?? 1];
  streams.set(there, sent + payload.length);
  return ipPacket({ ...ends, protocol: TCP, segment: tcpSegment(from, to, { sent, received }, payload) });
}

function streamName(from: LadderEnd, to: LadderEnd): string {
  return `${from.address} ${from.port} ${to.address} ${to.port}`;
}

/** Both in one family; an end that is known by name only, or not at all, is the unspecified address. */
function addressesOf(from: LadderEnd, to: LadderEnd): { source: string; destination: string } {
  const isSix = isIPv6(from.address) || isIPv6(to.address);
  const addressOf = ({ address }: LadderEnd) => {
    if (isSix ? isIPv6(address) : isIPv4(address)) return address;
    if (!isSix) return '0.0.0.0';
    return isIPv4(address) ? `::ffff:${address}` : '::';
  };
  return { source: addressOf(from), destination: addressOf(to) };
}

/** RFC 768; the checksum is filled in with the addresses. */
function udpDatagram(from: LadderEnd, to: LadderEnd, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from.port, 0);
  header.writeUInt16BE(to.port, 2);
  header.writeUInt16BE(header.length + payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** RFC 9293 §3.1: data pushed and acknowledged, as in the middle of a connection. */
function tcpSegment(
  from: LadderEnd,
  to: LadderEnd,
  { sent, received }: { sent: number; received: number },
  payload: Buffer,
): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(from.port, 0);
  header.writeUInt16BE(to.port, 2);
  header.writeUInt32BE(sent >>> 0, 4);
  header.writeUInt32BE(received >>> 0, 8);
  header[12] = 5 << 4;
  header[13] = 0x18;
  header.writeUInt16BE(65_535, 14);
  return Buffer.concat([header, payload]);
}
