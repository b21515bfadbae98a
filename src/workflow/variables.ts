import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { fieldOf } from './include.ts';
import { name } from './schema_parts.ts';
import { isRecord, type Path } from './yaml_file.ts';

/** What stands for `{name}` in every text of the workflow: put in when it is loaded. */
export const variables = z
  .record(
    name,
    z
      .string()
      .max(400)
      .regex(/^[^{}\p{Cc}]*$/u, 'plain text of one line without braces'),
  )
  .refine(all => Object.keys(all).length <= 64, 'at most 64 variables')
  .default({});

/** By which sentences name the agent. */
export const PERSONA_NAME = 'persona_name';
/** What names things, and is no text. */
const LITERAL: ReadonlySet<string> = new Set(['include', 'override', 'variables', 'name', 'version']);

/** A document with its variables put in; as it is where they are not what they are to be. */
export function withVariables(content: unknown, report: (path: Path, what: string) => void): unknown {
  const known = variables.safeParse(fieldOf(content, 'variables'));
  if (!isRecord(content) || !known.success) return content;
  const persona = fieldOf(fieldOf(content, 'persona'), 'name');
  const named = typeof persona === 'string' ? { ...known.data, [PERSONA_NAME]: persona } : known.data;
  const values = new Map(Object.entries(named));
  if (values.size === 0) return content;
  let characters = 0;
  const fill = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') {
      const text = value.replaceAll(
        /\{([a-z][a-z0-9_]*)\}/g,
        (whole, key: string) => values.get(key) ?? whole,
      );
      if (text === value) return value;
      characters += text.length;
      if (text.length <= LIMITS.expandedText && characters <= LIMITS.expandedCharacters) return text;
      report(path, 'too long with its variables; make it shorter');
      return '';
    }
    if (Array.isArray(value)) return value.map((item, at) => fill(item, [...path, at]));
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]));
  };
  return Object.fromEntries(
    Object.entries(content).map(([key, value]) => [key, LITERAL.has(key) ? value : fill(value, [key])]),
  );
}
