import {
  createVoiceMemory,
  type SileroVad,
  VAD_WINDOW_MS,
  type VoiceMemory,
  vadWindowLength,
} from '../../models/silero_vad.ts';
import { FRAME_MS, frameLength, type PipelineRateHz } from '../../pipeline/frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import type { TurnEvent, TurnPolicy } from '../../pipeline/turn/turn_event.ts';
import { DEFAULT_TURN_POLICY, TurnTaker } from '../../pipeline/turn/turn_taker.ts';
import { createUplink, type Uplink } from '../../pipeline/uplink.ts';
import { PLAIN_POLICY } from './plain_sound.ts';
import { sharedParts } from './shared_parts.ts';

const shared = await sharedParts(256);

/** Judges one window: the network, or a script. */
export type Judge = (window: Float32Array, endMs: number) => number | Promise<number>;

/** Silero as the judge of one voice. */
export function sileroJudge(vad: SileroVad, rateHz: PipelineRateHz): Judge {
  const memory: VoiceMemory = createVoiceMemory(rateHz);
  return async window => (await vad.judge([{ samples: window, memory }], rateHz))[0]!;
}

/** An uplink with turn taking, on a clock that goes as fast as it is fed; judgements come one tick late. */
export class TurnRig {
  readonly events: TurnEvent[] = [];
  /** Those of pauses too short to be one, apart from the others. */
  readonly gaps: TurnEvent[] = [];
  /** The agent speaks until it is cut. */
  agentAudible = false;
  ducked = false;
  /** When the agent was held last; undefined while it is not. */
  heldAtMs: number | undefined;
  firstHeldAtMs: number | undefined;
  cuts = 0;
  readonly #rateHz: PipelineRateHz;
  readonly #judge: Judge;
  readonly #uplink: Uplink;
  readonly #turns: TurnTaker;
  readonly #frame: KernelFrame;
  readonly #window: Float32Array;
  #inWindow = 0;
  #activity = { windows: 0, probability: 0 };
  #frames = 0;

  constructor(rateHz: PipelineRateHz, judge: Judge, policy: Partial<TurnPolicy> = {}) {
    this.#rateHz = rateHz;
    this.#judge = judge;
    this.#window = new Float32Array(vadWindowLength(rateHz));
    this.#frame = new KernelFrame(shared.memory, rateHz);
    this.#uplink = createUplink(rateHz, {
      shared,
      far: new KernelFrame(shared.memory, rateHz),
      policy: PLAIN_POLICY,
      recorder: { write: () => {} },
      recogniser: { write: () => {} },
    });
    this.#turns = new TurnTaker(
      this.#uplink.levels,
      {
        duck: () => {
          this.ducked = true;
        },
        hold: () => {
          this.heldAtMs = this.nowMs;
          this.firstHeldAtMs ??= this.nowMs;
        },
        resume: () => {
          this.ducked = false;
          this.heldAtMs = undefined;
        },
        cut: () => {
          this.cuts += 1;
          this.ducked = false;
          this.agentAudible = false;
          return this.nowMs * (rateHz / 1000);
        },
        emit: event => {
          const isGap = event.type === 'paused' || event.type === 'wentOn';
          (isGap ? this.gaps : this.events).push(event);
        },
      },
      this.#uplink,
    );
    this.#turns.policy = { ...DEFAULT_TURN_POLICY, ...policy };
  }

  get nowMs(): number {
    return this.#frames * FRAME_MS;
  }

  /** By so much the network hears later. */
  get delayMs(): number {
    return this.#uplink.delayMs;
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  set policy(policy: Partial<TurnPolicy>) {
    this.#turns.policy = { ...DEFAULT_TURN_POLICY, ...policy };
  }

  /** Somebody says that what the agent was held for, that time, was nothing. */
  goOn(hold: number): void {
    this.#turns.goOn(hold);
  }

  /** Hears the samples to their end, the last frame filled with silence; `each` is called before every tick. */
  async hear(samples: Float32Array, each: (nowMs: number) => void = () => {}): Promise<void> {
    const length = frameLength(this.#rateHz);
    for (let at = 0; at < samples.length; at += length) {
      each(this.nowMs);
      this.#frame.samples.fill(0);
      this.#frame.samples.set(samples.subarray(at, at + length));
      this.#uplink.chain.process(this.#frame);
      this.#frames += 1;
      this.#turns.step(this.nowMs, this.#activity, this.agentAudible);
      await this.#collect(this.#frame.samples);
    }
  }

  async #collect(samples: Float32Array): Promise<void> {
    const head = Math.min(samples.length, this.#window.length - this.#inWindow);
    this.#window.set(samples.subarray(0, head), this.#inWindow);
    this.#inWindow += head;
    if (this.#inWindow < this.#window.length) return;
    const windows = this.#activity.windows + 1;
    const probability = await this.#judge(this.#window, windows * VAD_WINDOW_MS);
    this.#activity = { windows, probability };
    this.#window.fill(0);
    this.#window.set(samples.subarray(head), 0);
    this.#inWindow = samples.length - head;
  }
}
