import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type ModelAnswer, type ModelStep, type Pace, paced } from './model_script.ts';

export interface ModelRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed; undefined where there was none. */
  readonly body: unknown;
  /** Aborted when the client is gone before it was answered. */
  readonly gone: AbortSignal;
}

/** An error, with the body that the service gives it, or whatever else stands in for an answer. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ModelServerOptions extends Pace {
  readonly key: string;
  /** `nothing` comes for ever. */
  readonly answer: (request: ModelRequest) => ModelAnswer | PlainAnswer | 'nothing';
}

export interface ModelServer {
  /** Without a path. */
  readonly url: string;
  readonly requests: readonly ModelRequest[];
  /** Connections that were made so far. */
  readonly connectionsMade: number;
  readonly connectionsOpen: number;
  /** Resolves when no connection is open. */
  left(): Promise<void>;
  close(): Promise<void>;
}

/** The words of one service. */
export interface Service {
  /** What the service says to a request that never reaches its model; undefined where it does. */
  turnAway(request: ModelRequest, key: string): PlainAnswer | undefined;
  /** The body of an error. */
  errorBody(status: number): string;
  /** The stream of an answer, written piece by piece. */
  stream(answer: ModelAnswer, steps: AsyncIterable<ModelStep>, body: unknown): AsyncIterable<Written>;
}

/** Bytes, or a broken connection. */
export type Written = string | Uint8Array | 'break';

/** Serves the models of a service over HTTP on a port of its own of the loopback. */
export async function serveModel(service: Service, options: ModelServerOptions): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const sockets = new Set<Socket>();
  const empty: (() => void)[] = [];
  let made = 0;
  const server = createServer((request, response) => {
    void answerTo(request, response).catch(() => response.destroy());
  });
  const answerTo = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = await readRequest(request, response);
    requests.push(asked);
    const answer = service.turnAway(asked, options.key) ?? options.answer(asked);
    if (answer === 'nothing') return;
    if ('status' in answer) {
      const headers = { 'content-type': 'application/json', ...answer.headers };
      response.writeHead(answer.status, headers).end(answer.body ?? service.errorBody(answer.status));
      return;
    }
    const written = service.stream(answer, paced(answer, options, asked.gone), asked.body);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).flushHeaders();
    for await (const piece of written) {
      if (piece === 'break') return void request.socket.resetAndDestroy();
      await write(response, piece, asked.gone, answer.writeBytes);
    }
    response.end();
  };
  // Kept as long as a client wants it: none is to be closed by chance.
  server.keepAliveTimeout = 600_000;
  server.on('connection', socket => {
    made += 1;
    sockets.add(socket.setNoDelay());
    socket.on('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const tell of empty.splice(0)) tell();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connectionsMade() {
      return made;
    },
    get connectionsOpen() {
      return sockets.size;
    },
    left: () => new Promise(resolve => (sockets.size === 0 ? resolve() : empty.push(resolve))),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readRequest(request: IncomingMessage, response: ServerResponse): Promise<ModelRequest> {
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client is gone'));
  });
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { method = '', url = '', headers } = request;
  return { method, url, headers, body: text === '' ? undefined : JSON.parse(text), gone: gone.signal };
}

/** In pieces of their own, as far as the sockets between keep them apart. */
async function write(
  response: ServerResponse,
  piece: string | Uint8Array,
  gone: AbortSignal,
  most?: number,
): Promise<void> {
  const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
  const step = most ?? bytes.length;
  for (let at = 0; at < bytes.length; at += step) {
    gone.throwIfAborted();
    const wantsMore = response.write(bytes.subarray(at, at + step));
    if (!wantsMore) await once(response, 'drain', { signal: gone });
    if (most !== undefined) await setImmediate();
  }
}
