import type { Frame } from '../frame.ts';
import type { SampleSink } from '../ports.ts';
import type { Stage } from '../stage.ts';

/** Hands every frame to a sink, as it is at this place of the chain, while it is on. */
export class Tap implements Stage<Frame> {
  readonly name: string;
  isOn = true;
  readonly #sink: SampleSink;

  constructor(name: string, sink: SampleSink) {
    this.name = name;
    this.#sink = sink;
  }

  process(frame: Frame): void {
    if (this.isOn) this.#sink.write(frame.samples);
  }

  reset(): void {}

  close(): void {}
}
