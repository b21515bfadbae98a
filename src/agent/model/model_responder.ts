import { isDeepStrictEqual } from 'node:util';
import type { FlowState, Heard } from '../../workflow/types.ts';
import { knownResponse, type Responder, type Response } from '../responder.ts';
import { FormResponse } from './form_response.ts';
import { type ModelParts, ModelResponse, type ResponseParts } from './model_response.ts';
import { TalkMemory } from './talk_memory.ts';

/** The workflow leads, and hands over to a model where it says so. What neither of them understands is left to the workflow. */
export class ModelResponder implements Responder {
  readonly #parts: ResponseParts;
  /** The state that was asked of last, which is asked of with every word, and how sure a recogniser must be for a model. */
  #looked: { readonly state: FlowState; readonly sureFrom: number } | undefined;

  constructor(parts: ModelParts) {
    this.#parts = { ...parts, memory: parts.memory ?? new TalkMemory(parts) };
  }

  prepare(): void {
    this.#parts.llm.prepare();
  }

  isModel(state: FlowState, confidence = 1): boolean {
    if (this.#looked?.state !== state) this.#looked = { state, sureFrom: this.#sureFrom(state) };
    return confidence >= this.#looked.sureFrom;
  }

  #sureFrom(state: FlowState): number {
    const { flow } = this.#parts;
    if (flow.talk?.(state) !== undefined) return Number.NEGATIVE_INFINITY;
    return flow.form?.(state)?.sureFrom ?? Number.POSITIVE_INFINITY;
  }

  respond(state: FlowState, heard: Heard, todayIso: string): Response {
    const { flow, memory } = this.#parts;
    const talk = flow.talk?.(state);
    const isTalk = talk !== undefined && heard.type === 'speech' && heard.text !== '';
    if (heard.type === 'speech' && heard.text !== '' && !isTalk) return this.#inForm(state, heard, todayIso);
    if (!isTalk || flow.concerns?.(state, heard)) return knownResponse(flow.next(state, heard, { todayIso }));
    return new ModelResponse(this.#parts, { talk: memory.recall(talk), state, said: heard.text, todayIso });
  }

  /** What the engine knows all of is left to it, and so is what it asks, unless that is new and may be asked in other words. */
  #inForm(state: FlowState, heard: Extract<Heard, { type: 'speech' }>, todayIso: string): Response {
    const { flow } = this.#parts;
    const form = flow.form?.(state);
    const own = form?.hear(heard, { todayIso }) ?? {
      step: flow.next(state, heard, { todayIso }),
      knowsAll: true,
    };
    const next = flow.form?.(own.step.state);
    const isOld = isDeepStrictEqual(own.step.state.memory.asked, state.memory.asked);
    const leading = own.knowsAll && (isOld || next?.question.isExact !== false) ? undefined : (form ?? next);
    if (leading === undefined) return knownResponse(own.step);
    return new FormResponse(this.#parts, { form: leading, state, heard, own, todayIso });
  }

  close(): void {
    this.#parts.memory.close();
  }
}
