import { randomInt } from 'node:crypto';
import type { Socket } from 'node:dgram';
import type { Codec } from './codec.ts';
import type { AudioSink } from './rtp_receiver.ts';
import type { AudioSource } from './rtp_sender.ts';
import { type BadNetwork, bindRtpSocket, RtpSession } from './rtp_session.ts';
import { type Direction, formatSdp, mirrored, readSdp, SdpError } from './sdp.ts';
import { SipCall, type SipCallOptions, SipFailure } from './sip_client.ts';
import type { SipResponse } from './sip_message.ts';
import { localAddressFor, parseSipUri, resolveUri } from './sip_uri.ts';

export interface WireCallOptions
  extends Pick<SipCallOptions, 'target' | 'fromUser' | 'credentials' | 't1Ms' | 'headers'> {
  /** In order of preference. */
  readonly codecs: readonly Codec[];
  /** Ours; undefined: the one from which the target is reached. */
  readonly localHost: string | undefined;
  /** Between us and the far end; undefined: the network as it is. */
  readonly network?: BadNetwork | undefined;
  /** How long it may ring. */
  readonly answerTimeoutMs: number;
  /** Gives up the call while it is being set up. */
  readonly signal: AbortSignal;
}

/** Times given to the sinks are milliseconds since answer; sound before it is left out. */
export interface WireCallHandlers {
  provisional(status: number, reason: string): void;
  /** The media is about to run: who makes the sound, and who takes it. */
  audio(codec: Codec): {
    readonly source: AudioSource;
    readonly sent: AudioSink;
    readonly received: AudioSink;
  };
  /** The call has ended, by the far end or by `hangUp`. */
  ended(by: 'agent' | 'caller'): void;
}

export type WireStats = RtpSession['stats'];

/** A SIP call with its audio. */
export class WireCall {
  readonly codec: Codec;
  readonly callId: string;
  /** What the far end calls it, where a header of its answer says so. */
  readonly serverCallId: string | undefined;
  /** From the first INVITE to the answer. */
  readonly connectMs: number;
  readonly #answeredAtMs: number;
  readonly #sip: SipCall;
  readonly #rtp: RtpSession;
  readonly #ended: (by: 'agent' | 'caller') => void;
  #up = true;
  #bye: Promise<void> = Promise.resolve();

  /** Use `placeCall`. */
  constructor(set: {
    sip: SipCall;
    rtp: RtpSession;
    codec: Codec;
    response: SipResponse;
    connectMs: number;
    answeredAtMs: number;
    ended: (by: 'agent' | 'caller') => void;
  }) {
    this.#sip = set.sip;
    this.#rtp = set.rtp;
    this.codec = set.codec;
    this.callId = set.sip.local.callId;
    this.serverCallId = findServerCallId(set.response);
    this.connectMs = set.connectMs;
    this.#answeredAtMs = set.answeredAtMs;
    this.#ended = set.ended;
  }

  nowMs(): number {
    return performance.now() - this.#answeredAtMs;
  }

  get up(): boolean {
    return this.#up;
  }

  get stats(): WireStats {
    return this.#rtp.stats;
  }

  pressKeys(keys: string): boolean {
    return this.#rtp.pressKeys(keys);
  }

  /** Ends the call from here and waits for the far end's word; without effect when it has ended. */
  hangUp(): Promise<void> {
    if (this.#up) {
      this.#end('caller');
      this.#bye = this.#sip.hangUp().then(() => this.#sip.close());
    }
    return this.#bye;
  }

  /** The far end said BYE. Its retransmissions are answered a little longer. */
  noteRemoteHangUp(): void {
    if (!this.#up) return;
    this.#end('agent');
    setTimeout(() => this.#sip.close(), 2000);
  }

  #end(by: 'agent' | 'caller'): void {
    this.#up = false;
    this.#rtp.close();
    this.#ended(by);
  }
}

/**
 * Places a call and returns when it is answered and audio runs both ways.
 * @throws SipFailure when it is refused, not answered or given up; SdpError when its answer fits no audio
 */
export async function placeCall(options: WireCallOptions, handlers: WireCallHandlers): Promise<WireCall> {
  const remote = await resolveUri(parseSipUri(options.target));
  const localHost = options.localHost ?? (await localAddressFor(remote));
  const socket = await bindRtpSocket(localHost);
  const attempt = new Attempt(socket, localHost, options, handlers);
  try {
    return await attempt.place(remote);
  } catch (error) {
    attempt.abandon();
    throw error;
  }
}

/** Brings signalling and media of one call together. */
class Attempt {
  readonly #socket: Socket;
  readonly #localHost: string;
  readonly #options: WireCallOptions;
  readonly #handlers: WireCallHandlers;
  readonly #sessionId = randomInt(2 ** 31);
  #version = 1;
  #sip: SipCall | undefined;
  #rtp: RtpSession | undefined;
  #call: WireCall | undefined;
  /** Known once the first answer is there; later offers must keep to it. */
  #codecs: readonly Codec[];

  constructor(socket: Socket, localHost: string, options: WireCallOptions, handlers: WireCallHandlers) {
    this.#socket = socket;
    this.#localHost = localHost;
    this.#options = options;
    this.#handlers = handlers;
    this.#codecs = options.codecs;
  }

  async place(remote: SipCallOptions['remote']): Promise<WireCall> {
    const { target, fromUser, credentials, t1Ms, headers, answerTimeoutMs, signal } = this.#options;
    const sip = await SipCall.open(
      { target, remote, localHost: this.#localHost, fromUser, credentials, t1Ms, headers },
      {
        provisional: ({ status, reason }) => this.#handlers.provisional(status, reason),
        reoffered: offer => this.#reoffered(offer),
        reanswered: answer => this.#reanswered(answer),
        hungUp: () => this.#call?.noteRemoteHangUp(),
      },
    );
    this.#sip = sip;
    const giveUp = (): void => sip.cancel(new SipFailure('cancelled', 'given up before the answer'));
    const tooLate = (): void => {
      const within = `in ${answerTimeoutMs / 1000} s`;
      if (sip.responded) sip.cancel(new SipFailure('noAnswer', `no answer ${within}`));
      else sip.cancel(new SipFailure('noResponse', `the far end did not respond ${within}`));
    };
    const timer = setTimeout(tooLate, answerTimeoutMs);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    try {
      const startedAtMs = performance.now();
      const response = await sip.invite(this.#describe('sendrecv'));
      return await this.#answered(sip, response, startedAtMs);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }

  abandon(): void {
    if (this.#rtp === undefined) this.#socket.close();
    else this.#rtp.close();
    this.#sip?.close();
  }

  async #answered(sip: SipCall, response: SipResponse, startedAtMs: number): Promise<WireCall> {
    const answeredAtMs = performance.now();
    try {
      const media = readSdp(response.body, this.#codecs);
      this.#codecs = [media.codec];
      const audio = this.#handlers.audio(media.codec);
      const sinceAnswer = {
        source: audio.source,
        sent: (pcm: Int16Array, atMs: number) => audio.sent(pcm, atMs - answeredAtMs),
        received: (pcm: Int16Array, atMs: number) => audio.received(pcm, atMs - answeredAtMs),
      };
      const rtp = new RtpSession(this.#socket, media, sinceAnswer, this.#options.network);
      this.#rtp = rtp;
      const { ended } = this.#handlers;
      const connectMs = answeredAtMs - startedAtMs;
      this.#call = new WireCall({ sip, rtp, codec: media.codec, response, connectMs, answeredAtMs, ended });
      rtp.redirect(media.remote, listens(media.direction));
      rtp.start();
      return this.#call;
    } catch (error) {
      await sip.hangUp();
      throw error;
    }
  }

  #describe(direction: Direction): string {
    const { port } = this.#socket.address();
    return formatSdp({
      host: this.#localHost,
      port,
      codecs: this.#codecs,
      sessionId: this.#sessionId,
      version: this.#version,
      direction,
    });
  }

  #reoffered(offer: string | undefined): string {
    let direction: Direction = 'sendrecv';
    if (offer !== undefined) {
      const media = readSdp(offer, this.#codecs);
      direction = mirrored(media.direction);
      this.#rtp?.redirect(media.remote, listens(media.direction));
    }
    this.#version += 1;
    return this.#describe(direction);
  }

  #reanswered(answer: string): void {
    try {
      const media = readSdp(answer, this.#codecs);
      this.#rtp?.redirect(media.remote, listens(media.direction));
    } catch (error) {
      if (!(error instanceof SdpError)) throw error;
    }
  }
}

function listens(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

/** Servers that name their call say so in a header of their own, as in `X-LK-Call-ID: SCL_…`. */
function findServerCallId({ headers }: SipResponse): string | undefined {
  return headers.find(({ name }) => /^x-.*call-?id$/i.test(name))?.value;
}
