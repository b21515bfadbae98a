import { z } from 'zod';
import type { FlowState, FlowStep, Heard } from '../workflow/types.ts';
import type { Reply } from './reply.ts';
import type { Responder, Response } from './responder.ts';

const slotState = z.object({
  value: z.union([z.string(), z.number(), z.boolean()]),
  confirmed: z.boolean(),
});

export const flowState: z.ZodType<FlowState> = z.object({
  workflow: z.string(),
  version: z.string(),
  stage: z.string(),
  slots: z.record(z.string(), slotState),
  memory: z.record(z.string(), z.unknown()),
  done: z.boolean(),
});

/** All that another process needs to go on with a conversation; plain data. */
export const conversationState = z.object({
  flow: flowState,
  /** The agent's last sentences of which something was heard; none before the greeting. */
  said: z.array(z.string()).readonly(),
  /** Times in a row that the caller said nothing, and that nothing was understood. */
  silences: z.number().int().min(0),
  notUnderstood: z.number().int().min(0),
});
export type ConversationState = Readonly<z.infer<typeof conversationState>>;

/** What comes before the last question when a call goes on after a gap. */
export const BRIDGING_WORDS = 'Sorry, we were cut off for a moment.';

export function newConversation(initial: FlowState): ConversationState {
  return { flow: initial, said: [], silences: 0, notUnderstood: 0 };
}

/** Where it is once the caller has begun to hear a reply. */
export function afterReply(
  { silences, notUnderstood }: ConversationState,
  reply: Reply,
  step: FlowStep,
): ConversationState {
  const understood = reply.keys !== undefined || (reply.answered?.recognition?.text ?? '') !== '';
  const missed = reply.answered === undefined ? notUnderstood : notUnderstood + 1;
  return {
    flow: step.state,
    said: step.say,
    silences: understood ? 0 : silences,
    notUnderstood: understood ? 0 : missed,
  };
}

/** What is known of a caller before a word is said. */
export type KnownBefore = Omit<Extract<Heard, { type: 'start' }>, 'type'>;

/**
 * The response with which a conversation begins: a caller who has heard nothing yet is greeted. One who was cut off is asked
 * again what was asked last, and nothing else; where nothing is asked any more, what was said last is said again.
 */
export function firstResponse(
  responder: Responder,
  { flow, said }: ConversationState,
  todayIso: string,
  known: KnownBefore = {},
): Response {
  const response = responder.respond(flow, { type: 'start', ...known }, todayIso);
  if (said.length === 0) return response;
  const say = response.step.say.length > 0 ? response.step.say : said;
  return { ...response, step: { ...response.step, say }, sentences: afterGap(response.sentences, said) };
}

async function* afterGap(sentences: AsyncIterable<string>, said: readonly string[]): AsyncGenerator<string> {
  yield BRIDGING_WORDS;
  let isSilent = true;
  for await (const sentence of sentences) {
    isSilent = false;
    yield sentence;
  }
  if (isSilent) yield* said;
}
