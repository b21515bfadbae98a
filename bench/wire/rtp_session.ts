import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { SeededRandom } from '../caller/random.ts';
import type { Codec } from './codec.ts';
import { ImpairedPath, type Impairment } from './impaired_path.ts';
import { loopWatch } from './loop_watch.ts';
import { type AudioSink, RtpReceiver, type RtpReceiverStats } from './rtp_receiver.ts';
import { type AudioSource, PACKET_MS, RtpSender } from './rtp_sender.ts';

export interface RtpRemote {
  readonly host: string;
  readonly port: number;
}

export interface RtpMedia {
  readonly codec: Codec;
  /** Payload type of telephone events; undefined when the far end takes none. */
  readonly eventPayloadType: number | undefined;
  readonly remote: RtpRemote;
}

export interface RtpAudio {
  readonly source: AudioSource;
  /** What was handed to the wire, with the time at which it was due, in `performance.now()`. */
  readonly sent: AudioSink;
  /** What came from it. */
  readonly received: AudioSink;
}

/** A bad network between both ends, the same both ways. */
export interface BadNetwork {
  readonly impairment: Impairment;
  readonly seed: number;
}

/** Packets that are held up are looked after so often. */
const NETWORK_POLL_MS = 2;
/** Ports tried before giving up. */
const BIND_ATTEMPTS = 50;
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 39_998;
/** After a stall, up to so many packets are sent at once; the rest of the time is skipped. */
const MAX_CATCH_UP_PACKETS = 5;

/** A UDP socket on a free even port (RFC 3550 §11). */
export async function bindRtpSocket(host: string): Promise<Socket> {
  for (let attempt = 1; ; attempt += 1) {
    const port = LOWEST_PORT + 2 * randomInt((HIGHEST_PORT - LOWEST_PORT) / 2);
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(port, host, () => {
          socket.removeListener('error', reject);
          resolve();
        });
      });
      return socket;
    } catch (error) {
      socket.close();
      const busy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!busy || attempt === BIND_ATTEMPTS) throw error;
    }
  }
}

/**
 * Audio both ways on one socket: a packet every 20 ms by the monotonic clock, which does not drift, whatever the
 * timers do. Times given to the sinks are `performance.now()`.
 */
export class RtpSession {
  readonly #socket: Socket;
  readonly #audio: RtpAudio;
  readonly #receiver: RtpReceiver;
  readonly #sender: RtpSender;
  #remote: RtpRemote;
  #sending = true;
  #open = true;
  #nextMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #latestMs = 0;
  #skippedPackets = 0;
  readonly #outbound: ImpairedPath | undefined;
  readonly #networkTimer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, media: RtpMedia, audio: RtpAudio, network?: BadNetwork) {
    this.#socket = socket;
    this.#audio = audio;
    this.#remote = media.remote;
    this.#receiver = new RtpReceiver(media.codec, audio.received);
    this.#sender = new RtpSender(media.codec, frame => this.#pull(frame), media.eventPayloadType);
    const receive = (datagram: Uint8Array, nowMs: number): void => this.#receive(datagram, nowMs);
    if (network === undefined) {
      socket.on('message', datagram => receive(datagram, performance.now()));
    } else {
      const { impairment, seed } = network;
      const inbound = new ImpairedPath(impairment, new SeededRandom(seed, 'inbound'), receive);
      const outbound = new ImpairedPath(impairment, new SeededRandom(seed, 'outbound'), packet =>
        this.#transmit(packet),
      );
      this.#outbound = outbound;
      socket.on('message', datagram => inbound.pass(datagram, performance.now()));
      this.#networkTimer = setInterval(() => {
        inbound.poll(performance.now());
        outbound.poll(performance.now());
      }, NETWORK_POLL_MS);
    }
    // ICMP errors of a far end that is gone; the signalling tells the same.
    socket.on('error', () => {});
  }

  start(): void {
    this.#nextMs = performance.now();
    this.#tick();
  }

  /** A re-INVITE may move the far end, or put the call on hold: then nothing is sent. */
  redirect(remote: RtpRemote, sending: boolean): void {
    this.#remote = remote;
    this.#sending = sending;
  }

  /** False when the far end takes no telephone events. */
  pressKeys(keys: string): boolean {
    if (this.#sender.takesKeys) this.#sender.pressKeys(keys);
    return this.#sender.takesKeys;
  }

  get stats(): RtpReceiverStats & { readonly sendLatestMs: number; readonly sendSkipped: number } {
    return { ...this.#receiver.stats, sendLatestMs: this.#latestMs, sendSkipped: this.#skippedPackets };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#timer);
    clearInterval(this.#networkTimer);
    this.#socket.close();
  }

  #pull(frame: Int16Array): void {
    this.#audio.source(frame);
    this.#audio.sent(frame, this.#nextMs);
  }

  /** What this process is late by is no lateness of the far end. */
  #receive(datagram: Uint8Array, nowMs: number): void {
    this.#receiver.receive(datagram, nowMs, loopWatch.unreadMs());
  }

  readonly #tick = (): void => {
    const nowMs = performance.now();
    loopWatch.unreadMs();
    this.#latestMs = Math.max(this.#latestMs, nowMs - this.#nextMs);
    const due = Math.floor((nowMs - this.#nextMs) / PACKET_MS) + 1;
    if (due > MAX_CATCH_UP_PACKETS) this.#skip(due - MAX_CATCH_UP_PACKETS);
    while (this.#open && this.#nextMs <= nowMs) {
      const packet = this.#sender.next();
      if (this.#open && this.#sending) this.#send(packet, nowMs);
      this.#nextMs += PACKET_MS;
    }
    this.#receiver.poll(nowMs);
    if (this.#open) this.#timer = setTimeout(this.#tick, Math.max(0, this.#nextMs - performance.now()));
  };

  #send(packet: Uint8Array, nowMs: number): void {
    if (this.#outbound === undefined) this.#transmit(packet);
    else this.#outbound.pass(packet, nowMs);
  }

  #transmit(packet: Uint8Array): void {
    this.#socket.send(packet, this.#remote.port, this.#remote.host);
  }

  #skip(packets: number): void {
    this.#sender.skip(packets);
    this.#skippedPackets += packets;
    this.#nextMs += packets * PACKET_MS;
  }
}
