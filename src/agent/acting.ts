import type { ActCall, FlowState, FlowStep, Heard } from '../workflow/types.ts';
import type { ActDesk } from './acts.ts';
import { HOLDING_WORDS } from './holding.ts';
import type { Acted } from './tools/tool_answer.ts';

/** A caller who hears nothing for so long is told that it takes a moment; and told again after so long. */
const FILLER_AFTER_MS = 1000;
const AGAIN_AFTER_MS = 7000;

type ActHeard = Extract<Heard, { type: 'acted' }>;

/** What is up to the agent while a tool is used for the workflow. */
export type ActNews =
  | { readonly type: 'acted'; readonly heard: Heard }
  | { readonly type: 'waits'; readonly words: string };

interface UnderWay {
  readonly act: ActCall;
  /** The workflow that wants it, and where. */
  readonly state: FlowState;
  acted: Acted | undefined;
  readonly over: Promise<void>;
  /** Since when nobody speaks, in media time; undefined while somebody does. */
  quietSinceMs: number | undefined;
  hasFilled: boolean;
}

/**
 * Carries out what the workflow wants done: begun once the step that wants it stands, and told to the workflow as soon as
 * nobody speaks, until a step stands that knows of it.
 */
export class Acting {
  readonly #desk: ActDesk;
  #now: UnderWay | undefined;
  #isClosed = false;
  #isGivenUp = false;

  constructor(desk: ActDesk) {
    this.#desk = desk;
  }

  /** True from the beginning of an act until the workflow knows what came of it. */
  get isOn(): boolean {
    return this.#now !== undefined;
  }

  /**
   * The conversation has got here; what the step still wants is the act under way, or another one. Without a line only what belongs
   * to the one that has begun: its further steps, or those that undo it.
   */
  stands({ act, state }: FlowStep): void {
    const before = this.#now;
    if (before !== undefined && before.act.id !== act?.id) {
      this.#desk.told(before.act.id);
      this.#now = undefined;
    }
    if (act === undefined || this.#now !== undefined || this.#isGivenUp) return;
    if (this.#isClosed && !isOf(before?.state, state)) return;
    const now: UnderWay = {
      act,
      state,
      acted: undefined,
      over: this.#desk.act(act, state).then(acted => {
        now.acted = acted;
      }),
      quietSinceMs: undefined,
      hasFilled: false,
    };
    this.#now = now;
  }

  /** To be called every 10 to 20 ms: what is to be done about it, if nobody speaks. */
  follow(nowMs: number, isQuiet: boolean): ActNews | undefined {
    const now = this.#now;
    if (now === undefined) return undefined;
    if (!isQuiet) {
      now.quietSinceMs = undefined;
      return undefined;
    }
    const heard = this.#heard;
    if (heard !== undefined) return { type: 'acted', heard };
    now.quietSinceMs ??= nowMs;
    if (nowMs - now.quietSinceMs < (now.hasFilled ? AGAIN_AFTER_MS : FILLER_AFTER_MS)) return undefined;
    const words = now.hasFilled ? HOLDING_WORDS : (now.act.filler ?? HOLDING_WORDS);
    now.hasFilled = true;
    return { type: 'waits', words };
  }

  /** The line is gone: nothing more is begun, but what belongs to what has begun. */
  close(): void {
    this.#isClosed = true;
  }

  /** Not even that. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** What came of the act once it is over, where one is under way. */
  async settled(): Promise<ActHeard | undefined> {
    await this.#now?.over;
    return this.#heard;
  }

  get #heard(): ActHeard | undefined {
    if (this.#now?.acted === undefined) return undefined;
    return { type: 'acted', id: this.#now.act.id, ...this.#now.acted };
  }
}

/** Whether the workflow is still in the stage in which it was before. */
function isOf(before: FlowState | undefined, now: FlowState): boolean {
  return before?.workflow === now.workflow && before.stage === now.stage;
}
