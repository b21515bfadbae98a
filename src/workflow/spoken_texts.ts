import { z } from 'zod';
import { type WorkflowDocument, workflowSchema } from './schema.ts';
import { spoken } from './schema_parts.ts';
import type { Path } from './yaml_file.ts';

/** A sentence of a workflow that is spoken, and where it stands. */
interface SpokenText {
  readonly path: Path;
  readonly text: string;
}

/** All that the engine may say in a workflow's words: whatever its schema says is spoken. */
export function spokenTexts(document: WorkflowDocument): readonly SpokenText[] {
  return textsIn(workflowSchema, document, []);
}

function textsIn(schema: unknown, value: unknown, path: Path): readonly SpokenText[] {
  if (value === undefined || value === null) return [];
  if (schema === spoken) return [{ path, text: String(value) }];
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return textsIn(schema.unwrap(), value, path);
  if (schema instanceof z.ZodArray)
    return (value as readonly unknown[]).flatMap((item, at) => textsIn(schema.element, item, [...path, at]));
  if (schema instanceof z.ZodRecord)
    return Object.entries(value).flatMap(([key, item]) => textsIn(schema.valueType, item, [...path, key]));
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, unknown>> = schema.shape;
    return Object.entries(value).flatMap(([key, item]) =>
      textsIn(Object.hasOwn(shape, key) ? shape[key] : schema.def.catchall, item, [...path, key]),
    );
  }
  if (schema instanceof z.ZodUnion) {
    const options = schema.options as readonly z.ZodType[];
    return textsIn(
      options.find(one => isOf(schema, one, value)),
      value,
      path,
    );
  }
  return [];
}

/** Options with a key of their own are told apart by that; the others by what they take. */
function isOf(union: z.ZodUnion, option: z.ZodType, value: unknown): boolean {
  if (!(union instanceof z.ZodDiscriminatedUnion) || !(option instanceof z.ZodObject))
    return option.safeParse(value).success;
  const key = union.def.discriminator;
  const kind: unknown = option.shape[key];
  return kind instanceof z.ZodType && kind.safeParse((value as Record<string, unknown>)[key]).success;
}
