import { FRAME_MS, frameLength, type PipelineRateHz } from '../frame.ts';
import type { KernelExports } from '../kernels/kernel_exports.ts';
import type { KernelFrame } from '../kernels/kernel_frame.ts';
import type { KernelMemory } from '../kernels/kernel_memory.ts';
import { openSlot } from '../kernels/open_slot.ts';
import type { NoisePolicy } from '../policy.ts';
import type { Stage } from '../stage.ts';

/** Beyond this, noise is not turned down whatever the policy says. */
const MOST_DEPTH_DB = 40;
/** A change of depth, and switching on and off, takes a frame for each dB. */
const GLIDE_DB = 1;

/**
 * Turns noise down by a spectral gain (see assembly/denoise.ts) where the policy's kind is light. Whatever the policy
 * says, the sound comes out a frame later.
 */
export class NoiseSuppressor implements Stage {
  readonly name = 'noise suppression';
  readonly delayMs = FRAME_MS;
  readonly #kernels: KernelExports;
  readonly #slot: number;
  readonly #giveBack: () => void;
  readonly #frameLength: number;
  #wantedDepthDb: number;
  #depthDb: number;
  #floor: number;
  #isOn: boolean;

  /** @throws RangeError when the memory has no `denoise` slot left */
  constructor(memory: KernelMemory, rateHz: PipelineRateHz, policy: NoisePolicy) {
    const { address, giveBack } = openSlot(memory, 'denoise');
    this.#slot = address;
    this.#giveBack = giveBack;
    this.#kernels = memory.kernels;
    this.#frameLength = frameLength(rateHz);
    this.#isOn = policy.kind === 'light';
    this.#wantedDepthDb = depthOf(policy);
    this.#depthDb = this.#wantedDepthDb;
    this.#floor = floorAt(this.#depthDb);
  }

  process(frame: KernelFrame): void {
    if (this.#depthDb !== this.#wantedDepthDb) this.#glide();
    if (this.#isOn || this.#depthDb > 0) {
      const mayTeach = frame.concealed ? 0 : 1;
      this.#kernels.denoise(this.#slot, frame.address, this.#frameLength, this.#floor, mayTeach);
    } else {
      this.#kernels.passNoise(this.#slot, frame.address, this.#frameLength);
    }
  }

  #glide(): void {
    const wanted = this.#wantedDepthDb;
    this.#depthDb += Math.max(-GLIDE_DB, Math.min(GLIDE_DB, wanted - this.#depthDb));
    this.#floor = floorAt(this.#depthDb);
  }

  /** Changes the policy, from the next frame on and without a click. */
  tune(policy: NoisePolicy): void {
    this.#isOn = policy.kind === 'light';
    this.#wantedDepthDb = depthOf(policy);
  }

  /** Level of the noise before it is turned down, in dB of full scale; undefined until some was heard, and while off. */
  get noiseDb(): number | undefined {
    return decibels(this.#kernels.noisePower(this.#slot));
  }

  /** Level of the last second's speech over that of the noise; undefined until both were heard, and while off. */
  get snrDb(): number | undefined {
    const speechDb = decibels(this.#kernels.speechPower(this.#slot));
    const { noiseDb } = this;
    return speechDb === undefined || noiseDb === undefined ? undefined : speechDb - noiseDb;
  }

  /** How sure it is, from 0 to 1, that the frame that came in last holds speech, by its spectrum; 0 while off. */
  get speechPresence(): number {
    return this.#kernels.speechPresence(this.#slot);
  }

  reset(): void {
    this.#kernels.resetNoise(this.#slot);
    this.#depthDb = this.#wantedDepthDb;
    this.#floor = floorAt(this.#depthDb);
  }

  close(): void {
    this.#giveBack();
  }
}

function depthOf({ kind, depthDb }: NoisePolicy): number {
  return kind === 'light' ? Math.max(0, Math.min(MOST_DEPTH_DB, depthDb)) : 0;
}

function floorAt(depthDb: number): number {
  return 10 ** (-depthDb / 20);
}

function decibels(power: number): number | undefined {
  return power > 0 ? 10 * Math.log10(power) : undefined;
}
