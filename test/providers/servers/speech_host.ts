import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { newRecord, newScript, type SpeechServer } from './speech_script.ts';

export interface SpeechHost extends Pick<SpeechServer, 'script' | 'record'> {
  /** Aborted when the server is closed. */
  readonly closing: AbortSignal;
}

interface Refusal {
  readonly status: number;
  readonly retryAfterS?: number;
}

interface Handlers {
  /** The status of a request without the right key or path; undefined for a good one. */
  readonly judge: (request: IncomingMessage, url: URL) => number | undefined;
  readonly onSocket?: (host: SpeechHost, socket: WebSocket, url: URL) => void;
  readonly onRequest?: (host: SpeechHost, request: IncomingMessage, response: ServerResponse) => void;
}

/** An HTTP server on the loopback, with WebSockets (RFC 6455), that counts its connections and refuses as scripted. */
export async function startSpeechHost(handlers: Handlers): Promise<SpeechServer & SpeechHost> {
  const [script, record] = [newScript(), newRecord()];
  const closing = new AbortController();
  const host: SpeechHost = { script, record, closing: closing.signal };
  const sockets = new Set<Socket>();
  const refusalOf = (request: IncomingMessage, url: URL): Refusal | undefined => {
    const status = handlers.judge(request, url);
    return status === undefined ? script.refuse() : { status };
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const refusal: Refusal | undefined =
      request.method === 'HEAD' ? { status: 404 } : refusalOf(request, url);
    if (refusal === undefined && handlers.onRequest !== undefined) {
      handlers.onRequest(host, request, response);
      return;
    }
    request.resume();
    const { status, retryAfterS }: Refusal = refusal ?? { status: 426 };
    if (retryAfterS !== undefined) response.setHeader('Retry-After', retryAfterS);
    const body = '{"error":"refused"}';
    response
      .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length })
      .end(body);
  });
  server.on('connection', socket => {
    record.connections += 1;
    record.open += 1;
    sockets.add(socket);
    socket.on('close', () => {
      record.open -= 1;
      sockets.delete(socket);
    });
    socket.on('error', () => {});
  });
  const webSockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket: Socket, head) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const refusal: Refusal | undefined =
      handlers.onSocket === undefined ? { status: 404 } : refusalOf(request, url);
    if (refusal !== undefined) {
      const after = refusal.retryAfterS !== undefined ? `Retry-After: ${refusal.retryAfterS}\r\n` : '';
      socket.end(
        `HTTP/1.1 ${refusal.status} Refused\r\n${after}Content-Length: 0\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    webSockets.handleUpgrade(request, socket, head, webSocket => handlers.onSocket?.(host, webSocket, url));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    ...host,
    url: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakOff() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      closing.abort();
      webSockets.close();
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** One text frame as a JSON object; undefined for anything else. */
export function jsonOf(data: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(String(data));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The body of a request. */
export async function bodyOf(
  request: IncomingMessage,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return jsonOf(Buffer.concat(parts));
}
