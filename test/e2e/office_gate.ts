import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that changes something, as it came to the gate. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly key: string;
  /** The office's status; undefined where it was never asked. */
  status: number | undefined;
}

/** What happens to a request: it gets through, it is lost on its way there, or its answer on the way back. */
export type Fate = 'through' | 'requestLost' | 'answerLost';

/** Stands before a back office: sees what is asked, and loses what the test wants lost. */
export async function openGate(officeUrl: string) {
  const passed: Passed[] = [];
  let fateOf: (request: Passed) => Promise<Fate> = async () => 'through';
  let lost: () => void = () => {};
  const server = createServer((request, response) => {
    void pass(request, response).catch(() => response.destroy());
  });
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = '', url = '', headers } = request;
    const asked: Passed = { method, path: url, key: String(headers['idempotency-key']), status: undefined };
    if (method !== 'GET') passed.push(asked);
    const fate = method === 'GET' ? 'through' : await fateOf(asked);
    if (fate === 'requestLost') {
      lost();
      response.destroy();
      return;
    }
    // A connection that is kept would keep the office from closing.
    const onward = ask(`${officeUrl}${url}`, { method, headers: { ...headers }, agent: false });
    onward.end(Buffer.concat(parts));
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const body: Buffer[] = [];
    for await (const part of answer) body.push(part as Buffer);
    asked.status = answer.statusCode;
    if (fate === 'answerLost') {
      lost();
      response.destroy();
    } else
      response
        .writeHead(answer.statusCode ?? 502, {
          'content-type': answer.headers['content-type'] ?? 'text/plain',
        })
        .end(Buffer.concat(body));
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    /** For every request that changes something; `onLoss` comes where the answer would have, so that nobody asks again before. */
    decide(fate: (request: Passed) => Promise<Fate>, onLoss: () => void): void {
      fateOf = fate;
      lost = onLoss;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
