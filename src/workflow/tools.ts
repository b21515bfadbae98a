import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { adapterOperation, internalOperation, type Operation } from '../config/tool_operations.ts';
import type { ToolParameter, ToolProperty, ToolSpec } from './tool_schema.ts';

/** The tool by which a model chooses a way out of its stage; no other one may be called so. */
export const WAY_TOOL = 'go_on';

type Single = string | number | boolean;
export type ToolArguments = Readonly<Record<string, Single | readonly Single[]>>;

/** A tool of a workflow, ready to be offered to a model. */
export interface Tool {
  readonly name: string;
  readonly spec: ToolSpec;
  /** What it takes, as JSON Schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Called twice it does no more than called once. */
  readonly isIdempotent: boolean;
  /** Whoever is called does nothing twice for the same key. */
  readonly isKeyed: boolean;
  readonly onInterrupt: 'cancel' | 'keep';
  /** Arguments as a model wrote them; where they are not as they are to be, why not, in words for the model. */
  check(argumentsJson: string): { readonly args: ToolArguments } | { readonly fault: string };
}

export function makeTool(name: string, spec: ToolSpec): Tool {
  const isIdempotent = isIdempotentTool(spec);
  const form = formOf(spec);
  return {
    name,
    spec,
    parameters: schemaOf(spec),
    isIdempotent,
    isKeyed: isKeyedTool(spec),
    onInterrupt: spec.onInterrupt ?? (isIdempotent ? 'cancel' : 'keep'),
    check: argumentsJson => {
      if (argumentsJson.length > LIMITS.toolArgumentsCharacters)
        return { fault: 'the arguments are too long' };
      const given = parsed(argumentsJson);
      if (given === undefined) return { fault: 'the arguments are no JSON' };
      const result = form.safeParse(given.value);
      return result.success ? { args: result.data as ToolArguments } : { fault: faultsIn(result.error) };
    },
  };
}

/** Whether a parameter may have that value. */
export function takes(parameter: ToolParameter, value: unknown): boolean {
  return propertyForm(parameter).safeParse(value).success;
}

export function isIdempotentTool(spec: ToolSpec): boolean {
  return spec.idempotent ?? (spec.http?.method === 'GET' || operationOf(spec)?.does === 'reads');
}

export function isKeyedTool(spec: ToolSpec): boolean {
  return spec.keyed || operationOf(spec)?.does === 'keyed';
}

/** What it asks of the node or of an adapter; undefined where it asks for neither, or for what there is not. */
export function operationOf({ adapter, internal }: ToolSpec): Operation | undefined {
  if (adapter !== undefined) return adapterOperation(adapter.name, adapter.operation);
  return internal === undefined ? undefined : internalOperation(internal.operation);
}

/** Equal for equal arguments, in whatever order they were written. */
export function canonicalJson(args: ToolArguments): string {
  return JSON.stringify(Object.entries(args).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function schemaOf({ parameters }: ToolSpec): Record<string, unknown> {
  const entries = Object.entries(parameters);
  const properties = entries.map(([name, parameter]) => {
    const property = Object.entries(parameter).filter(([key]) => key !== 'optional');
    return [name, Object.fromEntries(property)] as const;
  });
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: entries.filter(([, { optional }]) => !optional).map(([name]) => name),
    additionalProperties: false,
  };
}

function formOf({ parameters }: ToolSpec): z.ZodType {
  const entries = Object.entries(parameters).map(([name, parameter]) => {
    const form = propertyForm(parameter);
    return [name, parameter.optional ? form.optional() : form] as const;
  });
  return z.strictObject(Object.fromEntries(entries));
}

function propertyForm(property: ToolProperty): z.ZodType {
  switch (property.type) {
    case 'string': {
      const { enum: values, minLength = 0, maxLength } = property;
      return values === undefined ? z.string().min(minLength).max(maxLength) : z.enum(values);
    }
    case 'boolean':
      return z.boolean();
    case 'array':
      return z.array(propertyForm(property.items)).max(property.maxItems);
    default: {
      const { type, minimum = -Number.MAX_VALUE, maximum = Number.MAX_VALUE } = property;
      return (type === 'integer' ? z.int() : z.number()).min(minimum).max(maximum);
    }
  }
}

function parsed(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) };
  } catch {
    return undefined;
  }
}

function faultsIn({ issues }: z.ZodError): string {
  const faults = issues.slice(0, 4).map(({ path, message }) => [...path, message].join(': '));
  return faults.join('; ').slice(0, 400);
}
