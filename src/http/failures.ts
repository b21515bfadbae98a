import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ERRORS, type ErrorCode, TrunklineError } from '../config/errors.ts';
import type { Logger } from '../observe/log.ts';
import type { App } from './control_plane.ts';

/** The form of every answer that is not a success. */
export const failureSchema = z
  .object({
    error: z.object({
      code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      detail: z.string(),
      remedy: z.string(),
      requestId: z.string(),
    }),
  })
  .meta({ id: 'Failure', description: 'What went wrong, and what the reader can do about it.' });

type Failure = z.infer<typeof failureSchema>;

/** Fastify's own errors by their codes (https://fastify.dev/docs/latest/Reference/Errors). */
const BY_FASTIFY_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE',
};

/** Node's parser errors by their codes (https://nodejs.org/api/errors.html). */
const BY_PARSER_CODE: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'TOO_SLOW',
};

function failureOf(error: TrunklineError, requestId: string): Failure {
  const { code, detail, remedy } = error;
  return { error: { code, message: ERRORS[code].cause, detail, remedy, requestId } };
}

/** The error of the table for whatever a route, its schemas or the framework threw. */
function asTrunklineError(error: unknown): TrunklineError {
  if (error instanceof TrunklineError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const place = error.validationContext ?? 'request';
    const problems = error.validation.map(({ instancePath, message }) => {
      return `${place}${instancePath.replaceAll('/', '.')}: ${message ?? 'not valid'}`;
    });
    return new TrunklineError('BAD_REQUEST', problems.join('; ').slice(0, 1000), { cause: error });
  }
  const { code = '', statusCode = 500, message = '' } = (error ?? {}) as Partial<FastifyError>;
  const known = BY_FASTIFY_CODE[code];
  if (known !== undefined) return new TrunklineError(known, message, { cause: error });
  if (statusCode === 404) return new TrunklineError('NOT_FOUND', 'no such file', { cause: error });
  if (statusCode === 416) return new TrunklineError('RANGE_INVALID', 'no such bytes', { cause: error });
  if (statusCode >= 400 && statusCode < 500) {
    return new TrunklineError('BAD_REQUEST', 'the request was not understood', { cause: error });
  }
  return new TrunklineError('INTERNAL', 'see the log', { cause: error });
}

/** Name, code and places of an error and of its causes; messages may quote data and stay out of logs. */
function errorFacts(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, stack = '', cause } = error;
  const code = (error as { code?: unknown }).code;
  const frames = stack.split('\n').filter(line => /^\s+at /.test(line));
  return {
    name,
    ...(typeof code === 'string' && { code }),
    ...(error instanceof TrunklineError && { detail: error.detail }),
    stack: frames.slice(0, 12).map(line => line.trim()),
    ...(cause !== undefined && { cause: errorFacts(cause) }),
  };
}

/** Answers in the one form; what failed inside is logged, what the client did wrong is not. */
export function answerFailure(
  log: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { code, retryAfterS, body } = toldFailure(log, error, request.id);
  if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS);
  void reply.code(ERRORS[code].http).type('application/json; charset=utf-8').send(body);
}

/** The same where the answer has begun, and its end is all that can tell of it. */
export function toldFailure(
  log: Logger,
  error: unknown,
  requestId: string,
): { readonly code: ErrorCode; readonly retryAfterS: number | undefined; readonly body: Failure } {
  const failure = asTrunklineError(error);
  const { code, retryAfterS } = failure;
  if (ERRORS[code].http >= 500) log.error({ requestId, code, error: errorFacts(error) }, 'request failed');
  return { code, retryAfterS, body: failureOf(failure, requestId) };
}

/** Routes that are not there, and methods that a path does not take (405 with Allow, RFC 9110 §15.5.6). */
export function answerUnknownRoutes(app: App): void {
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = app.servedRoutes
      .filter(({ url }) => matchesPattern(url, path))
      .map(({ method }) => method);
    if (allowed.length === 0) throw new TrunklineError('NOT_FOUND', 'no such path');
    reply.header('allow', [...new Set(allowed)].join(', '));
    throw new TrunklineError('METHOD_NOT_ALLOWED', `${request.method} is not taken here`);
  });
}

function matchesPattern(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]))
  );
}

/** Answers what Node's parser refused: there is no request yet, only a socket. */
export function answerParserError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = BY_PARSER_CODE[error.code ?? ''] ?? 'BAD_REQUEST';
  const body = JSON.stringify(failureOf(new TrunklineError(code, 'not valid HTTP'), ''));
  const status = ERRORS[code].http;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
