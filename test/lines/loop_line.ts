import type { Frame, PipelineRateHz } from '../../pipeline/frame.ts';
import type { Line, LineEndReason, LineEvents, LineStats } from '../../src/lines/line.ts';
import { type LineHarness, soundMs } from './line_conformance.ts';

/** What a line may get wrong. */
export type Fault =
  | 'never answers'
  | 'answers twice'
  | 'is deaf'
  | 'is dumb'
  | 'leaves frames as they were'
  | 'loses the first words'
  | 'sends what was flushed'
  | 'ends twice'
  | 'does not tell its end'
  | 'breaks at odd frames';

/** A line that leads to the test itself: the least that holds the conformance suite, or not even that. */
class LoopLine implements Line {
  readonly kind = 'stream';
  readonly rateHz: PipelineRateHz;
  readonly party = { from: '', to: '' };
  readonly playoutDelayMs = 20;
  readonly sent: number[] = [];
  readonly mouth: number[] = [];
  readonly #fault: Fault | undefined;
  readonly #events: LineEvents;
  readonly #queue: number[][] = [];
  #pulled = 0;
  #pushed = 0;
  #ended = false;

  constructor(rateHz: PipelineRateHz, events: LineEvents, fault?: Fault) {
    this.rateHz = rateHz;
    this.#events = events;
    this.#fault = fault;
  }

  /** The network moves by 10 ms. */
  tick(): void {
    const frame = this.#queue.shift();
    const isLost =
      this.#fault === 'is dumb' || (this.#fault === 'loses the first words' && this.#pushed < 50);
    if (frame !== undefined && !isLost) for (const sample of frame) this.sent.push(sample);
  }

  pull(frame: Frame): void {
    this.#pulled += 1;
    if (this.#fault === 'leaves frames as they were') return;
    const { samples } = frame;
    samples.fill(0);
    const heard = this.mouth.splice(0, samples.length);
    if (this.#fault !== 'is deaf') samples.set(heard);
  }

  measureDelay(): void {}

  push(frame: Frame): void {
    if (this.#ended) return;
    this.#pushed += 1;
    const isOdd =
      frame.samples.length !== this.rateHz / 100 || frame.samples.some(sample => Number.isNaN(sample));
    if (isOdd && this.#fault === 'breaks at odd frames') this.#queue.length = 0;
    if (isOdd && this.#fault === 'breaks at odd frames') throw new RangeError('odd frame');
    if (!isOdd) this.#queue.push([...frame.samples]);
  }

  press(): void {}

  flush(): number {
    const flushedMs = this.#queue.length * 10;
    if (this.#fault !== 'sends what was flushed') this.#queue.length = 0;
    return flushedMs;
  }

  stats(): LineStats {
    return {
      framesPulled: this.#pulled,
      framesConcealed: 0,
      framesPushed: this.#pushed,
      framesDropped: 0,
      jitterBufferMs: 0,
    };
  }

  end(reason: LineEndReason): void {
    if (this.#ended && this.#fault !== 'ends twice') return;
    this.#ended = true;
    if (this.#fault !== 'does not tell its end') this.#events.ended(reason);
  }

  async close(reason: LineEndReason): Promise<void> {
    this.end(reason);
  }
}

export function loopHarness(rateHz: PipelineRateHz, fault?: Fault): LineHarness {
  let line: LoopLine | undefined;
  return {
    rateHz,
    open: async events => {
      const opened = new LoopLine(rateHz, events, fault);
      line = opened;
      if (fault !== 'never answers') events.answered();
      if (fault === 'answers twice') events.answered();
      const farEnd = {
        say: (samples: Int16Array) => void opened.mouth.push(...Float32Array.from(samples, s => s / 32768)),
        soundMs: () => soundMs(opened.sent, rateHz),
        hangUp: async () => opened.end('remoteHangup'),
      };
      return { line: opened, farEnd };
    },
    tick: async () => line?.tick(),
    close: async () => {},
  };
}
