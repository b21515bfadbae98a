import { EventReceiver, type OnKey } from './event_receiver.ts';
import { JitterBuffer } from './jitter_buffer.ts';
import { RTP_LIMITS } from './limits.ts';
import type { MediaDecoder, MediaEncoder } from './media_codec.ts';
import { type FarEndReport, RtcpSession } from './rtcp_session.ts';
import { isRtcpType, RtpHeader } from './rtp_packet.ts';
import { RtpReceiver } from './rtp_receiver.ts';
import { RtpSender } from './rtp_sender.ts';
import type { Outgoing, SendSpread } from './send_spread.ts';
import { SourceLatch } from './source_latch.ts';

/** What carries the datagrams: a `SocketPair`, or a network in a test. */
export interface RtpWire {
  sendRtp(bytes: Uint8Array, length: number, host: string, port: number): void;
  sendRtcp(bytes: Uint8Array, host: string, port: number): void;
}

export interface RtpSessionOptions {
  readonly codec: MediaDecoder & MediaEncoder;
  /** As agreed in the session description; 0…127. */
  readonly payloadType: number;
  readonly eventPayloadType: number | undefined;
  /** 10 to 60, a multiple of 10. */
  readonly ptimeMs: number;
  /** Address and port that the far end's session description tells. */
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly wire: RtpWire;
  readonly spread: SendSpread;
  readonly cname: string;
  /** Milliseconds since 1970 at the monotonic time 0. */
  readonly epochMs: number;
  /** 0…1 by chance. */
  readonly random: () => number;
  readonly onKey: OnKey;
}

export interface RtpSessionStats {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly packetsSent: number;
  /** Datagrams that were no RTP or RTCP, or too long. */
  readonly malformed: number;
  /** Packets of strangers. */
  readonly refused: number;
  /** Of payload types that were not agreed on. */
  readonly unwanted: number;
  readonly jitterMs: number;
  readonly farEnd: FarEndReport | undefined;
}

/**
 * One leg's RTP and RTCP, both ways, between sockets and a codec. The media clock calls `pull`, `push` (or `skip`) and
 * `tick` every 10 ms; datagrams come in between. Times are monotonic milliseconds. Neither datagrams nor ticks make it
 * throw, and nothing is allocated for a packet of RTP.
 */
export class RtpSession implements Outgoing {
  readonly buffer: JitterBuffer;
  readonly #options: RtpSessionOptions;
  readonly #latch: SourceLatch;
  readonly #header = new RtpHeader();
  readonly #events: EventReceiver;
  readonly #receiver: RtpReceiver;
  readonly #sender: RtpSender;
  readonly #rtcp: RtcpSession;
  #ready: Uint8Array | undefined;
  #readyLength = 0;
  /** Where the far end's RTCP comes from; undefined before it does. */
  #controlPort: number | undefined;
  /** It comes with its RTP, and so shall ours. */
  #isMuxed = false;
  #malformed = 0;
  #packetsSent = 0;

  constructor(options: RtpSessionOptions) {
    const { codec, cname, epochMs, random } = options;
    const ticksPerMs = codec.clockRateHz / 1000;
    this.#options = options;
    this.#latch = new SourceLatch(options.remoteHost, options.remotePort);
    this.buffer = new JitterBuffer(codec);
    this.#events = new EventReceiver(ticksPerMs, options.onKey);
    this.#rtcp = new RtcpSession({ cname, ticksPerMs, epochMs, random });
    this.#receiver = new RtpReceiver(options, ticksPerMs, this.buffer, this.#events, reception =>
      this.#rtcp.watch(reception),
    );
    this.#sender = new RtpSender({ ...options, ticksPerMs }, (bytes, length) => this.#enqueue(bytes, length));
  }

  /** A datagram on the RTP port; RTCP is taken there as well (RFC 5761). */
  readonly receiveRtp = (bytes: Uint8Array, host: string, port: number, nowMs: number): void => {
    if (bytes.length > 1 && isRtcpType(bytes[1]!)) {
      if (this.#readControl(bytes, host, nowMs)) this.#isMuxed = true;
      return;
    }
    const header = this.#header;
    if (bytes.length > RTP_LIMITS.datagramBytes || !header.parse(bytes)) {
      this.#malformed += 1;
      return;
    }
    if (!this.#latch.admit(host, port, header.ssrc, header.sequence, nowMs)) return;
    // Two ends with one SSRC: ours is chosen anew (RFC 3550 §8.2).
    if (header.ssrc === this.#sender.ssrc) this.#sender.renew();
    this.#receiver.receive(header, bytes, nowMs);
  };

  /** A datagram on the RTCP port; ours go back to where it came from. */
  readonly receiveRtcp = (bytes: Uint8Array, host: string, port: number, nowMs: number): void => {
    if (this.#readControl(bytes, host, nowMs)) this.#controlPort = port;
  };

  /** The signalling tells another address of the far end. */
  redirect(host: string, port: number): void {
    this.#latch.expect(host, port);
    this.#controlPort = undefined;
    this.#isMuxed = false;
  }

  /** Fills the frame with the next 10 ms heard; true when any of it was made up. */
  pull(frame: Float32Array, nowMs: number): boolean {
    return this.buffer.pull(frame, nowMs);
  }

  /** Sends the next 10 ms. */
  push(frame: Float32Array, nowMs: number): void {
    const sender = this.#sender;
    sender.written(this.#options.codec.encode(frame, sender.buffer, sender.writeAt), nowMs);
  }

  /** Throws away what was pushed and is in no packet yet, and says how many milliseconds that was. */
  flush(): number {
    return this.#sender.flush();
  }

  /** Sends nothing for 10 ms, as on hold. */
  skip(): void {
    this.#sender.skip();
  }

  /** Presses a key; false when the far end takes none, for what is no key, or when too many wait. */
  press(key: string, durationMs: number): boolean {
    return this.#sender.press(key, durationMs);
  }

  /** What is due beside the audio: reports, and key presses whose end was lost. */
  tick(nowMs: number): void {
    this.#events.poll(nowMs);
    if (this.#rtcp.isDue(nowMs)) this.#sendControl(this.#rtcp.next(this.#sender.sent(), nowMs));
  }

  /** Says that this end's stream is over. */
  sayBye(nowMs: number): void {
    this.#sendControl(this.#rtcp.bye(this.#sender.sent(), nowMs));
  }

  /** The far end said so of its own. */
  get hasEnded(): boolean {
    return this.#rtcp.hasEnded;
  }

  stats(): RtpSessionStats {
    const reception = this.#receiver.reception;
    return {
      packetsReceived: reception?.received ?? 0,
      packetsLost: reception?.lost ?? 0,
      packetsSent: this.#packetsSent,
      malformed: this.#malformed,
      refused: this.#latch.refused,
      unwanted: this.#receiver.unwanted,
      jitterMs: reception?.jitterMs ?? 0,
      farEnd: this.#rtcp.farEnd,
    };
  }

  /** Called by the spread in this packet's part of the tick. */
  sendNow(): void {
    const bytes = this.#ready;
    if (bytes === undefined) return;
    this.#ready = undefined;
    this.#packetsSent += 1;
    this.#options.wire.sendRtp(bytes, this.#readyLength, this.#latch.host, this.#latch.port);
  }

  #enqueue(bytes: Uint8Array, length: number): void {
    // A packet that still waits goes out before the next: the ticks came faster than the spread.
    const isQueued = this.#ready !== undefined;
    this.sendNow();
    this.#ready = bytes;
    this.#readyLength = length;
    if (!isQueued) this.#options.spread.add(this);
  }

  /** Reads RTCP of the latched host; false for a stranger's, and for what is none. */
  #readControl(bytes: Uint8Array, host: string, nowMs: number): boolean {
    if (!this.#latch.admitsControl(host)) return false;
    const isTooLong = bytes.length > RTP_LIMITS.datagramBytes;
    const isRead = !isTooLong && this.#rtcp.receive(bytes, this.#sender.ssrc, nowMs);
    if (!isRead) this.#malformed += 1;
    return isRead;
  }

  #sendControl(bytes: Uint8Array): void {
    const { host, port } = this.#latch;
    if (this.#isMuxed) this.#options.wire.sendRtp(bytes, bytes.length, host, port);
    else this.#options.wire.sendRtcp(bytes, host, this.#controlPort ?? port + 1);
  }
}
