import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TrunklineError } from '../config/errors.ts';
import type { App } from './control_plane.ts';

/** Who may use a route. What says nothing asks for a key. */
type Access = 'key' | 'open';

/** A route as it is served, for the policy that names them all. */
interface ServedRoute {
  readonly method: string;
  readonly url: string;
  readonly access: Access;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** The answer goes on until somebody ends it; its time says nothing. */
    endless?: boolean;
  }
  interface FastifyRequest {
    /** Whose data the request may see; empty on open routes. */
    tenantId: string;
  }
  interface FastifyInstance {
    readonly servedRoutes: readonly ServedRoute[];
  }
}

/** Bearer tokens (RFC 6750 §2.1) of letters that a key can have. */
const BEARER = /^Bearer ([\w.~+/=-]{1,256})$/i;

export type KeyCheck = (authorization: string | undefined) => boolean;

/** Compares in a time that tells nothing of the key, neither its letters nor its length. */
export function createKeyCheck(apiKey: string): KeyCheck {
  const expected = sha256(apiKey);
  return authorization => {
    const given = BEARER.exec(authorization ?? '')?.[1];
    return timingSafeEqual(sha256(given ?? ''), expected) && given !== undefined;
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Asks every request for its key before a byte of its body is read, and takes note of every route. */
export function guardRoutes(app: App, isKey: KeyCheck, tenantId: string): void {
  const routes: ServedRoute[] = [];
  app.decorate('servedRoutes', routes);
  app.decorateRequest('tenantId', '');
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const one of [method].flat()) routes.push({ method: one, url, access: config?.access ?? 'key' });
  });
  app.addHook('preParsing', async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.is404 || request.routeOptions.config.access === 'open') return;
    if (!isKey(request.headers.authorization)) {
      reply.header('www-authenticate', 'Bearer');
      throw new TrunklineError('UNAUTHENTICATED', 'the Authorization header holds no valid key');
    }
    request.tenantId = tenantId;
  });
}
