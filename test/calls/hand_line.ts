import type { Frame, PipelineRateHz } from '../../pipeline/frame.ts';
import type { Line, LineEndReason, LineEvents, LineParty, LineStats } from '../../src/lines/line.ts';

/**
 * A line worked by hand: the test says what is heard, and finds what was pushed. It holds back `heldFrames` pushed
 * frames, as lines with a queue do, and gives them back at a flush.
 */
export class HandLine implements Line {
  readonly kind = 'room';
  readonly rateHz: PipelineRateHz;
  readonly party: LineParty = { from: 'caller', to: 'agent' };
  readonly playoutDelayMs: number;
  readonly heldFrames: number;
  /** Samples on the wire, in order. */
  readonly sent: number[] = [];
  readonly pressed: string[] = [];
  readonly events: LineEvents;
  measuresDelay = false;
  closedWith: LineEndReason | undefined;
  /** What the far end says; silence when it is used up. */
  mouth: Float32Array = new Float32Array(0);
  readonly #held: number[][] = [];
  #spoken = 0;

  constructor(rateHz: PipelineRateHz, events: LineEvents, heldFrames = 0) {
    this.rateHz = rateHz;
    this.events = events;
    this.heldFrames = heldFrames;
    this.playoutDelayMs = heldFrames * 10;
  }

  say(samples: Float32Array): void {
    this.mouth = samples;
    this.#spoken = 0;
  }

  pull(frame: Frame): void {
    const { length } = frame.samples;
    frame.samples.fill(0);
    frame.samples.set(this.mouth.subarray(this.#spoken, this.#spoken + length));
    this.#spoken += length;
  }

  measureDelay(isWanted: boolean): void {
    this.measuresDelay = isWanted;
  }

  push(frame: Frame): void {
    this.#held.push([...frame.samples]);
    while (this.#held.length > this.heldFrames)
      for (const sample of this.#held.shift()!) this.sent.push(sample);
  }

  press(key: string, durationMs: number): void {
    this.pressed.push(`${key} ${durationMs}`);
  }

  flush(): number {
    return this.#held.splice(0).length * 10;
  }

  stats(): LineStats {
    return { framesPulled: 0, framesConcealed: 0, framesPushed: 0, framesDropped: 0, jitterBufferMs: 0 };
  }

  async close(reason: LineEndReason): Promise<void> {
    if (this.closedWith !== undefined) return;
    this.closedWith = reason;
    this.events.ended(reason);
  }
}
