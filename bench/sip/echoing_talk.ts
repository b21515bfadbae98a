import type { Ticking } from '../../src/calls/media_clock.ts';
import type { FromTalk } from '../../src/calls/media_threads.ts';
import { readSamples, writeSamples } from '../../src/calls/ring.ts';
import { type SlotView, slotView } from '../../src/calls/slot_buffers.ts';
import type { ToTalk } from '../../src/calls/thread_messages.ts';

/** Each call is looked after so often, in turn: the echo shall cost little beside the call. */
const TICKS_BETWEEN = 4;
/** More than is heard between two looks, at any rate of a pipeline. */
const MOST_SAMPLES = 4096;

/**
 * Stands where the talk thread is: what the pipeline heard is said again 40 ms later, and a call
 * that is over is let go of at once. Nothing is recognised, synthesised or written down.
 */
export class EchoingTalk implements Ticking {
  readonly #memory: SharedArrayBuffer;
  readonly #answer: (message: FromTalk) => void;
  readonly #views = new Map<number, SlotView>();
  readonly #heard = new Int16Array(MOST_SAMPLES);
  #ticks = 0;

  constructor(memory: SharedArrayBuffer, answer: (message: FromTalk) => void) {
    this.#memory = memory;
    this.#answer = answer;
  }

  receive(message: ToTalk): void {
    if (message.type === 'answered') {
      const { slot } = message.call;
      this.#views.set(slot, slotView(this.#memory, slot));
    } else if (message.type === 'lineEnded') {
      const { slot } = message;
      this.#views.delete(slot);
      setImmediate(() => this.#answer({ type: 'released', slot }));
    }
  }

  tick(): void {
    this.#ticks += 1;
    for (const [slot, view] of this.#views) {
      if ((slot + this.#ticks) % TICKS_BETWEEN === 0) this.#echo(view);
    }
  }

  skip(): void {}

  #echo({ heard, speech }: SlotView): void {
    const samples = readSamples(heard, this.#heard);
    writeSamples(speech, this.#heard.subarray(0, samples));
  }
}
