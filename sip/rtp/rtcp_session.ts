import type { Reception } from './reception.ts';
import { rtcpIntervalMs } from './rtcp_interval.ts';
import { formatRtcp, parseRtcp, type ReportBlock, type RtcpPacket } from './rtcp_packet.ts';

/** Seconds from 1900, where NTP time starts, to 1970. */
const NTP_OFFSET_S = 2_208_988_800;
/** Audio at 64 kbit/s with its headers in packets of 20 ms. */
const AUDIO_KBIT_PER_S = 80;
/** UDP and IPv4. */
const DATAGRAM_HEADER_BYTES = 28;

/** What the far end says of what it hears of us, and what its reports tell of the path. */
export interface FarEndReport {
  /** When it came. */
  readonly atMs: number;
  /** 0…1, since its report before. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  readonly jitterMs: number;
  /** Undefined until one of our reports came back in one of its. */
  readonly roundTripMs: number | undefined;
}

/** The end's own half, as the sender keeps it. */
export interface SentState {
  readonly ssrc: number;
  readonly packets: number;
  /** Payload bytes. */
  readonly octets: number;
  /** Of the last packet, and when it was sent. */
  readonly timestamp: number;
  readonly sentAtMs: number;
}

export interface RtcpOptions {
  /** Canonical name: the same for all streams of the call, telling nothing of who calls (RFC 7022). */
  readonly cname: string;
  readonly ticksPerMs: number;
  /** Milliseconds since 1970 at the monotonic time 0. */
  readonly epochMs: number;
  /** 0…1 by chance. */
  readonly random: () => number;
}

/**
 * One end's RTCP (RFC 3550 §6): sender and receiver reports with the canonical name at random intervals around 5 s,
 * BYE, and what the far end's reports tell. Times are monotonic milliseconds. Reports are rare, so these may allocate.
 */
export class RtcpSession {
  readonly #options: RtcpOptions;
  #reception: Reception | undefined;
  #averageBytes = 120;
  #dueAtMs: number | undefined;
  #lastMs = 0;
  #isFirst = true;
  #packetsAtLast = 0;
  #farEnd: FarEndReport | undefined;
  #saidBye = false;

  constructor(options: RtcpOptions) {
    this.#options = options;
  }

  /** The last that the far end said of our stream. */
  get farEnd(): FarEndReport | undefined {
    return this.#farEnd;
  }

  /** The far end said that its source ends. */
  get hasEnded(): boolean {
    return this.#saidBye;
  }

  /** What comes from the far end, for our reports; undefined before its first packet. A new source takes the old one's place. */
  watch(reception: Reception): void {
    this.#reception = reception;
    this.#saidBye = false;
  }

  /** Whether a report is due; to be asked every tick. A time that came is reconsidered once (RFC 3550 §6.3.6). */
  isDue(nowMs: number): boolean {
    const dueAtMs = this.#dueAtMs;
    if (dueAtMs === undefined) this.#lastMs = nowMs;
    else if (nowMs < dueAtMs) return false;
    this.#dueAtMs = this.#lastMs + this.#intervalMs();
    return dueAtMs !== undefined && this.#dueAtMs <= nowMs;
  }

  /** The report of now, as one compound; the next is due some seconds later. */
  next(sent: SentState, nowMs: number): Uint8Array {
    const bytes = formatRtcp(this.#compound(sent, nowMs));
    this.#noteSize(bytes.length);
    this.#isFirst = false;
    this.#lastMs = nowMs;
    this.#dueAtMs = nowMs + this.#intervalMs();
    this.#packetsAtLast = sent.packets;
    return bytes;
  }

  /** The last compound of a stream. */
  bye(sent: SentState, nowMs: number): Uint8Array {
    return formatRtcp([...this.#compound(sent, nowMs), { type: 'bye', ssrcs: [sent.ssrc], reason: '' }]);
  }

  /** Reads what the far end's datagram says; false when it is no RTCP. */
  receive(bytes: Uint8Array, ownSsrc: number, nowMs: number): boolean {
    const packets = parseRtcp(bytes);
    if (packets === undefined) return false;
    this.#noteSize(bytes.length);
    for (const packet of packets) this.#readOne(packet, ownSsrc, nowMs);
    return true;
  }

  #readOne(packet: RtcpPacket, ownSsrc: number, nowMs: number): void {
    const source = this.#reception;
    if (packet.type === 'senderReport' && packet.ssrc === source?.ssrc) {
      source.noteReport(packet.ntpSeconds, packet.ntpFraction, nowMs);
    }
    if (packet.type === 'bye' && source !== undefined && packet.ssrcs.includes(source.ssrc)) {
      this.#saidBye = true;
    }
    if (packet.type !== 'senderReport' && packet.type !== 'receiverReport') return;
    const block = packet.blocks.find(each => each.ssrc === ownSsrc);
    if (block !== undefined) this.#farEnd = this.#readBlock(block, nowMs);
  }

  #readBlock(block: ReportBlock, nowMs: number): FarEndReport {
    const { seconds, fraction } = this.#ntp(nowMs);
    const middle = ((seconds << 16) | (fraction >>> 16)) >>> 0;
    // In 1/65536 s; what is not possible comes from a far end that reckons wrongly.
    const roundTrip = (middle - block.lastReport - block.delaySinceLastReport) | 0;
    const isKnown = block.lastReport !== 0 && roundTrip >= 0;
    return {
      atMs: nowMs,
      fractionLost: block.fractionLost / 256,
      packetsLost: block.packetsLost,
      jitterMs: block.jitterTicks / this.#options.ticksPerMs,
      roundTripMs: isKnown ? (roundTrip * 1_000) / 65_536 : this.#farEnd?.roundTripMs,
    };
  }

  #compound(sent: SentState, nowMs: number): RtcpPacket[] {
    const blocks = this.#reception === undefined ? [] : [this.#reception.report(nowMs)];
    return [
      this.#isSender(sent)
        ? this.#senderReport(sent, blocks, nowMs)
        : { type: 'receiverReport', ssrc: sent.ssrc, blocks },
      { type: 'cname', ssrc: sent.ssrc, cname: this.#options.cname },
    ];
  }

  #isSender(sent: SentState): boolean {
    return sent.packets > this.#packetsAtLast;
  }

  #senderReport(sent: SentState, blocks: readonly ReportBlock[], nowMs: number): RtcpPacket {
    const { seconds, fraction } = this.#ntp(nowMs);
    const sinceTicks = Math.round((nowMs - sent.sentAtMs) * this.#options.ticksPerMs);
    return {
      type: 'senderReport',
      ssrc: sent.ssrc,
      ntpSeconds: seconds,
      ntpFraction: fraction,
      rtpTimestamp: (sent.timestamp + sinceTicks) >>> 0,
      packets: sent.packets >>> 0,
      octets: sent.octets >>> 0,
      blocks,
    };
  }

  #ntp(nowMs: number): { seconds: number; fraction: number } {
    const unixMs = this.#options.epochMs + nowMs;
    const wholeS = Math.floor(unixMs / 1_000);
    return {
      seconds: (wholeS + NTP_OFFSET_S) >>> 0,
      fraction: Math.floor(((unixMs - wholeS * 1_000) / 1_000) * 2 ** 32) >>> 0,
    };
  }

  #intervalMs(): number {
    return rtcpIntervalMs(this.#averageBytes, AUDIO_KBIT_PER_S, this.#isFirst, this.#options.random());
  }

  #noteSize(bytes: number): void {
    this.#averageBytes += (bytes + DATAGRAM_HEADER_BYTES - this.#averageBytes) / 16;
  }
}
