import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FRAME_MS, type Frame, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { CodecLeg } from '../../pipeline/kernels/codec_leg.ts';
import type { KernelMemory } from '../../pipeline/kernels/kernel_memory.ts';
import { type OnReport, RtpSession } from '../../sip/rtp/rtp_session.ts';
import type { RtpPair, RtpSockets, SocketPairOptions } from '../../sip/rtp/rtp_sockets.ts';
import type { SendSpread } from '../../sip/rtp/send_spread.ts';
import type { Line, LineEndReason, LineEvents, LineParty, LineStats, NetworkStats } from './line.ts';
import { LineKeys } from './line_keys.ts';
import { TickTime } from './tick_time.ts';
import type { TrunkStream } from './trunk_stream.ts';

/** What the signalling tells a media process of a phone call's leg. Plain JSON. */
interface TrunkAccess {
  /** Local address, never a name. */
  readonly host: string;
  /** Local and even: RTP; the one after it is RTCP's. */
  readonly port: number;
  /** Null while our offer is not answered. */
  readonly stream: TrunkStream | null;
  readonly from: string;
  readonly to: string;
  readonly sipCallId?: string | undefined;
}

export interface TrunkLineOptions extends TrunkAccess {
  /** Of the call's pipeline; see `rateOf`. */
  readonly rateHz: PipelineRateHz;
  /** How long another process may still hold the ports, having had the leg before; not at all when left out. */
  readonly portsHeldMs?: number;
}

/**
 * What the trunk lines of a media process share. Whoever ticks the calls calls `spread.startTick` and `sockets.poll` before
 * each tick.
 */
export interface TrunkParts {
  readonly kernels: KernelMemory;
  readonly spread: SendSpread;
  readonly sockets: RtpSockets;
  /** Monotonic milliseconds; tests give their own. */
  readonly nowMs?: () => number;
}

/** Why a line can't be opened: another program has its ports, the address is not this machine's, or all legs are taken. */
export type TrunkFailure = 'portInUse' | 'noSuchAddress' | 'noLegLeft';

/** What a trunk line tells the signalling, never before the constructor has returned. */
export interface TrunkSignals {
  /** The ports are bound: the call can be answered. */
  ready(): void;
  /** The line can't be opened, and has ended. */
  failed(cause: TrunkFailure): void;
  /** This end hung up: the far end is to be told. */
  closed(reason: LineEndReason): void;
  /** Every RTCP datagram, both ways; in the tick, those that are sent. */
  readonly onReport?: OnReport;
}

/** A call in which nothing was heard for so long, without being held, is over. */
const NO_MEDIA_MS = 60_000;

const BIND_AGAIN_MS = 20;
/** What the far end has said of our packets holds no longer: three of its reports are missing (RFC 3550 §6.2). */
const REPORT_HOLDS_MS = 15_000;

type State = 'opening' | 'ready' | 'up' | 'ended';

/** A leg by RTP, to a phone or trunk; its signalling is elsewhere. */
export class TrunkLine implements Line {
  readonly kind = 'trunk';
  readonly rateHz: PipelineRateHz;
  readonly party: LineParty;
  readonly #parts: TrunkParts;
  readonly #signals: TrunkSignals;
  readonly #events: LineEvents;
  readonly #nowMs: () => number;
  readonly #frameLength: number;
  readonly #tickTime = new TickTime();
  readonly #keys: LineKeys;
  readonly #opening: Promise<void>;
  #stream: TrunkStream | null;
  #state: State = 'opening';
  #hasAnswer = false;
  #session: RtpSession | undefined;
  #codecs: CodecLeg | undefined;
  #sockets: RtpPair | undefined;
  #listensFromMs = Number.POSITIVE_INFINITY;
  #pulled = 0;
  #concealed = 0;
  #pushed = 0;

  /** Binds its ports at once; whatever comes of it is told, never before the constructor has returned. */
  constructor(options: TrunkLineOptions, parts: TrunkParts, signals: TrunkSignals, events: LineEvents) {
    const { rateHz, from, to, sipCallId, stream } = options;
    this.rateHz = rateHz;
    this.party = sipCallId === undefined ? { from, to } : { from, to, sipCallId };
    this.#parts = parts;
    this.#signals = signals;
    this.#events = events;
    this.#nowMs = parts.nowMs ?? monotonicMs;
    this.#frameLength = frameLength(rateHz);
    this.#stream = stream;
    this.#keys = new LineKeys((key, durationMs) => this.#tellKey(key, durationMs));
    this.#opening = this.#open(options);
  }

  get playoutDelayMs(): number {
    return this.#stream?.ptimeMs ?? 0;
  }

  /** The far end has our answer, or we have its: media time starts here. */
  answered(stream: TrunkStream): void {
    if (this.#hasAnswer) return;
    this.#stream = stream;
    this.#hasAnswer = true;
    this.#start();
  }

  /** The ends agreed anew: hold and its end, another address, other codecs. */
  changed(stream: TrunkStream): void {
    const wasHeld = this.#stream?.held ?? false;
    this.#stream = stream;
    if (this.#state !== 'up') return;
    this.#agree(stream);
    if (stream.held && !wasHeld) this.#events.held();
    if (!stream.held && wasHeld) this.#events.resumed();
  }

  /** The far end's signalling brought a key. */
  key(digit: string, durationMs: number): void {
    this.#keys.bySignalling(digit, durationMs, this.#nowMs());
  }

  /** The far end hung up, or its signalling is lost. */
  gone(reason: LineEndReason): void {
    this.#end(reason);
  }

  pull(frame: Frame): void {
    this.#pulled += 1;
    const { samples } = frame;
    const session = this.#session;
    if (session === undefined || this.#state !== 'up' || samples.length !== this.#frameLength) {
      samples.fill(0);
      frame.concealed = false;
      frame.heldBackMs = 0;
      return;
    }
    const nowMs = this.#nowMs();
    frame.concealed = session.pull(samples, this.#tickTime.tick(nowMs));
    frame.heldBackMs = session.buffer.depthMs;
    if (frame.concealed) this.#concealed += 1;
    session.tick(nowMs);
    if (nowMs - this.#listensFromMs > NO_MEDIA_MS && nowMs - session.heardAtMs > NO_MEDIA_MS) this.#giveUp();
  }

  /** Its own hold is all there is. */
  measureDelay(): void {}

  push(frame: Frame): void {
    if (this.#session === undefined || this.#state !== 'up') {
      frame.samples.fill(0);
      return;
    }
    this.#pushed += 1;
    if (frame.samples.length === this.#frameLength) this.#session.push(frame.samples, this.#nowMs());
    else this.#session.skip();
  }

  press(key: string, durationMs: number): void {
    if (this.#state === 'up') this.#session?.press(key, durationMs);
  }

  flush(): number {
    return this.#session?.flush() ?? 0;
  }

  stats(): LineStats {
    const buffer = this.#session?.buffer;
    return {
      framesPulled: this.#pulled,
      framesConcealed: this.#concealed,
      framesPushed: this.#pushed,
      framesDropped: Math.ceil((buffer?.stats().droppedMs ?? 0) / FRAME_MS),
      jitterBufferMs: Math.round(buffer?.depthMs ?? 0),
      ...(this.#session && { network: this.#networkOf(this.#session) }),
    };
  }

  async close(reason: LineEndReason): Promise<void> {
    this.#hangUp(reason);
    await this.#opening;
  }

  #networkOf(session: RtpSession): NetworkStats {
    const { packetsLost, farEnd } = session.stats();
    const isRecent = farEnd !== undefined && this.#nowMs() - farEnd.atMs < REPORT_HOLDS_MS;
    return {
      packetsLost,
      packetsLate: session.buffer.stats().late,
      packetMs: this.playoutDelayMs,
      roundTripMs: isRecent ? farEnd.roundTripMs : undefined,
      farEnd: isRecent ? { lossPct: 100 * farEnd.fractionLost, jitterMs: farEnd.jitterMs } : undefined,
    };
  }

  async #open({ host, port, portsHeldMs = 0 }: TrunkLineOptions): Promise<void> {
    try {
      this.#sockets = await bindWithin(this.#parts.sockets, portsHeldMs, {
        host,
        port,
        onRtp: (bytes, fromHost, fromPort, ageMs) =>
          this.#session?.receiveRtp(bytes, fromHost, fromPort, this.#nowMs() - ageMs),
        onRtcp: (bytes, fromHost, fromPort, ageMs) =>
          this.#session?.receiveRtcp(bytes, fromHost, fromPort, this.#nowMs() - ageMs),
      });
    } catch (error) {
      this.#fail((error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'portInUse' : 'noSuchAddress');
      return;
    }
    this.#codecs = CodecLeg.open(this.rateHz, this.#parts.kernels);
    if (this.#codecs === undefined) this.#fail('noLegLeft');
    if (this.#codecs === undefined || this.#state === 'ended') {
      this.#release();
      return;
    }
    this.#session = this.#createSession(this.#codecs, this.#sockets);
    this.#state = 'ready';
    this.#signals.ready();
    this.#start();
  }

  #createSession(codecs: CodecLeg, wire: RtpPair): RtpSession {
    const { onReport } = this.#signals;
    return new RtpSession({
      codecs,
      wire,
      spread: this.#parts.spread,
      // 96 random bits, as short-term names are made (RFC 7022 §5).
      cname: randomBytes(12).toString('base64'),
      epochMs: performance.timeOrigin,
      random: chance,
      onKey: (key, durationMs) => this.#keys.byEvent(key, durationMs, this.#nowMs()),
      ...(onReport && { onReport }),
    });
  }

  #start(): void {
    if (this.#state !== 'ready' || !this.#hasAnswer || this.#stream === null) return;
    this.#state = 'up';
    this.#agree(this.#stream);
    this.#events.answered();
    if (this.#stream.held) this.#events.held();
  }

  /** On hold there may be music, which is not the caller. */
  #agree(stream: TrunkStream): void {
    const receives = stream.receives && !stream.held;
    this.#session?.agree({ ...stream, receives });
    this.#listensFromMs = receives ? this.#nowMs() : Number.POSITIVE_INFINITY;
  }

  #tellKey(key: string, durationMs: number): void {
    // Out of the tick, in which the end of a key press may be noticed.
    setImmediate(() => {
      if (this.#state === 'up') this.#events.dtmf(key, durationMs);
    });
  }

  #giveUp(): void {
    this.#listensFromMs = Number.POSITIVE_INFINITY;
    const wasHeard = this.#session?.heardAtMs !== Number.NEGATIVE_INFINITY;
    setImmediate(() => this.#hangUp(wasHeard ? 'networkLost' : 'noMedia'));
  }

  #fail(cause: TrunkFailure): void {
    if (this.#state === 'ended') return;
    this.#signals.failed(cause);
    this.#end('rejected');
  }

  #hangUp(reason: LineEndReason): void {
    if (this.#state === 'ended') return;
    this.#signals.closed(reason);
    this.#end(reason);
  }

  /** The call is over, whoever ended it: told once. */
  #end(reason: LineEndReason): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'up') this.#session?.sayBye(this.#nowMs());
    this.#state = 'ended';
    this.#release();
    this.#events.ended(reason);
  }

  #release(): void {
    this.#sockets?.close();
    this.#codecs?.close();
  }
}

/** Tries again while ports are in use. @throws Error of the system, with its code */
async function bindWithin(
  sockets: RtpSockets,
  patienceMs: number,
  options: SocketPairOptions,
): Promise<RtpPair> {
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    try {
      return await sockets.bind(options);
    } catch (error) {
      const isHeld = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isHeld || performance.now() > untilMs) throw error;
      await sleep(BIND_AGAIN_MS);
    }
  }
}

function monotonicMs(): number {
  return performance.now();
}

/** 0…1; nobody outside may guess what it is for. */
function chance(): number {
  return randomInt(2 ** 47) / 2 ** 47;
}
