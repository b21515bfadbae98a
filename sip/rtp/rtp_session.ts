import { EventReceiver, type OnKey } from './event_receiver.ts';
import { JitterBuffer } from './jitter_buffer.ts';
import { RTP_LIMITS } from './limits.ts';
import type { MediaDecoder, MediaEncoder } from './media_codec.ts';
import { type FarEndReport, RtcpSession } from './rtcp_session.ts';
import { isRtcpType, RtpHeader } from './rtp_packet.ts';
import { RtpReceiver } from './rtp_receiver.ts';
import { RtpSender } from './rtp_sender.ts';
import type { RtpRemote, RtpStream } from './rtp_stream.ts';
import type { Outgoing, SendSpread } from './send_spread.ts';
import { SourceLatch } from './source_latch.ts';

/** What carries the datagrams: sockets, or a network in a test. */
export interface RtpWire {
  /** The packet may be read until a few packets later. */
  sendRtp(packet: Uint8Array, host: string, port: number): void;
  sendRtcp(packet: Uint8Array, host: string, port: number): void;
  /**
   * What others send to the RTP port need not be brought any more, which also spares the system a look-up for each packet;
   * all RTP goes there until `hearAll`.
   */
  hearOnly(host: string, port: number): void;
  hearAll(): void;
}

/** Called with every RTCP datagram, which is the callee's to keep. */
export type OnReport = (direction: 'in' | 'out', bytes: Uint8Array, nowMs: number) => void;

export interface RtpSessionOptions {
  readonly codecs: MediaDecoder & MediaEncoder;
  readonly wire: RtpWire;
  readonly spread: SendSpread;
  readonly cname: string;
  /** Milliseconds since 1970 at the monotonic time 0. */
  readonly epochMs: number;
  /** 0…1 by chance. */
  readonly random: () => number;
  readonly onKey: OnKey;
  readonly onReport?: OnReport;
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
 * One leg's RTP and RTCP, both ways, between sockets and codecs. What it does is agreed on, at first and whenever the
 * ends agree anew; before, nothing is sent and nothing heard. The media clock calls `pull`, `push` (or `skip`) and
 * `tick` every 10 ms; datagrams come in between. Times are monotonic milliseconds. Neither datagrams nor ticks make it
 * throw, and nothing is allocated for a packet of RTP.
 */
export class RtpSession implements Outgoing {
  readonly buffer: JitterBuffer;
  readonly #options: RtpSessionOptions;
  readonly #latch = new SourceLatch();
  readonly #header = new RtpHeader();
  readonly #events: EventReceiver;
  readonly #receiver: RtpReceiver;
  readonly #sender: RtpSender;
  readonly #rtcp: RtcpSession;
  #ready: Uint8Array | undefined;
  /** What the signalling told of the far end's address last. */
  #remote: RtpRemote | undefined;
  /** Where the far end's RTCP comes from, and when it came last; undefined and −∞ before it does. */
  #controlPort: number | undefined;
  #controlAtMs = Number.NEGATIVE_INFINITY;
  /** It comes with its RTP, and so shall ours. */
  #isMuxed = false;
  /** Nobody but the far end is heard on the RTP port: a flood of strangers ends in the system. */
  #isShut = false;
  #malformed = 0;
  #packetsSent = 0;

  constructor(options: RtpSessionOptions) {
    const { codecs, cname, epochMs, random } = options;
    const ticksPerMs = codecs.clockRateHz / 1000;
    this.#options = options;
    this.buffer = new JitterBuffer(codecs);
    this.#events = new EventReceiver(options.onKey);
    this.#rtcp = new RtcpSession({ cname, ticksPerMs, epochMs, random });
    this.#receiver = new RtpReceiver(ticksPerMs, this.buffer, this.#events, reception =>
      this.#rtcp.watch(reception),
    );
    this.#sender = new RtpSender({ ticksPerMs, random }, packet => this.#enqueue(packet));
  }

  /** The stream as the ends agreed on it, at first or anew. */
  agree(stream: RtpStream): void {
    const { remote } = stream;
    if (remote !== null) {
      this.#remote = remote;
      if (this.#latch.expect(remote.host, remote.rtpPort)) {
        this.#controlPort = undefined;
        this.#isMuxed = false;
        this.#open();
      }
    }
    this.#receiver.agree(stream);
    this.#sender.agree(stream);
  }

  /** When the far end's last packet of RTP or RTCP came; −∞ before the first. */
  get heardAtMs(): number {
    return Math.max(this.#latch.heardAtMs, this.#controlAtMs);
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
    if (!this.#isShut && this.#latch.isWhereMeant) this.#shut();
    // Two ends with one SSRC: ours is chosen anew (RFC 3550 §8.2).
    if (header.ssrc === this.#sender.ssrc) this.#sender.renew();
    this.#receiver.receive(header, bytes, nowMs);
  };

  /** A datagram on the RTCP port; ours go back to where it came from. */
  readonly receiveRtcp = (bytes: Uint8Array, host: string, port: number, nowMs: number): void => {
    if (this.#readControl(bytes, host, nowMs)) this.#controlPort = port;
  };

  /** Fills the frame with the next 10 ms heard, silence while nothing is received; true when any of it was made up. */
  pull(frame: Float32Array, nowMs: number): boolean {
    if (this.#receiver.isListening) return this.buffer.pull(frame, nowMs);
    frame.fill(0);
    return false;
  }

  /**
   * Sends the next 10 ms, if the stream goes that way and it is known where to. Afterwards the frame is as the encoder
   * left it, or silence when it is not sent.
   */
  push(frame: Float32Array, nowMs: number): void {
    const sender = this.#sender;
    const { codec } = sender;
    if (codec === undefined || this.#latch.port === 0) {
      frame.fill(0);
      sender.skip();
    } else sender.written(this.#options.codecs.encode(codec, frame, sender.buffer, sender.writeAt), nowMs);
  }

  /**
   * Throws away what was pushed and is not on the wire yet, and says how many milliseconds that was. As much is to be
   * pushed at once in its place, or the far end gets the rest too early.
   */
  flush(): number {
    const packetMs = this.#ready === undefined ? 0 : this.#sender.takeBack();
    if (packetMs > 0) this.#ready = undefined;
    return packetMs + this.#sender.flush();
  }

  /** Sends nothing for 10 ms. */
  skip(): void {
    this.#sender.skip();
  }

  /** Presses a key; false when the far end takes none, for what is no key, or when too many wait. */
  press(key: string, durationMs: number): boolean {
    return this.#sender.press(key, durationMs);
  }

  /** What is due beside the audio: reports, key presses whose end was lost, an ear for who may follow on silence. */
  tick(nowMs: number): void {
    this.#events.poll(nowMs);
    if (this.#isShut && nowMs - this.#latch.heardAtMs >= RTP_LIMITS.latchSilenceMs) this.#open();
    if (this.#rtcp.isDue(nowMs)) this.#sendControl(this.#rtcp.next(this.#sender.sent(), nowMs), nowMs);
  }

  /** Says that this end's stream is over. */
  sayBye(nowMs: number): void {
    this.#sendControl(this.#rtcp.bye(this.#sender.sent(), nowMs), nowMs);
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
    const packet = this.#ready;
    if (packet === undefined) return;
    this.#ready = undefined;
    this.#packetsSent += 1;
    this.#options.wire.sendRtp(packet, this.#latch.host, this.#latch.port);
  }

  #enqueue(packet: Uint8Array): void {
    // A packet that still waits goes out before the next: the ticks came faster than the spread.
    const isQueued = this.#ready !== undefined;
    this.sendNow();
    this.#ready = packet;
    if (!isQueued) this.#options.spread.add(this);
  }

  #shut(): void {
    this.#isShut = true;
    this.#options.wire.hearOnly(this.#latch.host, this.#latch.port);
  }

  #open(): void {
    if (!this.#isShut) return;
    this.#isShut = false;
    this.#options.wire.hearAll();
  }

  /** Reads RTCP of the latched host; false for a stranger's, and for what is none. */
  #readControl(bytes: Uint8Array, host: string, nowMs: number): boolean {
    if (!this.#latch.admitsControl(host)) return false;
    const isTooLong = bytes.length > RTP_LIMITS.datagramBytes;
    const isRead = !isTooLong && this.#rtcp.receive(bytes, this.#sender.ssrc, nowMs);
    if (isRead) {
      this.#controlAtMs = nowMs;
      this.#options.onReport?.('in', bytes.slice(), nowMs);
    } else this.#malformed += 1;
    return isRead;
  }

  #sendControl(bytes: Uint8Array, nowMs: number): void {
    const { host, port } = this.#latch;
    const controlPort = this.#isMuxed ? port : (this.#controlPort ?? this.#toldControlPort(host, port));
    if (port === 0 || controlPort === undefined) return;
    this.#options.onReport?.('out', bytes, nowMs);
    if (this.#isMuxed) this.#options.wire.sendRtp(bytes, host, port);
    else this.#options.wire.sendRtcp(bytes, host, controlPort);
  }

  /** Where the signalling wants reports; beside its audio, if that is not where the signalling said. */
  #toldControlPort(host: string, port: number): number | undefined {
    const remote = this.#remote;
    if (remote?.host === host && remote.rtpPort === port) return remote.rtcpPort ?? undefined;
    return port + 1;
  }
}
