import { BATCH, DatagramBatch } from './datagram_batch.ts';
import { RTP_LIMITS } from './limits.ts';
import { PolledSocket } from './polled_socket.ts';
import type { RtpPair, RtpSockets, SocketPairOptions } from './rtp_sockets.ts';
import { loadUdpCalls, type UdpCalls } from './udp_calls.ts';

/** Of so many polls, one looks for a pair's RTCP: it comes every few seconds, and the system notes when. */
const POLLS_PER_CONTROL = 8;

class PolledPair implements RtpPair {
  readonly rtp: PolledSocket;
  readonly rtcp: PolledSocket;
  readonly #isWildcard: boolean;
  readonly #onClose: (pair: PolledPair) => void;
  #isConnected = false;

  constructor(
    calls: UdpCalls,
    batch: DatagramBatch,
    { host, port, onRtp, onRtcp }: SocketPairOptions,
    onClose: (pair: PolledPair) => void,
  ) {
    this.#isWildcard = host === '0.0.0.0' || host === '::';
    this.#onClose = onClose;
    this.rtp = new PolledSocket(calls, batch, host, port, onRtp);
    try {
      this.rtcp = new PolledSocket(calls, batch, host, port + 1, onRtcp);
    } catch (error) {
      this.rtp.close();
      throw error;
    }
  }

  sendRtp(packet: Uint8Array, host: string, port: number): void {
    if (this.#isConnected) this.rtp.sendThere(packet);
    else this.rtp.sendTo(packet, host, port);
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    this.rtcp.sendTo(packet, host, port);
  }

  /** Not on a socket of all addresses: it would hear at one of them only. */
  hearOnly(host: string, port: number): void {
    this.#isConnected = !this.#isWildcard && this.rtp.connect(host, port);
  }

  hearAll(): void {
    if (this.#isConnected) this.rtp.disconnect();
    this.#isConnected = false;
  }

  close(): void {
    this.rtp.close();
    this.rtcp.close();
    this.#onClose(this);
  }
}

/**
 * Sockets of many legs that are asked on the media clock what has come: a packet costs half of what it does by the event
 * loop or less, and nothing is allocated for it. Packets count as come when the system got them, not when they are read.
 */
export class PolledSockets implements RtpSockets {
  readonly #calls: UdpCalls;
  readonly #batch: DatagramBatch;
  readonly #pairs: PolledPair[] = [];
  #polls = 0;
  /** Packets beyond each socket's first that may still be read in this poll. */
  #packetsLeft = 0;

  private constructor(calls: UdpCalls) {
    this.#calls = calls;
    this.#batch = new DatagramBatch(calls);
  }

  /** Undefined where they don't work: it is tried, on the loopback. */
  static open(): PolledSockets | undefined {
    const calls = loadUdpCalls();
    if (calls === undefined) return undefined;
    try {
      const sockets = new PolledSockets(calls);
      return sockets.#works() ? sockets : undefined;
    } catch {
      return undefined;
    }
  }

  async bind(options: SocketPairOptions): Promise<RtpPair> {
    const pair = new PolledPair(this.#calls, this.#batch, options, closed => this.#remove(closed));
    this.#pairs.push(pair);
    return pair;
  }

  /**
   * Hands on what has come since the last poll. Of a flood, each socket's share is read, and the rest stays with the system
   * until there is no room and it is lost.
   */
  poll(): void {
    this.#polls += 1;
    this.#packetsLeft = RTP_LIMITS.polledPackets;
    // From the end, since a pair may be closed by what comes.
    for (let i = this.#pairs.length - 1; i >= 0; i -= 1) {
      const pair = this.#pairs[i];
      if (pair === undefined) continue;
      this.#read(pair.rtp);
      if ((this.#polls + i) % POLLS_PER_CONTROL === 0) this.#read(pair.rtcp);
    }
  }

  #read(socket: PolledSocket): void {
    let ownLeft = RTP_LIMITS.polledPacketsOfSocket - BATCH;
    while (socket.read() === BATCH && ownLeft > 0 && this.#packetsLeft > 0) {
      ownLeft -= BATCH;
      this.#packetsLeft -= BATCH;
    }
  }

  #remove(pair: PolledPair): void {
    const at = this.#pairs.indexOf(pair);
    if (at < 0) return;
    const last = this.#pairs.pop();
    if (last !== undefined && last !== pair) this.#pairs[at] = last;
  }

  /** A packet to itself comes as it was sent, and its source and time can be read. */
  #works(): boolean {
    const sent = Uint8Array.of(1, 2, 3);
    let isSame = false;
    const socket = new PolledSocket(this.#calls, this.#batch, '127.0.0.1', 0, (bytes, host, port, ageMs) => {
      isSame = bytes.join() === sent.join() && host === '127.0.0.1' && port === socket.port && ageMs > 0;
    });
    try {
      const { port } = socket;
      if (port === undefined) return false;
      socket.sendTo(sent, '127.0.0.1', port);
      return socket.read() === 1 && isSame;
    } finally {
      socket.close();
    }
  }
}
