import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { CODECS, type CodecName } from '../../bench/wire/codec.ts';
import { formatRtp, parseRtp, type RtpPacket } from '../../bench/wire/rtp_packet.ts';
import type { TrunkStream } from '../../src/lines/trunk_stream.ts';
import { soundMs } from './line_conformance.ts';

export const HOST = '127.0.0.1';
const EVENT_TYPE = 101;

/** What came to the peer. */
interface Heard extends RtpPacket {
  readonly fromPort: number;
}

/** The far end of a trunk line: sockets and codecs of its own, and a clock that the test turns. */
export class TrunkPeer {
  readonly heard: Heard[] = [];
  readonly reports: Uint8Array[] = [];
  /** Where the line under test hears. */
  linePort = 0;
  ssrc = 77;
  /** Nothing is sent while it is set; time goes on. */
  isSilent = false;
  #codec: CodecName = 'PCMU';
  #ptimeMs = 20;
  #encode = CODECS.PCMU.createEncoder();
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  #mouth = new Int16Array(0);
  #sequence = 65_500;
  #timestamp = 4_294_960_000;
  #sinceSentMs = 0;

  private constructor(rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    rtp.on('message', (bytes, from) => {
      const packet = parseRtp(bytes);
      if (packet !== undefined) this.heard.push({ ...packet, fromPort: from.port });
    });
    rtcp.on('message', bytes => this.reports.push(bytes));
  }

  /** @param port of its RTP; any when left out */
  static async open(port = 0): Promise<TrunkPeer> {
    const [rtp, rtcp] = [createSocket('udp4').bind(port, HOST), createSocket('udp4').bind(0, HOST)];
    await Promise.all([rtp, rtcp].map(socket => once(socket, 'listening')));
    return new TrunkPeer(rtp, rtcp);
  }

  get port(): number {
    return this.#rtp.address().port;
  }

  get codec(): CodecName {
    return this.#codec;
  }

  /** The stream with this peer, both ways in the codec it uses. */
  stream(changes: Partial<TrunkStream> = {}): TrunkStream {
    const { payloadType } = CODECS[this.#codec];
    return {
      remote: { host: HOST, rtpPort: this.port, rtcpPort: this.#rtcp.address().port },
      sends: true,
      receives: true,
      held: false,
      codec: this.#codec,
      sendPayloadType: payloadType,
      receive: [{ payloadType, codec: this.#codec }],
      sendEvents: { payloadType: EVENT_TYPE, clockHz: 8000 },
      receiveEvents: [{ payloadType: EVENT_TYPE, clockHz: 8000 }],
      ptimeMs: this.#ptimeMs,
      ...changes,
    };
  }

  /** What is said from now on is in packets like these; what was to be said is forgotten. */
  use(codec: CodecName, ptimeMs = 20): void {
    this.#mouth = new Int16Array(0);
    this.#codec = codec;
    this.#ptimeMs = ptimeMs;
    this.#encode = CODECS[codec].createEncoder();
  }

  /** Says samples of 16 bits at the codec's rate; silence before and after. */
  say(samples: Int16Array): void {
    const waiting = this.#mouth;
    this.#mouth = new Int16Array(waiting.length + samples.length);
    this.#mouth.set(waiting);
    this.#mouth.set(samples, waiting.length);
  }

  /** Lets time pass, 10 ms at most. */
  tick(elapsedMs = 10): void {
    this.#sinceSentMs += elapsedMs;
    if (this.#sinceSentMs < this.#ptimeMs) return;
    this.#sinceSentMs -= this.#ptimeMs;
    const samples = (CODECS[this.#codec].rateHz / 1000) * this.#ptimeMs;
    const frame = new Int16Array(samples);
    frame.set(this.#mouth.subarray(0, samples));
    this.#mouth = this.#mouth.subarray(samples);
    const payload = this.#encode(frame);
    const timestamp = this.#timestamp;
    this.#timestamp = (timestamp + this.#ptimeMs * 8) >>> 0;
    if (!this.isSilent) this.send(CODECS[this.#codec].payloadType, timestamp, payload);
    else this.#sequence = (this.#sequence + 1) & 0xffff;
  }

  /** A packet of now. */
  send(payloadType: number, timestamp: number, payload: Uint8Array): void {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    this.sendBytes(formatRtp({ payloadType, marker: false, sequence, timestamp, ssrc: this.ssrc, payload }));
  }

  /** Packets of one key press (RFC 4733), all at once: those of its middle, then so many of its end. */
  press(code: number, durationMs: number, ends: number): void {
    const timestamp = this.#timestamp;
    for (let atMs = 20; atMs < durationMs; atMs += 20) this.#sendEvent(timestamp, code, atMs, false);
    for (let i = 0; i < ends; i += 1) this.#sendEvent(timestamp, code, durationMs, true);
  }

  #sendEvent(timestamp: number, code: number, durationMs: number, isEnd: boolean): void {
    const ticks = durationMs * 8;
    const payload = Uint8Array.of(code, (isEnd ? 0x80 : 0) | 10, ticks >> 8, ticks & 0xff);
    this.send(EVENT_TYPE, timestamp, payload);
  }

  sendBytes(bytes: Uint8Array): void {
    this.#rtp.send(bytes, this.linePort, HOST);
  }

  sendReport(bytes: Uint8Array): void {
    this.#rtcp.send(bytes, this.linePort + 1, HOST);
  }

  /** What was heard in a codec, of those packets. */
  static samplesOf(packets: readonly RtpPacket[], codec: CodecName): Int16Array {
    const decode = CODECS[codec].createDecoder();
    const { payloadType } = CODECS[codec];
    const pieces = packets
      .filter(packet => packet.payloadType === payloadType)
      .map(packet => decode(packet.payload));
    const samples = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      samples.set(piece, at);
      at += piece.length;
    }
    return samples;
  }

  soundMs(): number {
    return soundMs(TrunkPeer.samplesOf(this.heard, this.#codec), CODECS[this.#codec].rateHz, 32_768);
  }

  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }
}
