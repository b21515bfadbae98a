import { LIMITS } from '../config/limits.ts';
import type { FlowStep } from '../workflow/types.ts';
import { Acting } from './acting.ts';
import { NO_ACTS } from './acts.ts';
import type { ConversationParts } from './conversation_parts.ts';
import { Minutes } from './minutes.ts';
import type { Reply } from './reply.ts';
import { afterReply, type ConversationState, newConversation } from './resumption.ts';

/** Where a conversation stands: what was heard of its replies has happened, and is written down and carried out. */
export class Standing {
  readonly #parts: ConversationParts;
  readonly #minutes: Minutes;
  readonly acting: Acting;
  #state: ConversationState;
  #step: FlowStep | undefined;
  #settling: Promise<void> | undefined;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.#minutes = new Minutes({ ...parts, nowMs: () => parts.audio.mediaMs() });
    this.acting = new Acting(parts.acts ?? NO_ACTS);
    this.#state = parts.resumed ?? newConversation(parts.initial);
  }

  get state(): ConversationState {
    return this.#state;
  }

  /** What the caller was asked last; none before the greeting. */
  get step(): FlowStep | undefined {
    return this.#step;
  }

  /** The caller said nothing once more. */
  countSilence(): void {
    this.#state = { ...this.#state, silences: this.#state.silences + 1 };
  }

  /** The caller has begun to hear the reply. Returns its step, which may have been decided since it was begun. */
  stands(reply: Reply): FlowStep | undefined {
    const step = reply.response?.step;
    if (step === undefined) return undefined;
    this.#step = step;
    this.#state = afterReply(this.#state, reply, step);
    this.acting.stands(step);
    this.#minutes.stood(reply, step);
    this.#parts.history?.stood(step.state, reply);
    this.#parts.onState?.(step.state);
    this.#parts.onProgress();
    return step;
  }

  /** The reply is over. Returns the step that it led to where that asks for something else than its first. */
  wasHeard(
    reply: Reply,
    heard: { readonly text: string; readonly interrupted: boolean },
  ): FlowStep | undefined {
    const end = reply.response?.closed(heard.text);
    this.#minutes.wasHeard(reply, heard, end);
    if (end !== undefined) {
      this.#step = end;
      this.#state = { ...this.#state, flow: end.state };
      this.acting.stands(end);
      this.#parts.history?.stood(end.state, reply);
      this.#parts.onState?.(end.state);
    }
    this.#parts.onProgress();
    const { state, expect } = reply.response?.step ?? {};
    return end?.state.stage === state?.stage && end?.expect === expect ? undefined : end;
  }

  /** Nothing of the reply was heard, nor will be. */
  unanswered(reply: Reply): void {
    this.#minutes.unanswered(reply);
  }

  /**
   * The line is gone: an act that has begun comes to its end, done or undone, and the workflow is told; after a while no further step
   * of it is begun, and this resolves. Never rejects.
   */
  async settled(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = this.#parts.after(LIMITS.actAfterCallMs, () => {
      this.acting.giveUp();
      late.resolve();
    });
    this.#settling ??= this.#settle();
    await Promise.race([this.#settling, late.promise]);
    cancel();
  }

  async #settle(): Promise<void> {
    const { responder, todayIso, onFault } = this.#parts;
    try {
      for (let told: string | undefined; ; ) {
        const heard = await this.acting.settled();
        if (heard === undefined || heard.id === told) return;
        told = heard.id;
        const { step } = responder.respond(this.#state.flow, heard, todayIso());
        this.#state = { ...this.#state, flow: step.state };
        this.acting.stands(step);
        this.#minutes.stood({ stands: true }, step);
        this.#parts.history?.stood(step.state);
        this.#parts.onState?.(step.state);
      }
    } catch (error) {
      onFault(error);
    }
  }
}
