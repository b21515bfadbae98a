import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Llm } from '../../providers/types.ts';
import { type Fold, type Folded, foldOf, withFolded } from '../../workflow/talk_history.ts';
import type { Talk } from '../../workflow/types.ts';
import type { After } from '../ports.ts';
import { keptNotes, notesRequest } from './notes.ts';

export interface TalkMemoryParts {
  readonly llm: Llm;
  readonly after: After;
  /** Told of each summary that failed, and of turns that had to be given up, once until a summary succeeds again. */
  onFault(error: unknown): void;
}

/**
 * What a model remembers of one conversation. When that is nearly full, the model is asked for notes of its oldest part, one
 * request at a time, beside the conversation: no reply waits for it. Notes take the place of the turns that they tell of
 * whenever the model is asked next; until then these stay, as far as the budget goes.
 */
export class TalkMemory {
  readonly #parts: TalkMemoryParts;
  /** The newest. It is put into every history that lacks it, since replies that are taken back take theirs along. */
  #folded: Folded | undefined;
  #underWay: AbortController | undefined;
  #failures = 0;
  #pauseTurns = 0;
  #hasToldOfLoss = false;
  #knownLoss = 0;
  #isClosed = false;

  constructor(parts: TalkMemoryParts) {
    this.#parts = parts;
  }

  /** As much as is known by now. */
  recall(talk: Talk): Talk {
    return this.#folded === undefined ? talk : withFolded(talk, this.#folded);
  }

  /** A turn is over. Never waits, never throws. */
  look(talk: Talk | undefined): void {
    if (talk === undefined || this.#isClosed || this.#underWay !== undefined) return;
    const known = this.recall(talk);
    this.#tellOfLoss(known);
    const fold = foldOf(known);
    if (fold === undefined) return;
    this.#pauseTurns -= 1;
    if (this.#pauseTurns < 0) void this.#summarise(fold);
  }

  /** Gives up what is under way. */
  close(): void {
    this.#isClosed = true;
    this.#underWay?.abort(new Error('the conversation is over'));
  }

  async #summarise(fold: Fold): Promise<void> {
    const underWay = new AbortController();
    this.#underWay = underWay;
    const late = new TrunklineError('LLM_FAILED', `no summary within ${LIMITS.talkSummaryMs} ms`);
    const cancel = this.#parts.after(LIMITS.talkSummaryMs, () => underWay.abort(late));
    try {
      const summary = keptNotes(await this.#write(fold, underWay.signal), fold.summaryTokens);
      const { turns, from, upTo } = fold;
      this.#folded = { summary, turns, from, upTo };
      this.#failures = 0;
      this.#pauseTurns = 0;
      this.#hasToldOfLoss = false;
    } catch (error) {
      if (!this.#isClosed) this.#failed(underWay.signal.aborted ? late : error);
    } finally {
      cancel();
      this.#underWay = undefined;
    }
  }

  async #write(fold: Fold, signal: AbortSignal): Promise<string> {
    const messages = notesRequest(fold);
    const maxTokens = Math.max(LIMITS.llmAnswerTokens, 2 * fold.summaryTokens);
    let written = '';
    for await (const delta of this.#parts.llm.reply({ messages, maxTokens, signal })) {
      signal.throwIfAborted();
      if (delta.type === 'text') written += delta.text;
      if (delta.type === 'end' && delta.reason === 'refused')
        throw new TrunklineError('LLM_FAILED', 'no notes are taken of this');
      if (written.length >= LIMITS.talkSummaryCharacters) break;
    }
    return written.slice(0, LIMITS.talkSummaryCharacters);
  }

  #failed(error: unknown): void {
    this.#pauseTurns = Math.min(2 ** this.#failures, LIMITS.talkSummaryPauseTurns);
    this.#failures += 1;
    this.#parts.onFault(error);
  }

  #tellOfLoss({ forgotten }: Talk): void {
    const isMore = forgotten > this.#knownLoss;
    this.#knownLoss = forgotten;
    if (!isMore || this.#hasToldOfLoss) return;
    this.#hasToldOfLoss = true;
    this.#parts.onFault(new TrunklineError('TALK_FORGOTTEN', `${forgotten} turns so far`));
  }
}
