import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { OfficeDatabase, Row, Tx } from './database.ts';
import type { Faults } from './faults.ts';
import { fingerprintOf, keyIn, onceFor } from './idempotency.ts';
import { Refusal } from './refusal.ts';

export type OfficeApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface Office {
  readonly app: OfficeApp;
  readonly database: OfficeDatabase;
  /** None where nothing may go wrong on purpose. */
  readonly faults: Faults | undefined;
  /** YYYY-MM-DD. */
  readonly today: () => string;
}

type Shape = Readonly<Record<string, z.ZodType>>;
type Read<S extends Shape> = { readonly [Name in keyof S]: z.infer<S[Name]> };

interface RouteSpec<P extends Shape, Q extends Shape, B extends Shape> {
  readonly tag: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Of success; 200 for GET, else 201. */
  readonly status?: number;
}

interface Visit<P extends Shape, Q extends Shape, B extends Shape> {
  readonly tx: Tx;
  readonly params: Read<P>;
  readonly query: Read<Q>;
  readonly body: Read<B>;
  readonly today: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

const answer = z.record(z.string(), z.json());
const failure = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .meta({ id: 'Failure' });
const headers = z.object({
  'idempotency-key': z.string().max(130).optional(),
  'x-demo-fault': z.string().max(40).optional(),
});

/**
 * One route: checked by its schemas, done in one transaction, once for an Idempotency-Key. POST wants one, since nobody could
 * try again without it.
 */
export function route<P extends Shape = Shape, Q extends Shape = Shape, B extends Shape = Shape>(
  { app, database, today }: Office,
  method: Method,
  url: string,
  spec: RouteSpec<P, Q, B>,
  does: (visit: Visit<P, Q, B>) => Promise<Row | undefined>,
): void {
  const { params, query, body, status = method === 'GET' ? 200 : 201 } = spec;
  app.route({
    method,
    url,
    schema: {
      tags: [spec.tag],
      summary: spec.summary,
      headers,
      ...(params !== undefined && { params: z.strictObject(params) }),
      ...(query !== undefined && { querystring: z.strictObject(query) }),
      ...(body !== undefined && { body: z.strictObject(body) }),
      response: { [status]: answer, '4xx': failure, '5xx': failure },
    },
    async handler(request, reply) {
      const key = keyIn(request.headers['idempotency-key'] as string | undefined);
      if (key === undefined && method === 'POST')
        throw new Refusal(400, 'key_missing', 'a POST wants an Idempotency-Key');
      const visit = { params: request.params, query: request.query, body: request.body, today: today() };
      const done = await database.transaction(async tx => {
        const work = async () => ({ status, body: (await does({ tx, ...visit } as Visit<P, Q, B>)) ?? {} });
        if (key === undefined || method === 'GET') return { ...(await work()), isRepeated: false };
        return onceFor(tx, key, fingerprintOf(method, request.url, request.body), work);
      });
      if (done.isRepeated) void reply.header('idempotency-replayed', 'true');
      return reply.code(done.status).send(done.body as Record<string, never>);
    },
  });
}
