import { NOTE_TOOL, WISH_TOOL, WISHES } from '../engine/model_form.ts';
import type { Slot } from '../kinds/kind.ts';
import type { ModelTool } from '../types.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** What a model may call in a form: one tool for what it understood, one for what the caller wants instead. */
export function formTools(slots: readonly Slot[], topics: readonly string[]): readonly ModelTool[] {
  const values = Object.fromEntries(slots.map(slot => [slot.name, valueSchema(slot)]));
  return [
    {
      name: NOTE_TOOL,
      description:
        'Call this in every answer: what the caller has told of the values of this form, in the words that they used. Leave out what ' +
        'they have not told, guess nothing, and give an empty object where they told nothing.',
      parameters: object({
        values: { ...object(values, []), description: 'By name. Only what the caller said.' },
        said: {
          type: 'string',
          description:
            'The words of the caller that say it, copied as they stand; empty where there are none.',
        },
        asks: {
          type: 'string',
          enum: [...Object.keys(values), ''],
          description: 'The value that your own words ask for next; empty where they ask for none.',
        },
      }),
    },
    {
      name: WISH_TOOL,
      description:
        'Only where the caller does not answer but wants something: to hear the last words again (repeat), to say that they ' +
        'do not know (unknown), to go back to what was asked before (back), to begin again (restart), to speak to a person ' +
        '(person), to know who or what speaks (identity), to end the call (goodbye)' +
        (topics.length === 0 ? '.' : ', or an answer to one of the topics (topic, with its name).'),
      parameters: wishSchema(topics),
    },
  ];
}

function wishSchema(topics: readonly string[]): JsonSchema {
  const what = Object.keys(WISHES);
  if (topics.length === 0) return object({ what: { type: 'string', enum: what } });
  const properties = {
    what: { type: 'string', enum: [...what, 'topic'] },
    topic: { type: 'string', enum: topics },
  };
  return object(properties, ['what']);
}

/** A slot's value as a model is to write it (https://json-schema.org/draft/2020-12). */
function valueSchema({ spec }: Slot): JsonSchema {
  switch (spec.kind) {
    case 'choice':
      return {
        type: 'string',
        enum: Object.keys(spec.values),
        description: Object.entries(spec.values)
          .map(([value, { say }]) => `${value}: ${say}`)
          .join('; '),
      };
    case 'yes_no':
      return { type: 'boolean' };
    case 'house_number':
      return { type: 'integer', minimum: 1, maximum: spec.max };
    case 'count':
      return { type: 'integer', minimum: 0, maximum: spec.max, description: `how many ${spec.unit.many}` };
    case 'floor':
      return {
        type: 'integer',
        minimum: spec.basement ? 0 : 1,
        maximum: spec.max,
        description: '1 is the ground floor, 2 the one above it; 0 is the basement',
      };
    case 'choices':
      return {
        type: 'string',
        description: `those that the caller named, joined by + in this order: ${Object.keys(spec.values).join('+')}${spec.mayBeNone ? '; none for none of them' : ''}`,
      };
    case 'number':
    case 'percent':
      return { type: 'number', minimum: spec.min, maximum: spec.max };
    case 'date':
      return { type: 'string', description: 'the day as YYYY-MM-DD' };
    case 'time':
      return { type: 'string', description: 'the time of day as HH:MM, from 00:00 to 23:59' };
    case 'us_state':
      return {
        type: 'string',
        description: 'two letters, such as MA',
        ...(spec.only && { enum: spec.only }),
      };
    default:
      return { type: 'string', description: DESCRIBED[spec.kind] };
  }
}

/** Kinds that are written as they are said. */
const DESCRIBED = {
  name: 'the name of the person, as the caller said it',
  company: 'the name of the company, as the caller said it',
  text: 'in the words of the caller, shortened to what was asked for, nothing added',
  phone: 'the telephone number, digits only',
  email: 'the e-mail address, in lower case',
  money: 'the amount in dollars as the caller said it, such as 25000 dollars',
  zip: 'the five digits',
  code: 'letters and digits, without spaces',
  street: 'the name of the street with its type, such as Maple Street',
  town: 'the name of the town, with the state where the caller said it',
} as const;

function object(
  properties: Readonly<Record<string, unknown>>,
  required: readonly string[] = Object.keys(properties),
): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false };
}
