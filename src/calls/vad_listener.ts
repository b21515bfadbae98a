import {
  createVoiceMemory,
  type SileroVad,
  type VadRateHz,
  type VoiceMemory,
  vadWindowLength,
} from '../../models/silero_vad.ts';
import { available, readFloats } from './ring.ts';
import { CONTROL, type SlotView, slotView } from './slot_buffers.ts';
import type { VadBoard } from './vad_board.ts';

/** One slot as the VAD thread sees it. */
interface Voice {
  readonly slot: SlotView;
  epoch: number;
  memory: VoiceMemory;
  samples: Float32Array;
  windows: number;
}

const RATES: readonly VadRateHz[] = [8000, 16000];
const FREE = -1;

/** Judges every 32 ms window of every call, all windows that are due in one run of the network. */
export class VadListener {
  readonly #vad: Pick<SileroVad, 'judge'>;
  readonly #board: VadBoard;
  readonly #voices: readonly Voice[];

  constructor(vad: Pick<SileroVad, 'judge'>, board: VadBoard, memory: SharedArrayBuffer) {
    this.#vad = vad;
    this.#board = board;
    this.#voices = Array.from({ length: board.slots }, (_, index) => ({
      slot: slotView(memory, index),
      epoch: FREE,
      ...newVoice(16000),
    }));
  }

  /** Judges until no window is due. */
  async judgeDue(): Promise<void> {
    for (const voice of this.#voices) this.#meet(voice);
    for (const rateHz of RATES) {
      for (let due = this.#collect(rateHz); due.length > 0; due = this.#collect(rateHz)) {
        const probabilities = await this.#vad.judge(due, rateHz);
        for (const [row, voice] of due.entries()) this.#tell(voice, probabilities[row]!);
      }
    }
  }

  /** A new call on a slot is heard without memory of the one before. */
  #meet(voice: Voice): void {
    const occupant = this.#board.look(voice.slot.index);
    if (occupant === undefined) voice.epoch = FREE;
    else if (occupant.epoch !== voice.epoch) {
      Object.assign(voice, newVoice(occupant.rateHz), { epoch: occupant.epoch });
    }
  }

  #collect(rateHz: VadRateHz): Voice[] {
    return this.#voices.filter(voice => {
      const isDue =
        voice.epoch !== FREE &&
        voice.memory.rateHz === rateHz &&
        available(voice.slot.vadInput) >= voice.samples.length;
      if (isDue) readFloats(voice.slot.vadInput, voice.samples);
      return isDue;
    });
  }

  #tell(voice: Voice, probability: number): void {
    voice.windows += 1;
    Atomics.store(voice.slot.control, CONTROL.vadProbability, Math.round(probability * 65536));
    Atomics.store(voice.slot.control, CONTROL.vadWindow, voice.windows);
  }
}

function newVoice(rateHz: VadRateHz): Pick<Voice, 'memory' | 'samples' | 'windows'> {
  return {
    memory: createVoiceMemory(rateHz),
    samples: new Float32Array(vadWindowLength(rateHz)),
    windows: 0,
  };
}
