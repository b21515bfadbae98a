import { SoundDetector } from '../../bench/wire/onset.ts';
import { hearBeginning, hearTones } from './tones.ts';

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
/** So often a sentence that goes on is listened to for what it will be. */
const FORESEEN_EVERY_MS = 60;

export interface AgentTurn {
  readonly type: 'turn';
  readonly text: string;
  /** First sound, in ms since answer. */
  readonly startMs: number;
  /** Of a turn that was cut into: what was heard of it when the caller had spoken; `text` is what the caller takes it for. */
  readonly heard?: Promise<string>;
}

/** What the beginning of a turn is about to ask; undefined while that can't be told, or is waited for. */
type Foresee = (beginning: string) => string | undefined;

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
  readonly #foresee: Foresee | undefined;
  #soundMs = 0;
  #foreseenMs = 0;
  /** What comes next may be the end of a sentence whose beginning was told. */
  #isRest = false;
  /** Told what was heard of the turn that the caller speaks into. */
  #cutInto: ((heard: string) => void) | undefined;

  /** Callers who cut in know by `foresee` when. */
  constructor(foresee?: Foresee) {
    this.#foresee = foresee;
    this.#detector = new SoundDetector(
      { rateHz: RATE_HZ, hangMs: SENTENCE_GAP_MS },
      {
        started: startMs => {
          this.#soundMs = startMs;
        },
        ended: (startMs, endMs) => this.#sentence(startMs, endMs),
      },
    );
  }

  /** True while there is sound. */
  get isSounding(): boolean {
    return this.#detector.sounding;
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
      this.#listenAhead(atMs);
    }
  }

  /** The caller has spoken into a turn: what was heard of it until now is all of it. */
  endCutIn(): void {
    const heard = [...this.#sentences, ...(this.#detector.sounding ? [this.#beginning()] : [])];
    this.#cutInto?.(heard.filter(sentence => sentence !== '').join(' '));
    if (this.#cutInto === undefined) return;
    this.#cutInto = undefined;
    this.#isRest = true;
    this.#sentences = [];
    this.#startMs = undefined;
  }

  advance(nowMs: number): void {
    if (this.#cutInto !== undefined) return;
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
    this.endCutIn();
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
    const sound = this.#soundOf(startMs, endMs);
    const text = hearTones(sound);
    const beginning = this.#foresee === undefined || text !== undefined ? '' : hearBeginning(sound);
    const isRest = this.#isRest && text === undefined && beginning === '';
    this.#isRest = false;
    if (isRest) this.#startMs = undefined;
    else this.#sentences.push(text ?? `${beginning}${GARBLED}`);
  }

  #soundOf(startMs: number, endMs: number): Int16Array {
    const from = Math.round(((startMs - LEAD_MS) * RATE_HZ) / 1000) - this.#dropped;
    const to = Math.round(((endMs + LEAD_MS) * RATE_HZ) / 1000) - this.#dropped;
    return this.#kept.subarray(Math.max(0, from), to);
  }

  /** Of the sentence that goes on. */
  #beginning(): string {
    const words = hearBeginning(this.#soundOf(this.#soundMs, (this.#length * 1000) / RATE_HZ));
    return words === '' ? '' : `${words}${GARBLED}`;
  }

  /** Gives the turn out before its end where the caller is to cut in. */
  #listenAhead(atMs: number): void {
    if (this.#foresee === undefined || this.#cutInto !== undefined || this.#waiting === undefined) return;
    if (atMs - this.#foreseenMs < FORESEEN_EVERY_MS) return;
    this.#foreseenMs = atMs;
    const text = this.#foresee([...this.#sentences, this.#beginning()].join(' '));
    if (text === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const { promise: heard, resolve } = Promise.withResolvers<string>();
    this.#cutInto = resolve;
    waiting({ type: 'turn', text, startMs: this.#startMs ?? atMs, heard });
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
