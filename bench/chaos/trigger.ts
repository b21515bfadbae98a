import { SeededRandom } from '../caller/random.ts';
import type { Plan, Point } from './plan.ts';
import { exchangeOf } from './script.ts';
import type { Services } from './services.ts';

/** Bytes of speech that make a part of a sentence: a few chunks as JSON. */
const MID_SENTENCE_BYTES = 9_000;

/** Strikes once, when the moment of the plan has come in the turn that it names. */
export class Trigger {
  readonly #plan: Plan;
  readonly #lines: Services['lines'];
  readonly #isBetweenTurns: boolean;
  /** What the caller says in the turn under way; undefined outside of the turn that is struck. */
  #said: string | undefined;
  #speechBytes = 0;
  #modelText = '';
  #struckAtMs: number | undefined;
  readonly #nowMs: () => number;

  constructor(plan: Plan, lines: Services['lines'], nowMs: () => number) {
    this.#plan = plan;
    this.#lines = lines;
    this.#nowMs = nowMs;
    this.#isBetweenTurns = new SeededRandom(plan.index, 'between').chance(0.5);
    for (const line of lines.llm) {
      line.onUp = () => this.#reached('before the first token');
      line.onDown = bytes => this.#modelSaid(bytes.toString('latin1'));
    }
    for (const line of lines.tts) {
      line.onUp = () => this.#reached('before the first audio');
      line.onDown = bytes => this.#spoke(bytes.toString('latin1'));
    }
  }

  /** Media time at which it struck. */
  get struckAtMs(): number | undefined {
    return this.#struckAtMs;
  }

  /** To be called before anything is connected. */
  beforeOpening(): void {
    const { kind, target, point } = this.#plan;
    if (target === 'second') this.#lines[kind][0].strike({ kind: 'killed', isReset: true, lasts: true });
    if (point === 'before the call') this.#strike();
  }

  /** The caller begins to say it, in the turn that is to be struck. */
  onset(said: string): void {
    this.#said = said;
    this.#speechBytes = 0;
    this.#modelText = '';
    this.#reached('speech onset');
  }

  midUtterance(): void {
    this.#reached('mid-utterance');
  }

  endOfSpeech(): void {
    this.#reached('end of speech');
  }

  /** The agent has answered; what follows is another turn. */
  turnOver(): void {
    this.#reached('between sentences or turns');
    this.#said = undefined;
  }

  #modelSaid(text: string): void {
    for (const [, content] of text.matchAll(/"(?:content|text)":"((?:[^"\\]|\\.)*)"/gu))
      this.#modelText += content ?? '';
    const sentences = (exchangeOf(this.#said ?? '')?.answer ?? '').match(/[^.?!]+[.?!]/gu) ?? [];
    const [first, last] = [sentences[0], sentences.at(-1)];
    if (first === undefined || last === undefined) return;
    if (this.#modelText.includes(first)) this.#later('after the first sentence');
    if (this.#modelText.includes(last.trim().split(' ').slice(0, 2).join(' ')))
      this.#later('in the last sentence');
  }

  #spoke(text: string): void {
    this.#speechBytes += text.length;
    if (this.#speechBytes > MID_SENTENCE_BYTES) this.#later('in mid-sentence');
    // The first sentence is there as a whole.
    if (!this.#isBetweenTurns && /"type":"done"|"isFinal":true/u.test(text))
      this.#later('between sentences or turns');
  }

  /** What has come down is read by the client first. */
  #later(point: Point): void {
    if (this.#plan.point === point && this.#said !== undefined) setImmediate(() => this.#reached(point));
  }

  #reached(point: Point): void {
    if (this.#plan.point === point && this.#said !== undefined) this.#strike();
  }

  #strike(): void {
    if (this.#struckAtMs !== undefined) return;
    this.#struckAtMs = this.#nowMs();
    const { kind, target, fault } = this.#plan;
    const [first, second] = this.#lines[kind];
    for (const line of target === 'both' ? [first, second] : [target === 'second' ? second : first])
      line.strike(fault);
  }
}
