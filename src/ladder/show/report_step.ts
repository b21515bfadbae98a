import { parseRtcp, type ReportBlock, type RtcpPacket } from '../../../sip/rtp/rtcp_packet.ts';
import type { RtcpEntry } from '../entries.ts';

interface ReportSummary {
  readonly title: string;
  readonly notes: readonly string[];
  readonly lines: readonly string[];
}

/** When sender reports crossed the wire, by the source and the middle of their NTP time, as report blocks name them. */
export type ReportTimes = Map<string, number>;

/** A compound in a line: what its sender hears, loss and jitter, and the round trip where it can be told. */
export function describeReport(entry: RtcpEntry, times: ReportTimes): ReportSummary {
  const packets = parseRtcp(Buffer.from(entry.bytes, 'base64'));
  if (packets === undefined) return { title: 'not readable', notes: [], lines: [] };
  const titles: string[] = [];
  const notes: string[] = [];
  const lines: string[] = [];
  for (const packet of packets) {
    if (packet.type === 'senderReport') times.set(`${packet.ssrc} ${middleOf(packet)}`, entry.atMs);
    const blocks = 'blocks' in packet ? packet.blocks : [];
    const heard = blocks.map(block => describeBlock(block, entry, times));
    if (packet.type !== 'cname') titles.push(TITLES[packet.type]);
    notes.push(...heard);
    lines.push(describePacket(packet), ...heard.map(text => `  ${text}`));
  }
  return { title: titles.join(', '), notes, lines };
}

const TITLES = { senderReport: 'sender report', receiverReport: 'receiver report', bye: 'bye' } as const;

function describePacket(packet: RtcpPacket): string {
  switch (packet.type) {
    case 'senderReport':
      return `sender report of ${hex(packet.ssrc)}: ${packet.packets} packets, ${packet.octets} bytes sent`;
    case 'receiverReport':
      return `receiver report of ${hex(packet.ssrc)}`;
    case 'cname':
      return `description of ${hex(packet.ssrc)}`;
    case 'bye':
      return `bye of ${packet.ssrcs.map(hex).join(', ')}`;
  }
}

function describeBlock(block: ReportBlock, entry: RtcpEntry, times: ReportTimes): string {
  const { ssrc, fractionLost, packetsLost, jitterTicks } = block;
  const roundTripMs = roundTripOf(block, entry, times);
  const parts = [
    `hears ${hex(ssrc)}: ${((fractionLost * 100) / 256).toFixed(1)} % lost, ${packetsLost} in all`,
    `jitter ${((jitterTicks * 1000) / entry.clockHz).toFixed(1)} ms`,
  ];
  if (roundTripMs !== undefined) parts.push(`round trip ${Math.round(roundTripMs)} ms`);
  return parts.join(', ');
}

/** From our report to the far end's answer, less what it held it back (RFC 3550 §6.4.1). */
function roundTripOf(block: ReportBlock, entry: RtcpEntry, times: ReportTimes): number | undefined {
  const sentAtMs = times.get(`${block.ssrc} ${block.lastReport}`);
  if (entry.direction === 'out' || sentAtMs === undefined) return undefined;
  const roundTripMs = entry.atMs - sentAtMs - (block.delaySinceLastReport * 1000) / 65_536;
  return roundTripMs < 0 ? undefined : roundTripMs;
}

/** The middle 32 bits of its NTP time (RFC 3550 §4). */
function middleOf({ ntpSeconds, ntpFraction }: { ntpSeconds: number; ntpFraction: number }): number {
  return ((ntpSeconds << 16) | (ntpFraction >>> 16)) >>> 0;
}

function hex(ssrc: number): string {
  return `0x${ssrc.toString(16).padStart(8, '0')}`;
}
