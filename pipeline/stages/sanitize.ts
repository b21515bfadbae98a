import type { Frame } from '../frame.ts';
import type { Stage } from '../stage.ts';

/** Makes whatever a line delivered safe to calculate with: no NaN, nothing beyond full scale. */
export class Sanitize implements Stage<Frame> {
  readonly name = 'sanitize';

  process(frame: Frame): void {
    const { samples } = frame;
    for (let i = 0; i < samples.length; i += 1) {
      const sample = samples[i]!;
      if (!(sample >= -1 && sample <= 1)) samples[i] = sample > 1 ? 1 : sample < -1 ? -1 : 0;
    }
  }

  reset(): void {}

  close(): void {}
}
