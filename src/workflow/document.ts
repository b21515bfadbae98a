import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { type WorkflowDocument, workflowSchema } from './schema.ts';

type Path = readonly PropertyKey[];

/** A workflow file as read: its content, and where in the file each key stands. */
export interface WorkflowSource {
  readonly text: string;
  readonly document: WorkflowDocument;
  /** The error for a fault at a key of the document: file, line, column, key, and what to do. */
  fault(path: Path, what: string): string;
}

/** @throws TrunklineError WORKFLOW_UNKNOWN, WORKFLOW_INVALID naming file, line, column and key */
export async function readWorkflow(file: string, shownAs: string): Promise<WorkflowSource> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'WORKFLOW_UNKNOWN' : 'WORKFLOW_INVALID';
    throw new TrunklineError(code, `${shownAs} can't be read`, { cause });
  }
  return parseWorkflow(text, shownAs);
}

/** The same for text at hand. */
export function parseWorkflow(text: string, file: string): WorkflowSource {
  if (Buffer.byteLength(text) > LIMITS.configFileBytes) {
    throw invalid(`${file}:1:1: larger than ${LIMITS.configFileBytes} bytes; make it shorter`);
  }
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true });
  const [problem] = [...yaml.errors, ...yaml.warnings];
  if (problem !== undefined) {
    throw invalid(`${file}:${shownPlace(lines, problem.pos[0])}: ${firstLine(problem.message)}`);
  }
  visit(yaml, {
    Alias: (_, alias) => {
      throw invalid(
        `${file}:${shownPlace(lines, alias.range?.[0] ?? 0)}: aliases are not taken; write it out`,
      );
    },
  });
  const fault = (path: Path, what: string): string =>
    `${file}:${placeOf(yaml, lines, path)}: ${shownPath(path)}: ${what}`;
  const result = workflowSchema.safeParse(yaml.toJS({ maxAliasCount: 0 }) ?? {});
  if (!result.success) {
    throw invalid(
      result.error.issues
        .slice(0, 8)
        .flatMap(issue => describe(issue, fault))
        .join('; '),
    );
  }
  return { text, document: result.data, fault };
}

function invalid(detail: string): TrunklineError {
  return new TrunklineError('WORKFLOW_INVALID', detail);
}

function describe(issue: z.core.$ZodIssue, fault: (path: Path, what: string) => string): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => fault([...issue.path, key], 'unknown key; remove it or mend its spelling'));
  }
  const { message } = (issue.code === 'invalid_key' ? issue.issues[0] : undefined) ?? issue;
  return [fault(issue.path, firstLine(message))];
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 200);
}

/** A key's path as it may be shown: other text's control characters are escaped. */
function shownPath(path: Path): string {
  const shown = path.map(part => String(part).slice(0, 64)).join('.');
  return shown === '' ? 'the file' : /^[\w.' -]+$/.test(shown) ? shown : JSON.stringify(shown);
}

/** Line and column of the deepest key of a path that is in the file. */
function placeOf(yaml: ReturnType<typeof parseDocument>, lines: LineCounter, path: Path): string {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? yaml.contents : yaml.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    const items = (parent as { items?: readonly YamlItem[] } | null)?.items ?? [];
    const item = typeof key === 'number' ? items[key] : items.find(pair => pair.key?.value === key);
    const range = item?.key?.range ?? item?.range;
    if (range !== undefined && range !== null) return shownPlace(lines, range[0]);
  }
  return '1:1';
}

function shownPlace(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}

interface YamlItem {
  readonly key?: { readonly value?: unknown; readonly range?: readonly [number, ...number[]] };
  readonly range?: readonly [number, ...number[]] | null;
}
