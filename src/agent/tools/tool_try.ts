import { once } from 'node:events';
import { type Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { LIMITS } from '../../config/limits.ts';
import type { HttpRequest } from './tool_request.ts';

/** Why a try came to nothing; `cancelled` by the signal. */
type TryFault = 'unreachable' | 'lost' | 'timeout' | 'tooLarge' | 'garbage' | 'cancelled';

export type Tried =
  /** `data` is the JSON that came, null where nothing did; of a status that is no 2xx it is read only where that was wanted. */
  | { readonly status: number; readonly retryAfter: string | undefined; readonly data: unknown }
  /**
   * `wasSent` unless it is certain that the other end has seen nothing of it. A kept connection may be closed just as it is
   * used again (RFC 9112 §9.3.1).
   */
  | {
      readonly fault: TryFault;
      readonly status: number | undefined;
      readonly wasSent: boolean;
      readonly metClosedConnection: boolean;
    };

export interface TryOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** False for a connection of its own. */
  readonly agent: Agent | false;
  readonly timeoutMs: number;
  /** In place of the system's. */
  readonly lookup?: LookupFunction | undefined;
  readonly signal: AbortSignal;
  /** What is answered with a status that is no 2xx is read, too, where it is JSON. */
  readonly readsRefusals?: boolean;
  /** Says in seconds when to come again, beside Retry-After. */
  readonly retryHeader?: string;
}

/** One request over HTTP/1.1 and its answer, whole, within a time and a size. Follows no redirect. Never throws. */
export async function tryTool(
  { method, url, body }: HttpRequest,
  { headers, agent, timeoutMs, lookup, signal, readsRefusals = false, retryHeader = '' }: TryOptions,
): Promise<Tried> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  const late = setTimeout(stop, timeoutMs);
  signal.addEventListener('abort', stop);
  let request: ClientRequest | undefined;
  let response: IncomingMessage | undefined;
  let wasSent = false;
  const broken = (fault: TryFault, metClosedConnection = false) =>
    ({ fault, status: response?.statusCode, wasSent, metClosedConnection }) as const;
  try {
    if (signal.aborted) return broken('cancelled');
    const [open, connected] =
      url.protocol === 'https:' ? [requestHttps, 'secureConnect'] : [requestHttp, 'connect'];
    request = open(url, { method, headers, agent, signal: stopped.signal, ...(lookup && { lookup }) });
    // Whoever waits is told; after that there is nobody left.
    request.on('error', () => undefined);
    request.on('socket', socket => {
      if (socket.connecting) socket.once(connected, () => (wasSent = true));
      else wasSent = true;
    });
    request.end(body);
    [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    const { statusCode: status = 0 } = response;
    const again = response.headers['retry-after'] ?? response.headers[retryHeader];
    const answer = { status, retryAfter: Array.isArray(again) ? again[0] : again };
    const isDone = status >= 200 && status <= 299;
    if (!isDone && !readsRefusals) return { ...answer, data: undefined };
    const bytes = await bytesOf(response);
    if (!isDone) return { ...answer, data: bytes === undefined ? undefined : jsonIn(bytes)?.data };
    if (bytes === undefined) return broken('tooLarge');
    const json = jsonIn(bytes);
    return json === undefined ? broken('garbage') : { ...answer, data: json.data };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (signal.aborted) return broken('cancelled');
    if (stopped.signal.aborted) return broken('timeout');
    if (code.startsWith('HPE_')) return broken('garbage');
    const wasClosed = response === undefined && (code === 'ECONNRESET' || code === 'EPIPE');
    return broken(wasSent ? 'lost' : 'unreachable', wasClosed && request?.reusedSocket === true);
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
    if (response?.complete !== true) response?.destroy();
  }
}

/** Undefined where it is too large. */
async function bytesOf(response: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LIMITS.toolAnswerBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function jsonIn(bytes: Buffer): { readonly data: unknown } | undefined {
  if (bytes.length === 0) return { data: null };
  try {
    const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    // What is nested too deeply to be written is too deep to be read.
    JSON.stringify(data);
    return { data };
  } catch {
    return undefined;
  }
}
