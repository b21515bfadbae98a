import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastifyStatic from '@fastify/static';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Logger } from '../observe/log.ts';
import { createKeyCheck, guardRoutes, type KeyCheck } from './access.ts';
import { auditReads } from './audited.ts';
import type { App, ControlPlane, HttpLimits } from './control_plane.ts';
import { answerFailure, answerParserError, answerUnknownRoutes } from './failures.ts';
import { describeApi } from './openapi.ts';
import { observeRequests, requestIdOf } from './request_ids.ts';
import { routeAudit } from './routes/audit.ts';
import { routeCalls } from './routes/calls.ts';
import { routeChats } from './routes/chats.ts';
import { routeDeletions } from './routes/deletions.ts';
import { routeEffects } from './routes/effects.ts';
import { routeEvents } from './routes/events.ts';
import { routeHealth } from './routes/health.ts';
import { routeHistory } from './routes/history.ts';
import { routeHolds } from './routes/holds.ts';
import { routeLadders } from './routes/ladders.ts';
import { routeLegs } from './routes/legs.ts';
import { routePage } from './routes/page.ts';
import { routeProviders } from './routes/providers.ts';
import { routeQuality } from './routes/quality.ts';
import { routeQuotes } from './routes/quotes.ts';
import { routeRooms } from './routes/rooms.ts';
import { routeToolRuns } from './routes/tool_runs.ts';
import { routeVersions } from './routes/versions.ts';
import { routeWorkflows } from './routes/workflows.ts';

/** The control plane, ready to listen: safe defaults first, then the routes. */
export async function createApp(plane: ControlPlane): Promise<App> {
  const { apiKey, tenantId, log, metrics, feed } = plane;
  const limits: HttpLimits = {
    requestsPerMinute: LIMITS.httpRequestsPerMinute,
    requestMs: LIMITS.httpRequestMs,
    closeMs: LIMITS.httpCloseMs,
    ...plane.limits,
  };
  const app: App = createServer(log, limits.requestMs);
  const isKey = createKeyCheck(apiKey);
  guardRoutes(app, isKey, tenantId);
  observeRequests(app, log, metrics);
  await boundBrowsers(app, plane.rooms?.url);
  await limitRequests(app, isKey, limits.requestsPerMinute);
  await app.register(fastifyStatic, { serve: false });
  answerUnknownRoutes(app);
  auditReads(app, plane.audit);
  await describeApi(app);
  app.register(async scope => {
    routeHealth(scope, plane);
    routeProviders(scope, plane);
    routeCalls(scope, plane);
    routeHistory(scope, plane);
    routeLadders(scope, plane);
    routeQuality(scope, plane);
    routeLegs(scope, plane);
    routeQuotes(scope, plane);
    routeChats(scope, plane);
    routeToolRuns(scope, plane);
    routeEffects(scope, plane);
    routeHolds(scope, plane);
    routeDeletions(scope, plane);
    routeAudit(scope, plane);
    routeEvents(scope, feed);
    routeRooms(scope, plane);
    routeWorkflows(scope, plane);
    routeVersions(scope, plane);
    await routePage(scope, plane.pageDir);
  });
  app.addHook('preClose', async () => {
    feed.close();
    setTimeout(() => app.server.closeAllConnections(), limits.closeMs).unref();
  });
  await app.ready();
  return app;
}

function createServer(log: Logger, requestMs: number): App {
  const app = fastify({
    bodyLimit: LIMITS.httpBodyBytes,
    requestTimeout: requestMs,
    // Half-open keep-alive connections don't hold up the end of the process.
    forceCloseConnections: 'idle',
    requestIdHeader: false,
    genReqId: requestIdOf,
    logger: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    http: {
      maxHeaderSize: LIMITS.httpHeaderBytes,
      // Set at its making too: by it a server knows how long headers may take.
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(requestMs, 5000),
    },
    clientErrorHandler: answerParserError,
    frameworkErrors: (error, request, reply) => answerFailure(log, error, request, reply),
  }).withTypeProvider<ZodTypeProvider>();
  app.server.maxConnections = LIMITS.httpConnections;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => answerFailure(log, error, request, reply));
  return app;
}

/** What a browser may do with answers: run, load and reach nothing but the page's own and the room's server. */
async function boundBrowsers(app: App, roomUrl: string | undefined): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        mediaSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'", ...(roomUrl === undefined ? [] : signalOrigins(roomUrl))],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Plain HTTP on the loopback; whoever ends TLS in front of it sets this.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('permissions-policy', 'microphone=(self), camera=(), geolocation=()');
    reply.header('cache-control', 'no-store');
  });
}

async function limitRequests(app: App, isKey: KeyCheck, requestsPerMinute: number): Promise<void> {
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60_000,
    // Whoever has no key spends the address's requests, not those of the key.
    keyGenerator: request => (isKey(request.headers.authorization) ? 'key' : `address ${request.ip}`),
    errorResponseBuilder: () => new TrunklineError('TOO_MANY', `${requestsPerMinute} requests in a minute`),
  });
}

/** LiveKit's client asks over HTTP for the reason when a connection fails. */
function signalOrigins(url: string): string[] {
  const { origin, host, protocol } = new URL(url.replace(/^ws/, 'http'));
  return [protocol === 'https:' ? `wss://${host}` : `ws://${host}`, origin];
}
