import { room, writePosition, writeSamples } from './ring.ts';
import { CONTROL, type SlotView } from './slot_buffers.ts';

/**
 * The talk thread's end of the speech ring. After a cut (a new generation) nothing is taken until `resume`; that
 * tells the audio thread from which position on the ring holds speech again, so that not even a sample written
 * while the cut happened is heard.
 */
export class SpeechWriter {
  readonly #slot: SlotView;

  constructor(slot: SlotView) {
    this.#slot = slot;
  }

  /** True when the audio thread cut the speech and `resume` was not called since. */
  get isCut(): boolean {
    const { control } = this.#slot;
    return Atomics.load(control, CONTROL.generation) !== Atomics.load(control, CONTROL.acknowledged);
  }

  /** Samples that can be written now. */
  get room(): number {
    return room(this.#slot.speech);
  }

  /** Absolute position of the next sample written. */
  get position(): number {
    return writePosition(this.#slot.speech);
  }

  /** Writes 16-bit samples at the slot's rate, as many as fit; none after a cut. */
  write(samples: Int16Array): number {
    return this.isCut ? 0 : writeSamples(this.#slot.speech, samples);
  }

  /** Acknowledges every cut so far: what is written from here on is new speech. Returns where it begins. */
  resume(): number {
    const { control } = this.#slot;
    const position = this.position;
    const generation = Atomics.load(control, CONTROL.generation);
    Atomics.store(control, CONTROL.speechFrom, position);
    Atomics.store(control, CONTROL.acknowledged, generation);
    return position;
  }
}
