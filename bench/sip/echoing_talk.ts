import type { Ticking } from '../../src/calls/media_clock.ts';
import type { FromTalk } from '../../src/calls/media_threads.ts';
import { discardTo, readFloats, writeFrame, writePosition } from '../../src/calls/ring.ts';
import { type SlotView, slotView } from '../../src/calls/slot_buffers.ts';
import type { ToTalk } from '../../src/calls/thread_messages.ts';

/** A frame of 10 ms at the highest rate of a pipeline. */
const MOST_FRAME_SAMPLES = 160;

/**
 * Stands where the talk and voice-activity threads are: what the pipeline heard is said again a frame later, and a call
 * that is over is let go of at once. Nothing is recognised, synthesised or written down.
 */
export class EchoingTalk implements Ticking {
  readonly #memory: SharedArrayBuffer;
  readonly #answer: (message: FromTalk) => void;
  readonly #slots = new Map<number, { readonly view: SlotView; readonly frame: Float32Array }>();
  readonly #buffer = new Float32Array(MOST_FRAME_SAMPLES);

  constructor(memory: SharedArrayBuffer, answer: (message: FromTalk) => void) {
    this.#memory = memory;
    this.#answer = answer;
  }

  receive(message: ToTalk): void {
    if (message.type === 'answered') {
      const { slot, rateHz } = message.call;
      const frame = this.#buffer.subarray(0, rateHz / 100);
      this.#slots.set(slot, { view: slotView(this.#memory, slot), frame });
    } else if (message.type === 'lineEnded') {
      const { slot } = message;
      this.#slots.delete(slot);
      setImmediate(() => this.#answer({ type: 'released', slot }));
    }
  }

  tick(): void {
    for (const { view, frame } of this.#slots.values()) {
      while (readFloats(view.heard, frame) > 0) writeFrame(view.speech, frame);
      discardTo(view.vadInput, writePosition(view.vadInput));
    }
  }

  skip(): void {}
}
