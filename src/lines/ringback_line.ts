import type { Frame, PipelineRateHz } from '../../pipeline/frame.ts';
import type { Line, LineEndReason } from './line.ts';

/** The ringing tone of North America: 440 and 480 Hz at −19 dBm0 each, 2 s on and 4 s off (ITU-T E.180 Supplement 2). */
const TONES_HZ = [440, 480] as const;
const ON_S = 2;
const CYCLE_S = 6;
/** 3.14 dBm0 is full scale (ITU-T G.711). */
const AMPLITUDE = 10 ** ((-19 - 3.14) / 20);

/** Somebody who does nothing but ring, for a caller to hear while another one is called. */
export class RingbackLine implements Line {
  readonly kind = 'stream';
  readonly rateHz: PipelineRateHz;
  readonly party = { from: '', to: '' };
  readonly playoutDelayMs = 0;
  #at = 0;

  constructor(rateHz: PipelineRateHz) {
    this.rateHz = rateHz;
  }

  pull({ samples }: Frame): void {
    const [low, high] = TONES_HZ;
    const cycle = CYCLE_S * this.rateHz;
    for (let i = 0; i < samples.length; i += 1) {
      const at = (this.#at + i) % cycle;
      const turn = (2 * Math.PI * at) / this.rateHz;
      samples[i] = at < ON_S * this.rateHz ? AMPLITUDE * (Math.sin(low * turn) + Math.sin(high * turn)) : 0;
    }
    this.#at = (this.#at + samples.length) % cycle;
  }

  measureDelay(): void {}

  push(): void {}

  press(): void {}

  flush(): number {
    return 0;
  }

  stats() {
    return { framesPulled: 0, framesConcealed: 0, framesPushed: 0, framesDropped: 0, jitterBufferMs: 0 };
  }

  async close(_reason: LineEndReason): Promise<void> {}
}
