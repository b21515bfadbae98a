import { z } from 'zod';
import { ADAPTER_NAMES } from '../config/tool_operations.ts';
import { name } from './schema_parts.ts';

const place = {
  secretEnv: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
  secretFile: z.string().min(1).max(400),
};
/** A secret by the name of where it lies. */
const secret = z.union(
  [z.strictObject({ secretEnv: place.secretEnv }), z.strictObject({ secretFile: place.secretFile })],
  { error: '{secretEnv: NAME} or {secretFile: PATH}' },
);
/** Plain text, or a secret. */
const header = z.union(
  [
    z
      .string()
      .max(500)
      .regex(/^[\x20-\x7e]*$/, 'printable ASCII only'),
    z.strictObject({ secretEnv: place.secretEnv, prefix: z.string().max(40).default('') }),
    z.strictObject({ secretFile: place.secretFile, prefix: z.string().max(40).default('') }),
  ],
  { error: 'printable ASCII, or {secretEnv: NAME} or {secretFile: PATH} with or without a prefix' },
);
const headers = z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'a header name'), header).default({});
/** JSON with `{parameter}` and `{slot}` in its texts; the parameters as an object by default. */
const filled = z.record(z.string().max(100), z.json()).optional();
/** Lets it be http to another machine: what is sent can be read on its way. */
const insecure = z.boolean().default(false);

const http = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** `{parameter}` and `{slot}` may stand in path and query, where they are encoded. */
  url: z.string().min(1).max(1000),
  headers,
  body: filled,
  insecure,
});

/** A signed POST to whoever listens for it (https://www.standardwebhooks.com). */
const webhook = z.strictObject({
  url: z.string().min(1).max(1000),
  secret,
  headers,
  body: filled,
  insecure,
});

/** A system of somebody else's, which `integrations` of the configuration knows. */
const adapter = z.strictObject({
  name: z.enum(ADAPTER_NAMES),
  operation: name,
  /** Which of several accounts; `default` unless given. */
  account: name.default('default'),
  with: filled,
});

/** What the node knows by itself. */
const internal = z.strictObject({ operation: name, with: filled });

/** Who does what a tool asks for; a tool has one of them. */
export const receivers = {
  http: http.optional(),
  webhook: webhook.optional(),
  adapter: adapter.optional(),
  internal: internal.optional(),
};

export type HeaderSpec = z.infer<typeof header>;
