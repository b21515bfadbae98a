import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { TrunklineError } from '../config/errors.ts';
import { compose } from './compose.ts';
import { type Included, parseIncluded, readIncluded, type SharedFiles } from './include.ts';
import { withUsedTools } from './included_tools.ts';
import { type WorkflowDocument, workflowSchema } from './schema.ts';
import { withVariables } from './variables.ts';
import { firstLine, invalid, type Path, parseYaml, type YamlFile } from './yaml_file.ts';

export type { SharedFiles };

/** A workflow as read from its file and those that it includes: its content, and where each key stands. */
export interface WorkflowSource {
  readonly text: string;
  /** The texts that it includes, by their names. */
  readonly included: ReadonlyMap<string, string>;
  /** SHA-256 of all these texts, in hexadecimal digits. */
  readonly digest: string;
  readonly document: WorkflowDocument;
  /** The error for a fault at a key of the document: file, line, column, key, and what to do. */
  fault(path: Path, what: string): string;
}

/**
 * Reads a workflow with what it includes of its folder.
 * @param shared what workflows of the same folder included; more comes to it
 * @throws TrunklineError WORKFLOW_UNKNOWN, WORKFLOW_INVALID naming file, line, column and key
 */
export async function readWorkflow(
  file: string,
  shownAs: string,
  shared: SharedFiles = new Map(),
): Promise<WorkflowSource> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'WORKFLOW_UNKNOWN' : 'WORKFLOW_INVALID';
    throw new TrunklineError(code, `${shownAs} can't be read`, { cause });
  }
  const main = parseYaml(text, shownAs);
  return sourceOf(main, await readIncluded(dirname(file), main, shared));
}

/** The same for text at hand, with the texts that it may include by their names. */
export function parseWorkflow(
  text: string,
  file: string,
  included: ReadonlyMap<string, string> = new Map(),
): WorkflowSource {
  return sourceOf(parseYaml(text, file), parseIncluded(included));
}

function sourceOf(main: YamlFile, files: Included): WorkflowSource {
  const { content, included, isIncluded, fault } = compose(main, files);
  const faults: string[] = [];
  const filled = withVariables(content, (path, what) => faults.push(fault(path, what)));
  const result = workflowSchema.safeParse(filled);
  if (faults.length > 0) throw invalid(faults);
  if (!result.success)
    throw invalid(result.error.issues.slice(0, 8).flatMap(issue => describe(issue, fault)));
  const texts = new Map([...included].map(([name, { text }]) => [name, text]));
  return {
    text: main.text,
    included: texts,
    digest: digestOf(main.text, texts),
    document: withUsedTools(result.data, name => isIncluded(['tools', name])),
    fault,
  };
}

/** Of one file alone it is the digest of its text. */
function digestOf(text: string, included: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256').update(text);
  for (const [name, more] of [...included].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\0${name}\0${Buffer.byteLength(more)}\0`).update(more);
  }
  return hash.digest('hex');
}

function describe(issue: z.core.$ZodIssue, fault: (path: Path, what: string) => string): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => fault([...issue.path, key], 'unknown key; remove it or mend its spelling'));
  }
  const { message } = (issue.code === 'invalid_key' ? issue.issues[0] : undefined) ?? issue;
  return [fault(issue.path, firstLine(message))];
}
