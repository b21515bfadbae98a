import type { SileroVersion } from '../models/silero.ts';
import type { PipelineRateHz } from './frame.ts';
import type { KernelExports } from './kernels/kernel_exports.ts';
import type { KernelMemory } from './kernels/kernel_memory.ts';
import { openSlot } from './kernels/open_slot.ts';
import { voiceTableName } from './kernels/voice_table.ts';
import type { VoiceDetector } from './stages/voice_detector.ts';

/**
 * In a tick, 0.3125 of all calls have a window due if they began at different times. Of calls that began at the same
 * time, more have; all beyond this share wait for one of the next two ticks.
 */
const MOST_OF_CALLS = 0.4;
/** So many are judged in any case. */
const ALWAYS = 16;

/** How many slots of the kind voiceBatch a judge takes: one for each network and rate. */
export const VOICE_BATCHES = 4;

/**
 * Judges the windows of all calls of a thread, as many together as the kernel takes: the weights then come to the
 * processor once for all of them. What a call is told does not depend on who else is judged.
 */
export class VoiceJudge {
  readonly #batches: Readonly<Record<PipelineRateHz, Readonly<Record<SileroVersion, Batch>>>>;

  /** @throws RangeError when the memory has no slots left for the batches, or not the networks' weights */
  constructor(memory: KernelMemory) {
    const batchesAt = (rateHz: PipelineRateHz) => ({
      v5: new Batch(memory, memory.table(voiceTableName('v5', rateHz))),
      v6: new Batch(memory, memory.table(voiceTableName('v6', rateHz))),
    });
    this.#batches = { 8000: batchesAt(8000), 16000: batchesAt(16_000) };
  }

  /** To be called in every tick, after all calls have heard. Does not allocate. */
  judge(detectors: readonly VoiceDetector[]): void {
    const share = Math.max(ALWAYS, Math.ceil(detectors.length * MOST_OF_CALLS));
    let judged = 0;
    for (let i = 0; i < detectors.length; i += 1) {
      if (detectors[i]!.isOverdue) judged += this.#take(detectors[i]!);
    }
    // They are due no more for the second round.
    if (judged > 0) this.#finish();
    for (let i = 0; i < detectors.length && judged < share; i += 1) {
      if (detectors[i]!.isDue) judged += this.#take(detectors[i]!);
    }
    this.#finish();
  }

  close(): void {
    for (const rateHz of RATES) {
      this.#batches[rateHz].v5.close();
      this.#batches[rateHz].v6.close();
    }
  }

  #take(detector: VoiceDetector): number {
    this.#batches[detector.rateHz][detector.version].add(detector.address);
    return 1;
  }

  #finish(): void {
    for (let i = 0; i < RATES.length; i += 1) {
      const { v5, v6 } = this.#batches[RATES[i]!];
      v5.judge();
      v6.judge();
    }
  }
}

const RATES: readonly PipelineRateHz[] = [8000, 16_000];

/** Voices of one rate for one network. */
class Batch {
  readonly #kernels: KernelExports;
  readonly #slot: number;
  readonly #giveBack: () => void;
  readonly #table: number;
  readonly #voices: Int32Array;
  #count = 0;

  constructor(memory: KernelMemory, table: number) {
    const { kernels, buffer } = memory;
    const { address, giveBack } = openSlot(memory, 'voiceBatch');
    this.#kernels = kernels;
    this.#slot = address;
    this.#giveBack = giveBack;
    this.#table = table;
    this.#voices = new Int32Array(buffer, address + kernels.VOICES.value, kernels.MOST_VOICES.value);
  }

  /** Judges all at once when the batch is full. */
  add(voice: number): void {
    this.#voices[this.#count] = voice;
    this.#count += 1;
    if (this.#count === this.#voices.length) this.judge();
  }

  judge(): void {
    if (this.#count > 0) this.#kernels.judgeVoices(this.#slot, this.#count, this.#table);
    this.#count = 0;
  }

  close(): void {
    this.#giveBack();
  }
}
