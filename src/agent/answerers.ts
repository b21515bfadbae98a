import type { AnsweredBy } from '../providers/use.ts';

/** Who gave an answer, one after the other. */
export class Answerers {
  #first: AnsweredBy | undefined;
  readonly #wentOn: string[] = [];
  #last = '';

  note(by: AnsweredBy): void {
    if (by.provider === this.#last) return;
    if (this.#first === undefined) this.#first = by;
    else if (this.#wentOn.length < MOST_AFTER) this.#wentOn.push(by.provider);
    this.#last = by.provider;
  }

  /** Who began it; undefined where nobody was asked. */
  get first(): AnsweredBy | undefined {
    return this.#first;
  }

  /** Names of those who went on with it, in order. */
  get wentOn(): readonly string[] {
    return this.#wentOn;
  }
}

/** What is named of one answer; whoever comes later is in the metrics alone. */
const MOST_AFTER = 4;
