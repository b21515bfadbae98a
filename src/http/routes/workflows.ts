import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import {
  failures,
  historyRowSchema,
  spreadSchema,
  versionNameSchema,
  versionParams,
  versionSchema,
  wholeVersionSchema,
  workflowParams,
  workflowStateSchema,
} from '../version_schemas.ts';

const tags = ['workflows'];
const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(LIMITS.httpPageRows).default(50),
  before: z.coerce
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The last one of the page before'),
});

/** Which agents there are, and which versions of them there were. */
export function routeWorkflows(app: App, plane: ControlPlane): void {
  routeStates(app, plane);
  routeLists(app, plane);
  routeDiff(app, plane);
}

function routeStates(app: App, { workflows, versions }: ControlPlane): void {
  app.get(
    '/api/workflows',
    {
      schema: {
        tags,
        summary: 'The workflows that can answer, and what new calls of each begin with',
        response: {
          200: z.object({
            workflows: z.array(z.string()).readonly(),
            default: z.string(),
            states: z.array(workflowStateSchema).readonly(),
          }),
          ...failures,
        },
      },
    },
    async () => ({ workflows: workflows.names(), default: workflows.default, states: versions.states() }),
  );
  app.get(
    '/api/workflows/:name',
    {
      schema: {
        tags,
        summary: 'What new calls of a workflow begin with',
        params: workflowParams,
        response: { 200: workflowStateSchema.extend({ inForce: spreadSchema }), ...failures },
      },
    },
    async ({ params: { name }, tenantId }) => versions.state(tenantId, name),
  );
}

function routeLists(app: App, { versions }: ControlPlane): void {
  app.get(
    '/api/workflows/:name/versions',
    {
      schema: {
        tags,
        summary: 'Versions of a workflow without their text, newest first',
        params: workflowParams,
        querystring: pageQuery,
        response: { 200: z.object({ versions: z.array(versionSchema).readonly() }), ...failures },
      },
    },
    async ({ params: { name }, query: { limit, before = Number.POSITIVE_INFINITY }, tenantId }) => {
      const all = await versions.versions(tenantId, name);
      return { versions: all.filter(({ version }) => version < before).slice(0, limit) };
    },
  );
  app.get(
    '/api/workflows/:name/history',
    {
      schema: {
        tags,
        summary: 'Who did what with the versions of a workflow, newest first',
        params: workflowParams,
        querystring: pageQuery,
        response: { 200: z.object({ history: z.array(historyRowSchema).readonly() }), ...failures },
      },
    },
    async ({ params: { name }, query, tenantId }) => ({
      history: await versions.history(tenantId, name, query),
    }),
  );
  app.get(
    '/api/workflows/:name/versions/:version',
    {
      schema: {
        tags,
        summary: 'A version with its text, what a gate found, and its history',
        params: versionParams,
        response: { 200: wholeVersionSchema, ...failures },
      },
    },
    async ({ params: { name, version }, tenantId }) => ({
      ...(await versions.version(tenantId, name, version)),
      history: await versions.history(tenantId, name, { version, limit: LIMITS.httpPageRows }),
    }),
  );
}

function routeDiff(app: App, { versions }: ControlPlane): void {
  app.get(
    '/api/workflows/:name/diff',
    {
      config: { rateLimit: { max: LIMITS.versionRequestsPerMinute, timeWindow: 60_000 } },
      schema: {
        tags,
        summary: 'How two versions differ, as `diff -u` writes it; empty where they do not',
        params: workflowParams,
        querystring: z.object({
          from: versionNameSchema.default('live'),
          to: versionNameSchema,
        }),
        response: {
          200: { description: 'The differences', content: { 'text/x-diff': { schema: z.string() } } },
          ...failures,
        },
      },
    },
    async ({ params: { name }, query: { from, to }, tenantId }, reply) => {
      const diff = await versions.diff(tenantId, name, from, to);
      return reply.type('text/x-diff; charset=utf-8').send(diff);
    },
  );
}
