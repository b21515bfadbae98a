import { RTP_LIMITS } from './limits.ts';
import { sequenceDistance } from './rtp_packet.ts';

/** Packets in sequence after which a source is believed: of the signalled host, and of another (NAT). */
const NEAR_PACKETS = 2;
const FAR_PACKETS = 4;
/** A packet lost or out of order does not break a sequence. */
const SEQUENCE_SLACK = 3;

/** A source that is not believed yet. */
class Candidate {
  packets = 0;
  #host = '';
  #port = 0;
  #ssrc = 0;
  #sequence = 0;

  /** How many packets in sequence came from there by now. */
  note(host: string, port: number, ssrc: number, sequence: number): number {
    const ahead = sequenceDistance(this.#sequence, sequence);
    const isSame = port === this.#port && ssrc === this.#ssrc && host === this.#host;
    this.packets = isSame && ahead > 0 && ahead <= SEQUENCE_SLACK ? this.packets + 1 : 1;
    this.#host = host;
    this.#port = port;
    this.#ssrc = ssrc;
    this.#sequence = sequence;
    return this.packets;
  }
}

/**
 * Symmetric RTP: decides whose packets are heard. The first source whose packets follow each other is latched: at once
 * where the signalling said, soon on the same host, and with most doubt elsewhere. From then on only that one is heard,
 * until it was silent for seconds or the signalling tells another. A source right where the signalling said takes
 * over from one that is elsewhere, for it is the one that was meant.
 */
export class SourceLatch {
  /** No host and port 0 before the signalling tells them. */
  #expectedHost = '';
  #expectedPort = 0;
  #host = '';
  #port = 0;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  readonly #near = new Candidate();
  readonly #far = new Candidate();
  #refused = 0;
  #changes = 0;

  /** Where to send: the latched source, or where the signalling said while there is none; port 0 for nowhere. */
  get host(): string {
    return this.isLatched ? this.#host : this.#expectedHost;
  }

  get port(): number {
    return this.isLatched ? this.#port : this.#expectedPort;
  }

  get isLatched(): boolean {
    return this.#port !== 0;
  }

  /** The source is right where the signalling said: nobody else can be meant while it speaks. */
  get isWhereMeant(): boolean {
    return this.isLatched && this.#port === this.#expectedPort && this.#host === this.#expectedHost;
  }

  /** Packets of others that were not heard. */
  get refused(): number {
    return this.#refused;
  }

  /** Times that another source was latched. */
  get changes(): number {
    return this.#changes;
  }

  /** When its last packet came; −∞ before the first. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** The signalling tells where the far end is now; false when that is nothing new, and nothing changes. */
  expect(host: string, port: number): boolean {
    if (host === this.#expectedHost && port === this.#expectedPort) return false;
    this.#expectedHost = host;
    this.#expectedPort = port;
    this.#port = 0;
    return true;
  }

  /** Whether an RTP packet from there is to be heard. */
  admit(host: string, port: number, ssrc: number, sequence: number, nowMs: number): boolean {
    if (this.isLatched && port === this.#port && host === this.#host) {
      this.#heardAtMs = nowMs;
      return true;
    }
    const isMeant = host === this.#expectedHost && port === this.#expectedPort;
    if (isMeant || (this.#isOpen(host, nowMs) && this.#isBelieved(host, port, ssrc, sequence))) {
      this.#latch(host, port, nowMs);
      return true;
    }
    this.#refused += 1;
    return false;
  }

  /** Whether an RTCP packet from that host may come from the far end. */
  admitsControl(host: string): boolean {
    return host === this.host;
  }

  #isOpen(host: string, nowMs: number): boolean {
    if (!this.isLatched) return true;
    const { latchSilenceMs, latchHostSilenceMs } = RTP_LIMITS;
    return nowMs - this.#heardAtMs >= (host === this.#host ? latchSilenceMs : latchHostSilenceMs);
  }

  #isBelieved(host: string, port: number, ssrc: number, sequence: number): boolean {
    // Apart, so that a flood from elsewhere does not break the sequence of who may be meant.
    return host === this.#expectedHost
      ? this.#near.note(host, port, ssrc, sequence) >= NEAR_PACKETS
      : this.#far.note(host, port, ssrc, sequence) >= FAR_PACKETS;
  }

  #latch(host: string, port: number, nowMs: number): void {
    if (this.#heardAtMs !== Number.NEGATIVE_INFINITY) this.#changes += 1;
    this.#host = host;
    this.#port = port;
    this.#heardAtMs = nowMs;
    this.#near.packets = 0;
    this.#far.packets = 0;
  }
}
