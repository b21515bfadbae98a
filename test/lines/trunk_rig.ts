import { isUdpFree } from '../../bench/sip/free_ports.ts';
import { createFrame, type Frame, type PipelineRateHz } from '../../pipeline/frame.ts';
import { SendSpread } from '../../sip/rtp/send_spread.ts';
import type { LineEndReason, LineEvents } from '../../src/lines/line.ts';
import { TrunkLine, type TrunkSignals } from '../../src/lines/trunk_line.ts';
import type { TrunkStream } from '../../src/lines/trunk_stream.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';
import { chosen } from './chosen_sockets.ts';
import { HOST, TrunkPeer } from './trunk_peer.ts';

export const shared = await sharedParts(1, 8);
export const kernels = shared.memory;
export const { sockets } = chosen;
/** After so many polls, RTCP has been read as well. */
const POLLS = 8;

/** An even port of the loopback with the next one, both free just now. */
export async function freePortPair(): Promise<number> {
  for (;;) {
    const port = 12_000 + 2 * Math.floor(Math.random() * 4_000);
    if ((await isUdpFree(port)) && (await isUdpFree(port + 1))) return port;
  }
}

/** Lets the loopback deliver and the event loop turn. */
export async function settle(turns = 2): Promise<void> {
  for (let i = 0; i < turns; i += 1) {
    await new Promise(resolve => setImmediate(resolve));
    for (let polls = 0; polls < POLLS; polls += 1) sockets.poll();
  }
}

/** What a line told, in order. */
class Told implements LineEvents, TrunkSignals {
  readonly log: string[] = [];

  ready(): void {
    this.log.push('ready');
  }

  failed(cause: string): void {
    this.log.push(`failed ${cause}`);
  }

  closed(reason: LineEndReason): void {
    this.log.push(`closed ${reason}`);
  }

  answered(): void {
    this.log.push('answered');
  }

  dtmf(digit: string, durationMs: number): void {
    this.log.push(`key ${digit} ${durationMs}`);
  }

  held(): void {
    this.log.push('held');
  }

  resumed(): void {
    this.log.push('resumed');
  }

  ended(reason: LineEndReason): void {
    this.log.push(`ended ${reason}`);
  }
}

interface RigOptions {
  readonly rateHz?: PipelineRateHz;
  readonly port?: number;
  readonly portsHeldMs?: number;
  readonly stream?: TrunkStream | null;
  readonly events?: LineEvents;
  readonly onReport?: TrunkSignals['onReport'];
}

/** A trunk line on real sockets, whose clock is driven by hand. */
export class TrunkRig {
  nowMs = 1_000;
  readonly told = new Told();
  readonly line: TrunkLine;
  readonly port: number;
  readonly peer: TrunkPeer;
  readonly spread = new SendSpread();
  readonly caller: Frame;
  readonly agent: Frame;
  /** Frames that were made up. */
  concealed = 0;

  private constructor(peer: TrunkPeer, port: number, options: RigOptions) {
    const { rateHz = 8000, stream = null, events = this.told, portsHeldMs, onReport } = options;
    this.peer = peer;
    this.port = port;
    peer.linePort = port;
    this.caller = createFrame(rateHz);
    this.agent = createFrame(rateHz);
    const access = { host: HOST, port, stream, from: '+15550100', to: '+15550199', sipCallId: 'one@here' };
    const told = this.told;
    this.line = new TrunkLine(
      { ...access, rateHz, ...(portsHeldMs && { portsHeldMs }) },
      { kernels, sockets, spread: this.spread, nowMs: () => this.nowMs },
      {
        ready: () => told.ready(),
        failed: cause => told.failed(cause),
        closed: reason => told.closed(reason),
        ...(onReport && { onReport }),
      },
      events,
    );
  }

  /** A line that was just made. */
  static async open(options: RigOptions = {}, peer?: TrunkPeer): Promise<TrunkRig> {
    const port = options.port ?? (await freePortPair());
    return new TrunkRig(peer ?? (await TrunkPeer.open()), port, options);
  }

  /** A line that is ready to be answered. */
  static async ready(options: RigOptions = {}, peer?: TrunkPeer): Promise<TrunkRig> {
    const rig = await TrunkRig.open(options, peer);
    while (rig.told.log.length === 0) await settle(1);
    return rig;
  }

  /** A call that is up. */
  static async up(options: RigOptions = {}, peer?: TrunkPeer): Promise<TrunkRig> {
    const rig = await TrunkRig.ready(options, peer);
    rig.line.answered(rig.peer.stream());
    return rig;
  }

  /** Lets 10 ms pass at the far end and on the way. */
  async tick(peerMs = 10): Promise<void> {
    this.nowMs += 10;
    this.spread.startTick();
    this.peer.tick(peerMs);
    await settle();
  }

  /** Runs the call, and hands over each frame that is heard; `fill` makes what is said. */
  async run(
    durationMs: number,
    onFrame: (samples: Float32Array) => void = () => {},
    fill: (samples: Float32Array) => void = samples => samples.fill(0),
    peerMs = 10,
  ): Promise<void> {
    for (let ms = 0; ms < durationMs; ms += 10) {
      await this.tick(peerMs);
      this.caller.samples.fill(Number.NaN);
      this.line.pull(this.caller);
      if (this.caller.concealed) this.concealed += 1;
      onFrame(this.caller.samples);
      fill(this.agent.samples);
      this.line.push(this.agent);
    }
  }

  /** Lets what waits for its turn go out. */
  async drain(): Promise<void> {
    this.spread.startTick();
    await settle();
  }

  async close(): Promise<void> {
    await this.line.close('localHangup');
    this.peer.close();
  }
}

/** A tone that goes on from frame to frame. */
export function toneFill(toneHz: number, rateHz: number, level = 0.4): (samples: Float32Array) => void {
  let at = 0;
  return samples => {
    for (let i = 0; i < samples.length; i += 1, at += 1)
      samples[i] = level * Math.sin((2 * Math.PI * toneHz * at) / rateHz);
  };
}

/** The same as 16-bit samples. */
export function toneInt16(toneHz: number, rateHz: number, durationMs: number, level = 0.4): Int16Array {
  const samples = new Float32Array((durationMs * rateHz) / 1000);
  toneFill(toneHz, rateHz, level)(samples);
  return Int16Array.from(samples, sample => Math.round(sample * 32_767));
}

/** Share of a frame's power that is a tone's, by correlation with it. */
export function toneShare(samples: ArrayLike<number>, toneHz: number, rateHz: number): number {
  let [real, imaginary, power] = [0, 0, 1e-9];
  for (let i = 0; i < samples.length; i += 1) {
    const phase = (2 * Math.PI * toneHz * i) / rateHz;
    real += samples[i]! * Math.cos(phase);
    imaginary += samples[i]! * Math.sin(phase);
    power += samples[i]! ** 2;
  }
  return (2 * (real ** 2 + imaginary ** 2)) / (samples.length * power);
}

/** Counts the frames in which a tone is nearly all. */
export class ToneEar {
  clear = 0;
  frames = 0;
  readonly #toneHz: number;
  readonly #rateHz: number;

  constructor(toneHz: number, rateHz = 8000) {
    this.#toneHz = toneHz;
    this.#rateHz = rateHz;
  }

  readonly hear = (samples: Float32Array): void => {
    this.frames += 1;
    if (toneShare(samples, this.#toneHz, this.#rateHz) > 0.95) this.clear += 1;
  };
}
