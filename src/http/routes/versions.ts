import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { gatePassed } from '../gate_result.ts';
import type { Changed } from '../version_desk.ts';
import {
  changedSchema,
  failures,
  filesSchema,
  gateResultSchema,
  noteSchema,
  operatorHeaders,
  versionParams,
  versionSchema,
  workflowParams,
} from '../version_schemas.ts';

const tags = ['workflows'];
const config = { rateLimit: { max: LIMITS.versionRequestsPerMinute, timeWindow: 60_000 } };
const noted = z.strictObject({ note: noteSchema }).nullish();
const replaces = z
  .number()
  .int()
  .min(1)
  .nullable()
  .optional()
  .describe('What is live as far as you know: refused where it is another one. Left out: what is live now');

/** What becomes of versions. Each change names who asks for it. */
export function routeVersions(app: App, plane: ControlPlane): void {
  routeDraft(app, plane);
  routeReview(app, plane);
  routeGate(app, plane);
  routeDeployment(app, plane);
}

function routeDraft(app: App, { versions }: ControlPlane): void {
  app.post(
    '/api/workflows/:name/versions',
    {
      bodyLimit: LIMITS.versionBodyBytes,
      config,
      schema: {
        tags,
        summary: 'A new draft. Its text may have faults as long as it is one',
        params: workflowParams,
        headers: operatorHeaders,
        body: z.strictObject({ files: filesSchema, note: noteSchema }),
        response: { 201: versionSchema, ...failures },
      },
    },
    async ({ params: { name }, body: { files, note }, headers, tenantId }, reply) => {
      const order = { who: headers['trunkline-operator'], note };
      return reply.code(201).send(await versions.draft(tenantId, name, files, order));
    },
  );
}

function routeReview(app: App, { versions }: ControlPlane): void {
  const steps = {
    submit: 'Wants a draft reviewed. Its text must load without faults; each is told with its place',
    approve: 'Approves a version in review; nobody approves what they wrote',
    reject: 'Makes a version in review a draft again',
    retire: 'Ends a version for good. Where it is live, the file of the workflows folder leads again',
  } as const;
  for (const [step, summary] of Object.entries(steps) as [keyof typeof steps, string][]) {
    app.post(
      `/api/workflows/:name/versions/:version/${step}`,
      {
        config,
        schema: {
          tags,
          summary,
          params: versionParams,
          headers: operatorHeaders,
          body: noted,
          response: { 200: changedSchema, ...failures },
        },
      },
      async ({ params: { name, version }, body, headers, tenantId }) => {
        const order = { who: headers['trunkline-operator'], note: body?.note ?? '' };
        return versions[step](tenantId, name, version, order);
      },
    );
  }
}

function routeGate(app: App, { versions }: ControlPlane): void {
  app.put(
    '/api/workflows/:name/versions/:version/gate',
    {
      config,
      schema: {
        tags,
        summary: 'Attaches what a gate found: the JSON of `npm run gate`',
        params: versionParams,
        headers: operatorHeaders,
        body: gateResultSchema,
        response: { 200: changedSchema, ...failures },
      },
    },
    async ({ params: { name, version }, body: result, headers, tenantId }) => {
      const judged = await versions.version(tenantId, name, version);
      const gate = { passed: gatePassed(result, name, judged), result };
      const order = { who: headers['trunkline-operator'], note: '', gate };
      return versions.attachGate(tenantId, name, version, order);
    },
  );
}

function routeDeployment(app: App, { versions }: ControlPlane): void {
  app.post(
    '/api/workflows/:name/versions/:version/deploy',
    {
      config,
      schema: {
        tags,
        summary:
          'New calls begin with an approved version: all of them, or some per cent to try it (0 ends that)',
        params: versionParams,
        headers: operatorHeaders,
        body: z
          .strictObject({
            percent: z.number().int().min(0).max(100).default(100),
            replaces,
            note: noteSchema,
          })
          .nullish(),
        response: { 200: changedSchema, ...failures },
      },
    },
    async ({ params: { name, version }, body, headers, tenantId }): Promise<Changed> =>
      versions.deploy(tenantId, name, version, {
        who: headers['trunkline-operator'],
        note: body?.note ?? '',
        percent: body?.percent ?? 100,
        replaces: body?.replaces,
      }),
  );
  app.post(
    '/api/workflows/:name/rollback',
    {
      config,
      schema: {
        tags,
        summary:
          'New calls begin with what was live before; where a version is tried, that is ended and nothing else',
        params: workflowParams,
        headers: operatorHeaders,
        body: z.strictObject({ replaces, note: noteSchema }).nullish(),
        response: { 200: changedSchema, ...failures },
      },
    },
    async ({ params: { name }, body, headers, tenantId }): Promise<Changed> =>
      versions.rollBack(tenantId, name, {
        who: headers['trunkline-operator'],
        note: body?.note ?? '',
        replaces: body?.replaces,
      }),
  );
}
