import type { ZodType } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import { type FaultKind, ProviderFault } from '../provider_fault.ts';
import { type AnswerLimits, jsonBody, type ProviderHttp } from '../provider_http.ts';
import type { LlmDelta } from '../types.ts';
import { type StreamEvent, streamEvents } from './event_stream.ts';

/** Makes deltas of a provider's events. */
export interface AnswerReader {
  /** Nothing that matters follows any more. */
  readonly isWhole: boolean;
  /** The model has said why it stopped; only figures may follow. */
  readonly hasStopped: boolean;
  /** Throws a fault where an event makes no sense, or is one. */
  read(event: StreamEvent): readonly LlmDelta[];
  /** Tool calls and the end. */
  finish(): readonly LlmDelta[];
}

export interface AnswerRequest {
  readonly name: string;
  readonly path: string;
  readonly body: unknown;
  /** How long the provider may take where that differs from LIMITS. */
  readonly limits: Partial<AnswerLimits> | undefined;
  readonly signal: AbortSignal;
}

const DEFAULTS: AnswerLimits = {
  firstByteMs: LIMITS.llmFirstByteMs,
  silentMs: LIMITS.llmSilentMs,
  answerMs: LIMITS.llmAnswerMs,
  answerBytes: LIMITS.llmAnswerBytes,
};

/** Asks for an answer and gives its deltas, each as soon as it is there. */
export async function* streamAnswer(
  http: ProviderHttp,
  { name, path, body, limits, signal }: AnswerRequest,
  reader: AnswerReader,
): AsyncGenerator<LlmDelta> {
  const chunks = http.post({
    path,
    body: jsonBody(body),
    contentType: 'text/event-stream',
    limits: { ...DEFAULTS, ...limits },
    signal,
    isWhole: () => reader.isWhole,
  });
  try {
    for await (const event of streamEvents(name, chunks)) {
      for (const delta of reader.read(event)) {
        yield delta;
        signal.throwIfAborted();
      }
      if (reader.isWhole) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    // All was said by then; what is missing are figures.
    if (!reader.hasStopped) throw error;
  }
  if (!reader.hasStopped) throw new ProviderFault('LLM_FAILED', 'unavailable', `${name} ended early`);
  yield* reader.finish();
}

/** What an event says; a fault where it is no JSON of that form. */
export function readEvent<T>(name: string, { data }: StreamEvent, form: ZodType<T>): T {
  try {
    return form.parse(JSON.parse(data));
  } catch {
    // The reason would tell what was said.
    throw new ProviderFault('LLM_FAILED', 'protocol', `${name} sent an event that makes no sense`);
  }
}

/** A failure that a provider told in the midst of its answer. */
export function midStreamFault(name: string, kind: FaultKind): ProviderFault {
  return new ProviderFault('LLM_FAILED', kind, `${name} failed in the midst of its answer`);
}
