import type { FlowState, Heard } from '../../workflow/types.ts';
import { knownResponse, type Responder, type Response } from '../responder.ts';
import { type ModelParts, ModelResponse, type ResponseParts } from './model_response.ts';
import { TalkMemory } from './talk_memory.ts';

/** The workflow leads, and hands over to a model where it says so. What neither of them understands is left to the workflow. */
export class ModelResponder implements Responder {
  readonly #parts: ResponseParts;

  constructor(parts: ModelParts) {
    this.#parts = { ...parts, memory: parts.memory ?? new TalkMemory(parts) };
  }

  prepare(): void {
    this.#parts.llm.prepare();
  }

  isModel(state: FlowState): boolean {
    return this.#parts.flow.talk?.(state) !== undefined;
  }

  respond(state: FlowState, heard: Heard, todayIso: string): Response {
    const { flow, memory } = this.#parts;
    const talk = flow.talk?.(state);
    const isTalk = talk !== undefined && heard.type === 'speech' && heard.text !== '';
    if (!isTalk || flow.concerns?.(state, heard)) return knownResponse(flow.next(state, heard, { todayIso }));
    return new ModelResponse(this.#parts, { talk: memory.recall(talk), state, said: heard.text, todayIso });
  }

  close(): void {
    this.#parts.memory.close();
  }
}
