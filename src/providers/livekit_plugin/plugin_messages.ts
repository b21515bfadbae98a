import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { LlmMessage, LlmTool } from '../types.ts';

/** What of a plugin package is used. */
export type PluginKind = 'stt' | 'llm' | 'tts';

/** What a process is to load, its first message. */
export interface PluginLoad {
  readonly type: 'load';
  readonly kind: PluginKind;
  /** Folder from which packages are found. */
  readonly folder: string;
  readonly package: string;
  readonly className: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** In which of its variables the process finds the key; undefined where there is none. */
  readonly keyVariable: string | undefined;
}

/** Our process → the plugin's. Ids name requests; sound is 16-bit mono. */
export type PluginRequest =
  | PluginLoad
  | { readonly type: 'ping' }
  /** An utterance; `answerMs` is how long the plugin may take to its final before its stream is ended. */
  | { readonly type: 'listen'; readonly id: number; readonly rateHz: number; readonly answerMs: number }
  | { readonly type: 'audio'; readonly id: number; readonly pcm: Int16Array }
  | { readonly type: 'finish'; readonly id: number }
  | {
      readonly type: 'chat';
      readonly id: number;
      readonly messages: readonly LlmMessage[];
      readonly tools: readonly LlmTool[];
      /** Further fields of the provider's request, as it calls them. */
      readonly fields: Readonly<Record<string, unknown>>;
      readonly timeoutMs: number;
    }
  | { readonly type: 'prewarm' }
  | { readonly type: 'say'; readonly id: number; readonly text: string; readonly timeoutMs: number }
  | { readonly type: 'cancel'; readonly id: number };

const id = z.number().int().nonnegative();
const text = z.string().max(LIMITS.pluginTextCharacters);
const ms = z.number().finite();
const share = z.number().min(0).max(1);
const tokens = z.number().int().nonnegative();
const alternative = z.object({ text, confidence: share });

/** The plugin's process → ours. What a plugin makes of it is nobody's word: whatever has another form ends the process. */
const replyForm = z.discriminatedUnion('type', [
  /** `timesWords`: the plugin tells when words are said. */
  z.object({ type: z.literal('ready'), timesWords: z.boolean() }),
  z.object({ type: z.literal('unusable'), why: z.enum(['noPackage', 'throws', 'noClass', 'refuses']) }),
  z.object({ type: z.literal('pong') }),
  /** The stretch of an utterance that is under way; a final one is followed by the next. */
  z.object({
    type: z.literal('heard'),
    id,
    text,
    isFinal: z.boolean(),
    confidence: share,
    alternatives: z.array(alternative).max(16),
  }),
  z.object({ type: z.literal('text'), id, text }),
  z.object({ type: z.literal('toolCall'), id, callId: text, name: text, argumentsJson: text }),
  z.object({
    type: z.literal('usage'),
    id,
    inputTokens: tokens,
    outputTokens: tokens,
    cachedTokens: tokens,
  }),
  z.object({
    type: z.literal('sound'),
    id,
    rateHz: z.number().int().min(8_000).max(48_000),
    pcm: z.instanceof(Int16Array),
  }),
  z.object({
    type: z.literal('words'),
    id,
    tokens: z.array(z.object({ text, startMs: ms, endMs: ms })).max(1_000),
  }),
  /** All has come. */
  z.object({ type: z.literal('done'), id }),
  z.object({
    type: z.literal('failed'),
    id,
    kind: z.enum(['auth', 'rateLimited', 'refused', 'unavailable', 'timeout', 'protocol']),
    /** Of an answer over HTTP, where there was one. */
    status: z.number().int().min(100).max(999).optional(),
    retryAfterMs: z.number().nonnegative().optional(),
  }),
]);

export type PluginReply = z.infer<typeof replyForm>;
export type PluginReady = Extract<PluginReply, { readonly type: 'ready' }>;
/** What is said of one request. */
export type PluginNews = Extract<PluginReply, { readonly id: number }>;

/** Undefined for what is no message of a plugin's process. */
export function readReply(message: unknown): PluginReply | undefined {
  return replyForm.safeParse(message).data;
}
