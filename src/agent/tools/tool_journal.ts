import { LIMITS } from '../../config/limits.ts';
import { withoutCard } from '../../workflow/understand/intents/mask_card.ts';
import type { CallRecord } from '../call_record.ts';
import type { ToolJournal } from './tool_desk.ts';
import type { ToolRequest } from './tool_request.ts';

/** What a field of an event may hold. */
const FIELD_CHARACTERS = 4096;

export interface JournalParts {
  readonly record: CallRecord;
  /** Media time in milliseconds since answer. */
  mediaMs(): number;
  /** The one that leads now. */
  workflow(): string;
  /**
   * Resolves when whoever takes the call over would know what is known now; rejects where it never will. `act` where the
   * workflow itself wants the tool.
   */
  written(act: string | undefined): Promise<void>;
}

/** Writes down in a call's record what becomes of its tools. */
export function toolJournal({ record, mediaMs, workflow, written }: JournalParts): ToolJournal {
  return {
    begun({ run, tool, argumentsJson, key, act, request }) {
      record.append('tool.begun', {
        run,
        tool: tool.name,
        arguments: withoutCard(argumentsJson),
        key,
        ...(act !== undefined && { act }),
        workflow: workflow(),
        isKeyed: tool.isKeyed || tool.isIdempotent,
        ...requestIn(request),
        mediaMs: mediaMs(),
      });
      return tool.isIdempotent ? Promise.resolve() : written(act);
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
      written(undefined).catch(() => undefined);
    },
    refused({ tool, why }) {
      record.append('tool.refused', { ...(tool !== undefined && { tool }), why, mediaMs: mediaMs() });
    },
  };
}

/** As it could be sent once more, unless it is too long to be kept or has a card in it. */
function requestIn(asked: ToolRequest): { readonly request?: string } {
  const request = JSON.stringify(asked);
  const isKept = request.length <= LIMITS.keptRequestCharacters && withoutCard(request) === request;
  return isKept ? { request } : {};
}
