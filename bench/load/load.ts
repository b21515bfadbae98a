import type { Codec } from '../wire/codec.ts';
import type { Impairment } from '../wire/impaired_path.ts';
import { PACKET_MS } from '../wire/rtp_sender.ts';
import type { Credentials } from '../wire/sip_digest.ts';
import type { CallRecord } from './call_record.ts';
import { type EncodedAudio, encodeAudio } from './encoded_audio.ts';
import type { Histogram } from './histogram.ts';
import { LoadCall } from './load_call.ts';
import { marker } from './marker.ts';
import { MediaPorts } from './media_ports.ts';
import { Pacer } from './pacer.ts';
import { type CallScript, SILENT } from './script.ts';
import { SipPort } from './sip_port.ts';
import { silence } from './sounds.ts';
import { type Watch, watchGenerator } from './watch.ts';

/** Whom to call and how. */
export interface LoadOptions {
  /** sip:USER@HOST[:PORT], over UDP. */
  readonly target: string;
  readonly codec: Codec;
  /** What is drawn by chance follows from it. */
  readonly seed: number;
  readonly localHost?: string | undefined;
  readonly credentials?: Credentials | undefined;
  readonly t1Ms?: number | undefined;
  /** Of the n-th call, from 0 on; silent callers where left out. */
  readonly script?: (index: number) => CallScript;
  readonly fromUser?: (index: number) => string;
  /** Sent while nothing is said; silence where left out. */
  readonly idle?: EncodedAudio;
  readonly sending?: Impairment | undefined;
  readonly receiving?: Impairment | undefined;
  /** False: signalling only. */
  readonly sendsMedia?: boolean;
  /** Takes how late each packet of the far end comes on its call's own grid. */
  readonly lateness?: Histogram;
  /** Whether the n-th call keeps what it hears, for markers and clicks. */
  readonly keepsTrack?: (index: number) => boolean;
  /** From answer to BYE, and from INVITE to CANCEL. */
  readonly holdMs?: number | undefined;
  readonly cancelAfterMs?: number | undefined;
}

/** How calls are placed. */
export interface Ramp {
  readonly calls: number;
  readonly callsPerSecond: number;
  /** So many at the same moment, at so much longer intervals. */
  readonly burst?: number;
}

/** Calls being placed: how many of them are still to come, and when. */
interface Placing {
  left: number;
  nextMs: number;
  readonly burst: number;
  readonly intervalMs: number;
}

/** Ports bound at a time beyond those that were foreseen. */
const MORE_PORTS = 16;
/** A call takes so much longer than it is held. */
const AROUND_HOLD_MS = 3000;

/** A load on one target: hundreds of scripted calls from one process, measured from the wire. */
export class Load {
  readonly #options: LoadOptions;
  readonly #sip: SipPort;
  readonly #ports: MediaPorts;
  readonly #pacer: Pacer;
  readonly #idle: EncodedAudio;
  readonly #marker: EncodedAudio;
  readonly #live = new Set<LoadCall>();
  readonly #records: CallRecord[] = [];
  readonly #waiting = new Set<{
    readonly holds: () => boolean;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }>();
  #placing: Placing | undefined;
  #placed = 0;
  #isBinding = false;

  private constructor(options: LoadOptions, sip: SipPort) {
    const { codec, idle } = options;
    this.#options = options;
    this.#sip = sip;
    this.#ports = new MediaPorts(sip.host);
    this.#pacer = new Pacer(nowMs => this.#everySlot(nowMs));
    this.#idle = idle ?? encodeAudio(silence(PACKET_MS, codec.rateHz), codec);
    this.#marker = encodeAudio(marker(codec.rateHz), codec);
    this.#pacer.start();
  }

  /** @throws Error for a target that is no SIP URI over UDP, or whose name is not found */
  static async open(options: LoadOptions): Promise<Load> {
    const { target, localHost, credentials, t1Ms } = options;
    return new Load(options, await SipPort.open({ target, localHost, credentials, t1Ms }));
  }

  /** Calls that are answered and not hung up. */
  get up(): number {
    let up = 0;
    for (const call of this.#live) if (call.isUp) up += 1;
    return up;
  }

  /** RTP packets of all calls so far, both ways. */
  get packets(): number {
    return this.records.reduce(
      (sum, { packetsSent, reception }) => sum + packetsSent + (reception?.packets ?? 0),
      0,
    );
  }

  /** Of all calls placed so far, those under way as they are now. */
  get records(): CallRecord[] {
    return [...this.#records, ...[...this.#live].map(call => call.record())];
  }

  /** Places calls; returns when each of them is up or over. */
  async place({ calls, callsPerSecond, burst = 1 }: Ramp): Promise<void> {
    const { holdMs = Number.POSITIVE_INFINITY } = this.#options;
    const atOnce = burst + (callsPerSecond * (holdMs + AROUND_HOLD_MS)) / 1000;
    await this.#ports.provide(Math.min(calls, Math.ceil(atOnce)));
    const intervalMs = (burst * 1000) / callsPerSecond;
    this.#placing = { left: calls, nextMs: performance.now(), burst, intervalMs };
    await this.#until(() => this.#placing === undefined && [...this.#live].every(call => call.isUp));
  }

  /** Returns when every call is over, as by its hold time. */
  async ended(): Promise<void> {
    await this.#until(() => this.#placing === undefined && this.#live.size === 0);
  }

  /** Hangs up all calls, spread over the time that so many a second take; returns when they are over. */
  async hangUp(callsPerSecond = 100): Promise<void> {
    this.#placing = undefined;
    const calls = [...this.#live];
    const startedMs = performance.now();
    let hungUp = 0;
    await this.#until(() => {
      const due = Math.min(calls.length, ((performance.now() - startedMs) * callsPerSecond) / 1000);
      for (; hungUp < due; hungUp += 1) calls[hungUp]!.hangUp();
      return this.#live.size === 0;
    });
  }

  /** Watches from now on whether this generator itself was on time. */
  watch(): Watch {
    return watchGenerator(this.#pacer);
  }

  close(): void {
    this.#pacer.stop();
    this.#sip.close();
    this.#ports.close();
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.add({ holds, resolve, reject }));
  }

  #everySlot(nowMs: number): void {
    this.#placeDue(nowMs);
    this.#sip.sweep(nowMs);
    for (const call of this.#live) call.poll(nowMs);
    for (const waiting of this.#waiting) {
      if (!waiting.holds()) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }

  #placeDue(nowMs: number): void {
    const placing = this.#placing;
    if (placing === undefined) return;
    for (; placing.left > 0 && placing.nextMs <= nowMs; placing.nextMs += placing.intervalMs) {
      const burst = Math.min(placing.burst, placing.left);
      if (this.#ports.free < burst) {
        this.#provideMore(burst);
        return;
      }
      for (let i = 0; i < burst; i += 1) this.#placeOne(nowMs);
      placing.left -= burst;
    }
    if (placing.left === 0) this.#placing = undefined;
  }

  /** More calls are under way than was foreseen: the next ones wait for their ports. */
  #provideMore(burst: number): void {
    if (this.#isBinding) return;
    this.#isBinding = true;
    this.#ports.provide(burst + MORE_PORTS).then(
      () => {
        this.#isBinding = false;
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** Whoever waits is told; calls that are up go on until they are hung up. */
  #fail(error: unknown): void {
    this.#placing = undefined;
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  #placeOne(nowMs: number): void {
    const media = this.#ports.take();
    const { codec, seed, script, fromUser, sending, receiving, holdMs, cancelAfterMs } = this.#options;
    const index = this.#placed;
    this.#placed += 1;
    const plan = {
      index,
      seed,
      fromUser: fromUser?.(index) ?? `+1555${String(index % 10_000_000).padStart(7, '0')}`,
      codec,
      script: script?.(index) ?? SILENT,
      idle: this.#idle,
      marker: this.#marker,
      lateness: this.#options.lateness,
      sending,
      receiving,
      sendsMedia: this.#options.sendsMedia ?? true,
      keepsTrack: this.#options.keepsTrack?.(index) ?? false,
      holdMs,
      cancelAfterMs,
    };
    const call = new LoadCall(plan, { sip: this.#sip, pacer: this.#pacer, media }, () => this.#over(call));
    this.#live.add(call);
    call.start(nowMs);
  }

  #over(call: LoadCall): void {
    this.#records.push(call.record());
    this.#live.delete(call);
    this.#sip.forget(call.leg);
    this.#ports.giveBack(call.media);
  }
}
