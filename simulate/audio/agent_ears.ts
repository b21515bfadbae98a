import { SoundDetector } from '../../bench/wire/onset.ts';
import { hearTones } from './tones.ts';

const RATE_HZ = 8000;
/** Sentences are further apart. */
const SENTENCE_GAP_MS = 24;
/** Sound before the onset that is looked at, too. */
const LEAD_MS = 8;
/** After a question so much silence ends the agent's turn; after anything else it may only be busy. */
const QUESTION_OVER_MS = 420;
const TURN_OVER_MS = 2600;
/** What could not be heard. */
const GARBLED = '…';

export interface AgentTurn {
  readonly type: 'turn';
  readonly text: string;
  /** First sound, in ms since answer. */
  readonly startMs: number;
}

/** Hears the agent's side of the wire: sentence by sentence, turn by turn. Time is told by `advance`. */
export class AgentEars {
  readonly #detector: SoundDetector;
  #kept = new Int16Array(RATE_HZ * 60);
  /** Samples heard, and of them those that are not kept any more. */
  #length = 0;
  #dropped = 0;
  #sentences: string[] = [];
  #startMs: number | undefined;
  #lastSoundMs = 0;
  #isOver = false;
  #turns: AgentTurn[] = [];
  #waiting: ((turn: AgentTurn | undefined) => void) | undefined;

  constructor() {
    this.#detector = new SoundDetector(
      { rateHz: RATE_HZ, hangMs: SENTENCE_GAP_MS },
      { started: () => undefined, ended: (startMs, endMs) => this.#sentence(startMs, endMs) },
    );
  }

  /** True while the agent speaks, or has not come to the end of its turn. */
  get isBusy(): boolean {
    return this.#detector.sounding || this.#sentences.length > 0;
  }

  /** Sound follows sound: its own clock is what counts, not that of its arrival. */
  write(pcm: Int16Array, atMs: number): void {
    this.#keep(pcm);
    const from = this.#length - pcm.length;
    this.#detector.write(pcm, (from * 1000) / RATE_HZ);
    if (this.#detector.sounding) {
      this.#startMs ??= atMs;
      this.#lastSoundMs = atMs + (pcm.length * 1000) / RATE_HZ;
    }
  }

  advance(nowMs: number): void {
    if (this.#detector.sounding || this.#sentences.length === 0) return;
    const overMs = this.#sentences.at(-1)!.endsWith('?') ? QUESTION_OVER_MS : TURN_OVER_MS;
    if (nowMs - this.#lastSoundMs >= overMs) this.#endTurn();
  }

  /** The next turn; undefined when the call is over. One at a time. */
  next(): Promise<AgentTurn | undefined> {
    const turn = this.#turns.shift();
    if (turn !== undefined || this.#isOver) return Promise.resolve(turn);
    return new Promise(resolve => {
      this.#waiting = resolve;
    });
  }

  close(): void {
    if (this.#isOver) return;
    this.#detector.advance((this.#length * 1000) / RATE_HZ + SENTENCE_GAP_MS);
    this.#endTurn();
    this.#isOver = true;
    this.#waiting?.(undefined);
  }

  #keep(pcm: Int16Array): void {
    const at = this.#length - this.#dropped;
    if (at + pcm.length > this.#kept.length) {
      const half = this.#kept.length / 2;
      this.#kept.copyWithin(0, half);
      this.#dropped += half;
    }
    this.#kept.set(pcm, this.#length - this.#dropped);
    this.#length += pcm.length;
  }

  #sentence(startMs: number, endMs: number): void {
    const from = Math.round(((startMs - LEAD_MS) * RATE_HZ) / 1000) - this.#dropped;
    const to = Math.round(((endMs + LEAD_MS) * RATE_HZ) / 1000) - this.#dropped;
    const text = hearTones(this.#kept.subarray(Math.max(0, from), to));
    this.#sentences.push(text ?? GARBLED);
  }

  #endTurn(): void {
    if (this.#sentences.length === 0) return;
    const turn: AgentTurn = {
      type: 'turn',
      text: this.#sentences.join(' '),
      startMs: this.#startMs ?? 0,
    };
    this.#sentences = [];
    this.#startMs = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#turns.push(turn);
    else waiting(turn);
  }
}
