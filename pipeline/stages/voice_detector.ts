import { type SileroVersion, vadWindowLength } from '../../models/silero.ts';
import { frameLength, type PipelineRateHz } from '../frame.ts';
import type { KernelExports } from '../kernels/kernel_exports.ts';
import type { KernelFrame } from '../kernels/kernel_frame.ts';
import type { KernelMemory } from '../kernels/kernel_memory.ts';
import { openSlot } from '../kernels/open_slot.ts';
import type { VoicePolicy } from '../policy.ts';
import type { VoiceActivity } from '../ports.ts';
import type { Stage } from '../stage.ts';
import { PauseWatch } from '../turn/pause_watch.ts';

/** A window waits for so many frames at most before it is judged. */
const LATEST_FRAMES = 2;

/**
 * Gathers a call's samples into windows of 32 ms, which a VoiceJudge judges together with those of other calls, and
 * tells what came of them. What it hears passes through unaltered.
 */
export class VoiceDetector implements Stage, VoiceActivity {
  readonly name = 'voice detector';
  readonly rateHz: PipelineRateHz;
  /** Its slot in the kernel memory, for the judge. */
  readonly address: number;
  readonly #kernels: KernelExports;
  readonly #giveBack: () => void;
  readonly #pauses = new PauseWatch();
  /** Windows whose judgement was taken notice of. */
  #followed = 0;
  readonly #windowLength: number;
  readonly #frameLength: number;
  #windows: Int32Array;
  #waiting: Int32Array;
  #probability: Float32Array;
  #version: SileroVersion;
  #isOpen = true;

  /** @throws RangeError when the memory has no slot left for it */
  constructor(memory: KernelMemory, rateHz: PipelineRateHz, { model }: Pick<VoicePolicy, 'model'>) {
    const { kernels, buffer } = memory;
    const { address, giveBack } = openSlot(memory, 'voice');
    this.rateHz = rateHz;
    this.address = address;
    this.#kernels = kernels;
    this.#giveBack = giveBack;
    this.#windowLength = vadWindowLength(rateHz);
    this.#frameLength = frameLength(rateHz);
    this.#windows = new Int32Array(buffer, address + kernels.VOICE_WINDOWS.value, 1);
    this.#waiting = new Int32Array(buffer, address + kernels.VOICE_WAITING.value, 1);
    this.#probability = new Float32Array(buffer, address + kernels.VOICE_PROBABILITY.value, 1);
    this.#version = model;
    kernels.openVoice(address, rateHz / 1000);
  }

  get windows(): number {
    return this.#windows[0]!;
  }

  get probability(): number {
    return this.#probability[0]!;
  }

  /** Which network is to judge. */
  get version(): SileroVersion {
    return this.#version;
  }

  /** A whole window waits to be judged. */
  get isDue(): boolean {
    return this.#waiting[0]! >= this.#windowLength;
  }

  /** The window will have passed by unjudged if it is not judged now. */
  get isOverdue(): boolean {
    return this.#waiting[0]! >= this.#windowLength + LATEST_FRAMES * this.#frameLength;
  }

  /** Another network begins without memory of what was heard. */
  tune({ model }: Pick<VoicePolicy, 'model'>): void {
    if (model === this.#version) return;
    this.#version = model;
    this.reset();
  }

  process(frame: KernelFrame): void {
    this.#renewInPauses();
    this.#kernels.hearVoice(this.address, frame.address, this.#frameLength);
  }

  /** Media time moves on by so many frames without sound; the windows in it count as silent. */
  skip(frames: number): void {
    if (this.#isOpen) this.#kernels.skipVoice(this.address, frames * this.#frameLength);
  }

  /** Windows go on to end at multiples of 32 ms of media time. */
  reset(): void {
    if (this.#isOpen) this.#kernels.forgetVoice(this.address);
    this.#pauses.reset();
  }

  /** What was told last can still be read. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#windows = this.#windows.slice();
    this.#waiting = Int32Array.of(0);
    this.#probability = this.#probability.slice();
    this.#giveBack();
  }

  #renewInPauses(): void {
    const { windows } = this;
    if (windows === this.#followed) return;
    this.#followed = windows;
    if (this.#pauses.isPause(this.probability)) this.#kernels.renewVoice(this.address);
  }
}
