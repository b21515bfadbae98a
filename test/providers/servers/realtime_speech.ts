import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { SpeechFault, SpokenScript } from './realtime_speech_parts.ts';
import { RealtimeSession } from './realtime_speech_session.ts';

/**
 * The Realtime API of OpenAI with models that hear and speak, as its guide and the reference of its events have it
 * (https://developers.openai.com/api/docs/guides/realtime-conversations,
 * https://developers.openai.com/api/reference/resources/realtime/client-events).
 */
export class RealtimeSpeechServer {
  /** Answers to successive turns; after the last one it says yes. */
  readonly answers: SpokenScript[] = [];
  readonly sessions: RealtimeSession[] = [];
  fault: SpeechFault | undefined;
  handshakes = 0;
  /** Of all connections, in order. */
  readonly events: Record<string, unknown>[] = [];
  readonly #apiKey: string;
  readonly #http = createServer();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #raw = new Set<Duplex>();

  constructor(apiKey: string) {
    this.#apiKey = apiKey;
    this.#http.on('connection', socket => {
      this.#raw.add(socket);
      socket.on('close', () => this.#raw.delete(socket));
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/v1/realtime`;
  }

  get open(): number {
    return this.#raw.size;
  }

  get latest(): RealtimeSession {
    return this.sessions.at(-1)!;
  }

  /** Of one type, in order. */
  told(type: string): Record<string, unknown>[] {
    return this.events.filter(event => event.type === type);
  }

  async start(): Promise<this> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return this;
  }

  /** Cuts all connections; new ones are taken. */
  cut(): void {
    for (const socket of this.#raw) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.handshakes += 1;
    if (this.fault?.type === 'deaf') return;
    const refused = this.#statusOf(request);
    if (refused === undefined) {
      this.#sockets.handleUpgrade(request, socket, head, peer => this.#serve(peer));
      return;
    }
    const after = refused.retryAfterS === undefined ? '' : `Retry-After: ${refused.retryAfterS}\r\n`;
    socket.end(
      `HTTP/1.1 ${refused.status} Refused\r\n${after}Content-Length: 0\r\nConnection: close\r\n\r\n`,
    );
  }

  #statusOf({ headers, url }: IncomingMessage): { status: number; retryAfterS?: number } | undefined {
    if (this.fault?.type === 'status') return this.fault;
    if (headers.authorization !== `Bearer ${this.#apiKey}`) return { status: 401 };
    const { pathname, searchParams } = new URL(url ?? '/', 'ws://localhost');
    if (pathname !== '/v1/realtime') return { status: 404 };
    return searchParams.get('model') === null ? { status: 400 } : undefined;
  }

  #serve(peer: WebSocket): void {
    const session = new RealtimeSession(peer, {
      next: () => this.answers.shift() ?? { heard: 'yes', words: ['Yes.'] },
      fault: () => this.fault,
      told: event => this.events.push(event),
    });
    this.sessions.push(session);
    peer.on('message', data => session.receive(String(data)));
    peer.on('error', () => {});
  }
}
