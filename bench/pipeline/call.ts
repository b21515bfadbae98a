import { createDownlink, type Downlink } from '../../pipeline/downlink.ts';
import { FRAME_MS } from '../../pipeline/frame.ts';
import { KeptFrame } from '../../pipeline/kept_frame.ts';
import { KernelFrame } from '../../pipeline/kernels/kernel_frame.ts';
import type { PipelinePolicy } from '../../pipeline/policy.ts';
import type { SpeechSource } from '../../pipeline/ports.ts';
import type { SharedParts } from '../../pipeline/shared_parts.ts';
import type { Stage } from '../../pipeline/stage.ts';
import type { VoiceDetector } from '../../pipeline/stages/voice_detector.ts';
import { TurnTaker } from '../../pipeline/turn/turn_taker.ts';
import { createUplink, type Uplink } from '../../pipeline/uplink.ts';
import type { Scene } from '../echo/scene.ts';

const NOTHING = { write: (): void => undefined };
const NO_BRIDGE: Stage = {
  name: 'bridge',
  process: () => undefined,
  reset: () => undefined,
  close: () => undefined,
};

/** Speech without an end, whatever is cut of it. */
class EndlessSpeech implements SpeechSource {
  readonly #samples: Float32Array;
  position = 0;

  constructor(samples: Float32Array, from: number) {
    this.#samples = samples;
    this.position = from;
  }

  get waiting(): number {
    return this.#samples.length;
  }

  read(into: Float32Array, at: number, count: number): number {
    for (let i = 0; i < count; i += 1)
      into[at + i] = this.#samples[(this.position + i) % this.#samples.length]!;
    this.position += count;
    return count;
  }

  invalidate(): void {}

  discardVoid(): void {}
}

/** One call's pipeline both ways, with turn taking, fed from a scene; from somewhere in it, so that no two calls are alike. */
export class BenchCall {
  readonly uplink: Uplink;
  readonly downlink: Downlink;
  readonly caller: KernelFrame;
  readonly agent: KernelFrame;
  readonly #scene: Scene;
  readonly #turns: TurnTaker;
  readonly #length: number;
  #at: number;
  #nowMs = 0;

  constructor(scene: Scene, shared: SharedParts, policy: PipelinePolicy, seed: number) {
    const { rateHz, far } = scene;
    this.#scene = scene;
    this.caller = new KernelFrame(shared.memory, rateHz);
    this.agent = new KernelFrame(shared.memory, rateHz);
    this.#length = this.caller.samples.length;
    const frames = Math.floor(far.length / this.#length);
    this.#at = ((seed * 7919) % frames) * this.#length;
    const heard = new KeptFrame(rateHz);
    this.uplink = createUplink(rateHz, {
      shared,
      far: this.agent,
      policy,
      recorder: heard,
      recogniser: NOTHING,
    });
    this.downlink = createDownlink(
      rateHz,
      {
        speech: new EndlessSpeech(far, this.#at),
        recorder: NOTHING,
        caller: heard,
        bridge: NO_BRIDGE,
        listener: { started: () => undefined, drained: () => undefined },
      },
      policy,
      seed,
    );
    const { playout, duck } = this.downlink;
    this.#turns = new TurnTaker(
      this.uplink.levels,
      {
        duck: () => duck.lower(),
        hold: () => playout.hold(),
        resume: () => {
          playout.release();
          duck.raise();
        },
        cut: () => 0,
        emit: () => undefined,
      },
      this.uplink,
    );
  }

  get voice(): VoiceDetector {
    return this.uplink.voice;
  }

  /** The line's part: what is heard next. */
  receive(): void {
    this.caller.samples.set(this.#scene.mic.subarray(this.#at, this.#at + this.#length));
  }

  takeTurns(): void {
    this.#nowMs += FRAME_MS;
    this.#turns.step(this.#nowMs, this.uplink.voice, true);
  }

  /** The line's part: what the far end was sent, as the scene has it, whatever was decided. */
  send(): void {
    this.agent.samples.set(this.#scene.far.subarray(this.#at, this.#at + this.#length));
    this.#at += this.#length;
    if (this.#at + this.#length > this.#scene.far.length) this.#at = 0;
  }

  close(): void {
    this.uplink.chain.close();
    this.downlink.chain.close();
    this.caller.close();
    this.agent.close();
  }
}
