import { z } from 'zod';
import { INCLUDED_SECTIONS } from './compose.ts';
import { workflowSchema } from './schema.ts';

const EDITOR_SCHEMA = 'workflow.schema.json';
const INCLUDED_SCHEMA = 'included.schema.json';

type Json = Readonly<Record<string, unknown>>;

/** Files by name: JSON Schemas (draft 7) by which editors complete and check workflows, and what they include. */
export function editorSchemas(): Readonly<Record<string, string>> {
  const { required, ...schema } = z.toJSONSchema(workflowSchema, {
    io: 'input',
    target: 'draft-7',
    reused: 'ref',
  });
  const properties = schema.properties as Readonly<Record<string, Json>>;
  const relaxed = Object.entries(properties).map(([key, property]) => [key, partOf(key, property)] as const);
  const workflow = {
    ...schema,
    title: 'A workflow of Trunkline',
    properties: Object.fromEntries(relaxed),
    required: (required ?? []).filter(key => !INCLUDED_SECTIONS.has(key)),
  };
  const sections = Object.keys(properties).filter(key => INCLUDED_SECTIONS.has(key));
  const included = {
    $schema: schema.$schema,
    title: 'What workflows of Trunkline include',
    type: 'object',
    properties: Object.fromEntries(
      sections.map(key => [key, { $ref: `${EDITOR_SCHEMA}#/properties/${key}` }]),
    ),
    additionalProperties: false,
  };
  return { [EDITOR_SCHEMA]: shown(workflow), [INCLUDED_SCHEMA]: shown(included) };
}

/** What one file lacks of a section another one may have. */
function partOf(key: string, { required, ...property }: Json): Json {
  return INCLUDED_SECTIONS.has(key) || required === undefined ? property : { ...property, required };
}

function shown(schema: object): string {
  return `${JSON.stringify(schema, null, 1)}\n`;
}
