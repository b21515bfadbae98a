import type { FlowStep } from '../workflow/types.ts';
import type { CallRecord } from './call_record.ts';
import type { CallRecording } from './ports.ts';
import {
  type Reply,
  recordAgent,
  recordCaller,
  recordEffects,
  recordTakeover,
  recordUnanswered,
} from './reply.ts';

interface MinutesParts {
  readonly record: CallRecord;
  readonly recording: CallRecording;
  /** Media time in milliseconds. */
  nowMs(): number;
}

/** Writes down what becomes of a conversation's replies, and lets the recording follow it. */
export class Minutes {
  readonly #parts: MinutesParts;

  constructor(parts: MinutesParts) {
    this.#parts = parts;
  }

  /** The caller has begun to hear the reply: what they said before it, and what it leads to, has happened. */
  stood(reply: Reply, { effects }: FlowStep): void {
    const { record, recording, nowMs } = this.#parts;
    recordCaller(record, reply, nowMs());
    recordEffects(record, recording, effects, nowMs());
  }

  /** `end` is where it stands after what was heard of the reply; none for words that are no step. */
  wasHeard(
    reply: Reply,
    heard: { readonly text: string; readonly interrupted: boolean },
    end: FlowStep | undefined,
  ): void {
    const { record, recording, nowMs } = this.#parts;
    recordAgent(record, reply, { ...heard, endMs: nowMs() });
    recordTakeover(record, reply);
    if (end !== undefined) recordEffects(record, recording, end.effects, nowMs());
  }

  /** Nothing of the reply was heard, nor will be. */
  unanswered(reply: Reply): void {
    const { record, recording, nowMs } = this.#parts;
    recordUnanswered(record, recording, reply, nowMs());
  }
}
