import { LIMITS } from '../../config/limits.ts';
import type { Tool } from '../../workflow/tools.ts';
import type { ActOutcome } from '../../workflow/types.ts';

/**
 * Why a tool was not run to its end, or not at all. `arguments`, `unknownTool`, `tooMany`, `again` and `unwritten` are
 * refused before anything is sent.
 */
export type ToolFault =
  | 'arguments'
  | 'unknownTool'
  | 'tooMany'
  | 'again'
  | 'unwritten'
  | 'unreachable'
  | 'lost'
  | 'timeout'
  | 'redirected'
  | 'refused'
  | 'unavailable'
  | 'tooLarge'
  | 'garbage'
  | 'cancelled'
  | 'processLost';

/** What came of a tool: `unknown` where it may have been done, and nobody knows. */
export type ToolOutcome =
  | {
      readonly status: 'done';
      readonly data: unknown;
      readonly attempts: number;
      readonly httpStatus: number | undefined;
    }
  | {
      readonly status: 'failed' | 'unknown';
      readonly why: ToolFault;
      readonly attempts: number;
      readonly httpStatus: number | undefined;
    };

/** What came of a tool that the workflow used by itself. */
export interface Acted {
  readonly outcome: ActOutcome;
  /** What its tool keeps of the answer, by slot, as it came. */
  readonly saves: Readonly<Record<string, unknown>>;
}

/** For the model: short, and nothing of what the other end said. */
const REASONS: Readonly<Record<ToolFault, string>> = {
  arguments: 'the arguments are not valid',
  unknownTool: 'there is no such tool',
  tooMany: 'too many tools were called',
  again: 'it was called before, and may have been done',
  unwritten: 'it is not possible at the moment',
  unreachable: 'the other system cannot be reached',
  lost: 'the connection to the other system broke',
  timeout: 'the other system did not answer in time',
  redirected: 'the other system has moved',
  refused: 'the other system refused it',
  unavailable: 'the other system does not work at the moment',
  tooLarge: 'the other system answered too much',
  garbage: 'the other system answered what cannot be read',
  cancelled: 'the caller went on speaking',
  processLost: 'the connection to the other system broke',
};
const UNKNOWN = 'It may have been done or not. It is not done again; say that it could not be confirmed.';

/** What the model is told of it: JSON, so that nothing in it looks like anything but data. */
export function answerText(tool: Tool, outcome: ToolOutcome): string {
  if (outcome.status === 'done') return doneText(tool, outcome.data);
  const { status, why } = outcome;
  return status === 'failed' ? failureText(why) : unknownText(why);
}

export function failureText(why: ToolFault, detail?: string): string {
  return JSON.stringify({ status: 'failed', why: detail ?? REASONS[why] });
}

export function unknownText(why: ToolFault): string {
  return JSON.stringify({ status: 'unknown', why: REASONS[why], note: UNKNOWN });
}

export function runningText(): string {
  return JSON.stringify({ status: 'running', note: 'Its answer follows.' });
}

/** What is kept of an answer, by slot. */
export function savesOf({ spec }: Tool, outcome: ToolOutcome): Record<string, unknown> {
  if (outcome.status !== 'done') return {};
  const found = Object.entries(spec.saves).map(
    ([slot, pointer]) => [slot, at(outcome.data, pointer)] as const,
  );
  return Object.fromEntries(found.filter(([, value]) => isShort(value)));
}

function doneText({ spec: { result } }: Tool, data: unknown): string {
  const { fields, characters } = result;
  const answer =
    fields === undefined
      ? data
      : Object.fromEntries(Object.entries(fields).map(([field, pointer]) => [field, at(data, pointer)]));
  const text = JSON.stringify(answer) ?? 'null';
  const most = Math.min(characters, LIMITS.toolResultCharacters);
  if (text.length <= most) return `{"status":"done","answer":${text}}`;
  return JSON.stringify({ status: 'done', cut: true, answer: text.slice(0, most).toWellFormed() });
}

/** What a JSON pointer leads to (RFC 6901 §4); undefined where nothing is. */
function at(data: unknown, pointer: string): unknown {
  let found = data;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    if (Array.isArray(found) && !/^(0|[1-9]\d*)$/.test(key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

function isShort(value: unknown): boolean {
  return (
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (typeof value === 'string' && value.length <= 200)
  );
}
