import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

interface ToolAsked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a request is answered with; a function does as it likes. */
type ToolReply =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
      /** It comes when this is done. */
      readonly until?: Promise<unknown>;
    }
  | ((response: ServerResponse) => void);

/** Somebody else's back office on a port of its own of the loopback: it does what it is told, one reply after the other. */
export async function startToolServer() {
  const asked: ToolAsked[] = [];
  const replies: ToolReply[] = [];
  const sockets = new Set<Socket>();
  let gone = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    response.on('close', () => {
      if (!response.writableFinished) gone += 1;
    });
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    asked.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    const reply = replies.shift() ?? { body: '{}' };
    if (typeof reply === 'function') {
      reply(response);
      return;
    }
    await reply.until;
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
    response.end(reply.body ?? '{}');
  });
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    replies,
    sockets,
    /** Requests whose client went before they were answered. */
    get gone() {
      return gone;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

export type ToolServer = Awaited<ReturnType<typeof startToolServer>>;

/** Lets real time pass until something is so; fails after a generous while. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 2000; waited += 1) {
    if (isSo()) return;
    await sleep(5);
  }
  throw new Error(`never: ${what}`);
}
