import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
}

/** What goes wrong: a reply in place of what was to be done, or something that befalls what was done. */
export type Mishap = Reply | 'silent' | 'lostAfter' | 'garbageAfter' | 'silentAfter';

/** Somebody's API on a port of its own of the loopback; the next requests of a path meet what was planned for them. */
export async function startApiServer(answer: (asked: Asked) => Reply) {
  const asked: Asked[] = [];
  const planned: { readonly path: RegExp; readonly mishap: Mishap }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
    const one = {
      method,
      path: pathname,
      query: searchParams,
      headers,
      body: Buffer.concat(chunks).toString(),
    };
    asked.push(one);
    const at = planned.findIndex(({ path }) => path.test(`${method} ${pathname}`));
    const mishap = at < 0 ? undefined : planned.splice(at, 1)[0]?.mishap;
    if (mishap === 'silent') return;
    const reply = typeof mishap === 'object' ? mishap : answer(one);
    if (mishap === 'silentAfter') return;
    if (mishap === 'lostAfter') {
      request.socket.destroy();
      return;
    }
    const { status, headers: more = {}, body } = reply;
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...more });
    response.end(mishap === 'garbageAfter' ? '<html>' : text);
  });
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** `path` is looked for in METHOD PATH. */
    plan: (path: RegExp, ...mishaps: Mishap[]) => {
      for (const mishap of mishaps) planned.push({ path, mishap });
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
