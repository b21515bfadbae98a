import { createHash, timingSafeEqual } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { type FastifyError, fastify } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type OfficeDatabase, openOfficeDatabase } from './database.ts';
import { FAULTS, type Fault, Faults } from './faults.ts';
import { OFFICE_LIMITS } from './limits.ts';
import type { Office, OfficeApp } from './office_routes.ts';
import { Refusal } from './refusal.ts';
import { routeBrokers } from './routes/brokers.ts';
import { routeClaims } from './routes/claims.ts';
import { routeClients } from './routes/clients.ts';
import { routeBookings, routeLeads, routeMessages, routeTasks } from './routes/crm.ts';
import { routeHooks } from './routes/hooks.ts';
import { routePolicies, routeService } from './routes/policies.ts';
import { routeScheduling } from './routes/scheduling.ts';
import { routeApplications, routeQuotes } from './routes/underwriting.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Let in by its signature, or by nobody's leave. */
    isSigned?: boolean;
    isOpen?: boolean;
  }
  interface FastifyRequest {
    fault?: Fault | undefined;
  }
}

export interface OfficeOptions {
  /** postgres://… of a database that was migrated. */
  readonly databaseUrl: string;
  /** Asked of everybody as Authorization: Bearer KEY. */
  readonly key: string;
  /** By which webhooks are signed. */
  readonly hookSecret: string;
  readonly host: string;
  readonly port: number;
  /** Lets requests go wrong on purpose. */
  readonly faults: boolean;
  /** YYYY-MM-DD; the node's own day by default. */
  readonly today?: () => string;
  /** Told of what failed inside, without what was sent. */
  readonly onFault?: (code: string) => void;
}

export interface RunningOffice {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens when it resolves. */
export async function startOffice(options: OfficeOptions): Promise<RunningOffice> {
  const database = openOfficeDatabase(options.databaseUrl);
  const app = createApp(options);
  const faults = options.faults ? new Faults() : undefined;
  try {
    await furnish({ app, database, faults, today: options.today ?? localDay }, options);
    const url = await app.listen({ host: options.host, port: options.port });
    return { url, close: () => closed(app, database) };
  } catch (error) {
    await closed(app, database);
    throw error;
  }
}

async function closed(app: OfficeApp, database: OfficeDatabase): Promise<void> {
  app.server.closeAllConnections();
  await app.close();
  await database.close();
}

function createApp({ onFault }: OfficeOptions): OfficeApp {
  const app = fastify({
    bodyLimit: OFFICE_LIMITS.bodyBytes,
    requestTimeout: OFFICE_LIMITS.requestMs,
    forceCloseConnections: true,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    http: { maxHeaderSize: OFFICE_LIMITS.headerBytes, requestTimeout: OFFICE_LIMITS.requestMs },
  }).withTypeProvider<ZodTypeProvider>();
  app.server.maxConnections = OFFICE_LIMITS.connections;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, _request, reply) => {
    const { status, code, message } = refusalOf(error);
    if (status >= 500 && !(error instanceof Refusal))
      onFault?.(String((error as { code?: unknown }).code ?? 'unknown'));
    return reply.code(status).send({ error: { code, message } } as never);
  });
  app.setNotFoundHandler(() => {
    throw new Refusal(404, 'no_path', 'there is no such path');
  });
  return app;
}

async function furnish(office: Office, { key, hookSecret }: OfficeOptions): Promise<void> {
  const { app, faults } = office;
  guard(app, key);
  if (faults !== undefined) misbehave(app, faults);
  await app.register(rateLimit, {
    max: OFFICE_LIMITS.requestsPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: () => new Refusal(429, 'too_many', 'too many requests'),
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Demo back office',
        description: 'What agents write to and read from in the demo.',
        version: '1',
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  app.get('/openapi.json', { config: { isOpen: true }, schema: { hide: true } }, async () => app.swagger());
  app.get('/health', { config: { isOpen: true }, schema: { hide: true } }, async () => {
    await office.database.transaction(tx => tx.query('SELECT 1'));
    return { ok: true };
  });
  if (faults !== undefined) routeFaults(app, faults);
  for (const add of [
    routeClients,
    routeBrokers,
    routeScheduling,
    routeTasks,
    routeMessages,
    routeLeads,
    routeApplications,
    routeQuotes,
    routePolicies,
    routeService,
    routeClaims,
    routeBookings,
  ])
    add(office);
  routeHooks(office, hookSecret);
  await app.ready();
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Only what is open is served to whoever has no key, and of what is not there nobody is told. */
function guard(app: OfficeApp, key: string): void {
  const wanted = digest(`Bearer ${key}`);
  app.addHook('onRequest', async request => {
    const { isOpen, isSigned } = request.routeOptions.config;
    if (isOpen === true || isSigned === true) return;
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), wanted))
      throw new Refusal(401, 'no_key', 'send Authorization: Bearer KEY');
  });
}

/** Goes wrong on purpose: before anything is done, or once it is. */
function misbehave(app: OfficeApp, faults: Faults): void {
  app.addHook('preHandler', async (request, reply) => {
    if (!request.url.startsWith('/v1/') || request.url === '/v1/demo/faults') return;
    const { 'x-demo-fault': header, 'idempotency-key': key = request.url } = request.headers;
    const path = request.url.split('?', 1)[0] ?? '';
    request.fault = faults.next(request.method, path, single(header), single(key) ?? '');
    if (request.fault === 'unavailable') {
      reply.header('retry-after', '0');
      throw new Refusal(503, 'unavailable', 'not now, on purpose');
    }
    if (request.fault === 'refused') throw new Refusal(422, 'refused', 'no, on purpose');
  });
  app.addHook('onSend', async (request, reply, payload) => {
    switch (request.fault) {
      case 'lost':
        reply.raw.destroy();
        return payload;
      case 'silent':
        await gone(reply.raw, OFFICE_LIMITS.silentMs);
        return payload;
      case 'slow':
        await gone(reply.raw, 3000);
        return payload;
      case 'broken':
        reply.code(500);
        return JSON.stringify({ error: { code: 'broken', message: 'broken, on purpose' } });
      case 'garbage':
        return '<html>done</html>';
      default:
        return payload;
    }
  });
}

/** Until whoever waits has gone, or so long. */
function gone(response: { once(event: 'close', does: () => void): unknown }, ms: number): Promise<void> {
  return new Promise(resolve => {
    const late = setTimeout(resolve, ms);
    late.unref();
    response.once('close', () => {
      clearTimeout(late);
      resolve();
    });
  });
}

function routeFaults(app: OfficeApp, faults: Faults): void {
  const planned = z.strictObject({
    fault: z.enum(FAULTS),
    path: z.string().min(1).max(200),
    method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).default('POST'),
    times: z.number().int().min(1).max(100).default(1),
  });
  app.put(
    '/v1/demo/faults',
    { schema: { tags: ['demo'], summary: 'What is to go wrong next', body: z.array(planned).max(20) } },
    (request, reply) => {
      faults.plan(request.body);
      void reply.send({ planned: faults.planned });
    },
  );
}

function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const places = error.validation.map(
      ({ instancePath, message = '' }) => `${instancePath.slice(1)}: ${message}`,
    );
    return new Refusal(400, 'not_valid', places.join('; ').slice(0, 500));
  }
  if (error instanceof z.ZodError) return new Refusal(400, 'not_valid', 'the body is not valid');
  const { statusCode = 500, code = '' } = error as Partial<FastifyError>;
  // Somebody else was quicker (https://www.postgresql.org/docs/16/errcodes-appendix.html).
  if (code === '23505') return new Refusal(422, 'taken', 'it is taken');
  if (/^(22|23)/.test(code) && code.length === 5) return new Refusal(422, 'not_kept', 'that can not be kept');
  if (statusCode >= 400 && statusCode < 500)
    return new Refusal(statusCode, 'not_valid', 'the request was not understood');
  if (/^(08|57|53)/.test(code) || code.startsWith('ECONN'))
    return new Refusal(503, 'no_database', 'the database does not answer');
  return new Refusal(500, 'failed', 'something failed inside');
}

function localDay(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
