import type { Frame } from '../frame.ts';
import type { KeptFrame } from '../kept_frame.ts';
import type { StereoSink } from '../ports.ts';
import type { Stage } from '../stage.ts';

/** Hands the agent's frame, with the caller's frame of the same tick, to the recorder. */
export class RecorderTap implements Stage<Frame> {
  readonly name = 'recorder tap';
  readonly #caller: KeptFrame;
  readonly #sink: StereoSink;

  /** `caller` has the uplink's frame of the same tick. */
  constructor(caller: KeptFrame, sink: StereoSink) {
    this.#caller = caller;
    this.#sink = sink;
  }

  process(frame: Frame): void {
    this.#sink.write(this.#caller.samples, frame.samples);
  }

  reset(): void {}

  close(): void {}
}
