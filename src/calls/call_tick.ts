import type { AudioCall } from './audio_call.ts';

/** A call in a tick. */
type Ticked = Pick<
  AudioCall,
  'isUp' | 'receive' | 'hear' | 'takeTurn' | 'speak' | 'send' | 'hearingStages' | 'speakingStages'
>;
type Part = (call: Ticked, stage: number) => void;

/** The parts of a tick, in order; made once, since ticks allocate nothing. */
const RECEIVE: Part = call => call.receive();
const HEAR: Part = (call, stage) => call.hear(stage);
const TAKE_TURN: Part = call => call.takeTurn();
const SPEAK: Part = (call, stage) => call.speak(stage);
const SEND: Part = call => call.send();

/**
 * Ten milliseconds of several calls. All go through each part and each stage together: its code stays in the processor's
 * caches from one call to the next, which a whole call's would not, and voices are judged together.
 */
export class CallTick<Call extends Ticked = AudioCall> {
  readonly #calls: (Call | undefined)[];
  readonly #judge: () => void;
  readonly #onFault: (call: Call, error: unknown) => void;
  #count = 0;
  #hearing = 0;
  #speaking = 0;

  /** `judge` judges the voices of all calls; a call that throws is left out of the rest of the tick. */
  constructor(maxCalls: number, judge: () => void, onFault: (call: Call, error: unknown) => void) {
    this.#calls = Array.from({ length: maxCalls });
    this.#judge = judge;
    this.#onFault = onFault;
  }

  /** A call that takes part in the tick to come. */
  add(call: Call): void {
    this.#calls[this.#count] = call;
    this.#count += 1;
    this.#hearing = Math.max(this.#hearing, call.hearingStages);
    this.#speaking = Math.max(this.#speaking, call.speakingStages);
  }

  /** Makes the tick; what was added is forgotten, whatever happens. */
  run(): void {
    try {
      this.#all(RECEIVE, 0);
      for (let stage = 0; stage < this.#hearing; stage += 1) this.#all(HEAR, stage);
      this.#judge();
      this.#all(TAKE_TURN, 0);
      for (let stage = 0; stage < this.#speaking; stage += 1) this.#all(SPEAK, stage);
      this.#all(SEND, 0);
    } finally {
      this.#calls.fill(undefined, 0, this.#count);
      this.#count = 0;
      this.#hearing = 0;
      this.#speaking = 0;
    }
  }

  #all(part: Part, stage: number): void {
    for (let at = 0; at < this.#count; at += 1) {
      const call = this.#calls[at];
      // It may have ended meanwhile.
      if (!call?.isUp) continue;
      try {
        part(call, stage);
      } catch (error) {
        this.#calls[at] = undefined;
        this.#onFault(call, error);
      }
    }
  }
}
