import { withoutCard } from '../../workflow/understand/intents/mask_card.ts';
import type { CallRecord } from '../call_record.ts';
import type { ToolJournal } from './tool_desk.ts';

/** What a field of an event may hold. */
const FIELD_CHARACTERS = 4096;

export interface JournalParts {
  readonly record: CallRecord;
  /** Media time in milliseconds since answer. */
  mediaMs(): number;
  /** Resolves when whoever takes the call over would know what is known now; rejects where it never will. */
  written(): Promise<void>;
}

/** Writes down in a call's record what becomes of its tools. */
export function toolJournal({ record, mediaMs, written }: JournalParts): ToolJournal {
  return {
    begun({ run, tool, argumentsJson }) {
      record.append('tool.begun', {
        run,
        tool: tool.name,
        arguments: withoutCard(argumentsJson),
        mediaMs: mediaMs(),
      });
      return tool.isIdempotent ? Promise.resolve() : written();
    },
    ended({ run, tool, outcome, answer }) {
      const { status, attempts, httpStatus } = outcome;
      record.append('tool.ended', {
        run,
        tool,
        outcome: status,
        ...(outcome.status !== 'done' && { why: outcome.why }),
        attempts,
        ...(httpStatus !== undefined && { httpStatus }),
        answer: withoutCard(answer).slice(0, FIELD_CHARACTERS),
        mediaMs: mediaMs(),
      });
      // Should it never be known, the outcome counts as unknown.
      written().catch(() => undefined);
    },
    refused({ tool, why }) {
      record.append('tool.refused', { ...(tool !== undefined && { tool }), why, mediaMs: mediaMs() });
    },
  };
}
