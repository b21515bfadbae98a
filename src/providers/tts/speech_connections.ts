import { randomUUID } from 'node:crypto';
import { LIMITS } from '../../config/limits.ts';
import { ProviderFault } from '../provider_fault.ts';
import { ProviderSocket } from '../provider_socket.ts';
import { SpeechFeed } from './speech_feed.ts';
import type { SpeechEvent, SpeechProtocol } from './speech_protocol.ts';

const MINUTE_MS = 60_000;

/** A sentence on a connection. */
export interface SpeechTicket {
  readonly feed: SpeechFeed;
  /** The connection was there before, and may have died unnoticed. */
  readonly wasUsed: boolean;
  /** Nobody listens any more. Gives the place back; what is not done is cancelled. Once or more. */
  leave(): void;
}

/** The connections to a provider: as few as its protocol allows, kept for the next sentence, opened before it if asked. */
export class SpeechConnections {
  readonly #protocol: SpeechProtocol;
  readonly #stallMs: number;
  readonly #all = new Set<SpeechConnection>();
  #isClosed = false;

  constructor(protocol: SpeechProtocol, stallMs: number) {
    this.#protocol = protocol;
    this.#stallMs = stallMs;
  }

  prepare(rateHz: number): void {
    if (!this.#isClosed && this.#withRoom(rateHz) === undefined && this.#all.size < LIMITS.ttsConnections) {
      this.#open(rateHz);
    }
  }

  /** @throws ProviderFault when there are too many, or none any more */
  begin(sentence: string, rateHz: number): SpeechTicket {
    const { name } = this.#protocol;
    if (this.#isClosed) throw new ProviderFault('TTS_FAILED', 'unavailable', `${name} was closed`);
    const kept = this.#withRoom(rateHz);
    if (kept === undefined && this.#all.size >= LIMITS.ttsConnections) {
      throw new ProviderFault('TTS_FAILED', 'rateLimited', `${name} has all its connections in use`);
    }
    return (kept ?? this.#open(rateHz)).begin(sentence, rateHz, this.#stallMs);
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#all) connection.close();
  }

  #withRoom(rateHz: number): SpeechConnection | undefined {
    for (const connection of this.#all) {
      if ((this.#protocol.anyRate || connection.rateHz === rateHz) && connection.hasRoom) return connection;
    }
    return undefined;
  }

  #open(rateHz: number): SpeechConnection {
    const connection: SpeechConnection = new SpeechConnection(this.#protocol, rateHz, {
      onOver: () => this.#all.delete(connection),
      onIdle: () => {
        const idle = [...this.#all].filter(other => other.isIdle).length;
        if (idle > LIMITS.ttsIdleConnections) connection.close();
      },
    });
    this.#all.add(connection);
    return connection;
  }
}

class SpeechConnection {
  readonly rateHz: number;
  readonly #protocol: SpeechProtocol;
  readonly #socket: ProviderSocket;
  readonly #events: { readonly onOver: () => void; readonly onIdle: () => void };
  readonly #feeds = new Map<string, SpeechFeed>();
  /** Given up, not yet out of the provider's hands. */
  readonly #leaving = new Map<string, NodeJS.Timeout>();
  #begunAt: number[] = [];
  #wasUsed = false;
  #isRetired = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    protocol: SpeechProtocol,
    rateHz: number,
    events: { readonly onOver: () => void; readonly onIdle: () => void },
  ) {
    this.rateHz = rateHz;
    this.#protocol = protocol;
    this.#events = events;
    this.#socket = new ProviderSocket({
      name: protocol.name,
      code: 'TTS_FAILED',
      ...protocol.connect(rateHz),
      onText: text => {
        for (const event of protocol.read(text)) this.#take(event);
      },
      onBytes: bytes => this.#take({ type: 'sound', bytes }),
      onEnd: fault => this.#over(fault),
    });
    this.#rest();
  }

  get hasRoom(): boolean {
    if (this.#isRetired || this.#socket.isOver) return false;
    if (this.#feeds.size + this.#leaving.size >= this.#protocol.atOnce) return false;
    const { perMinute } = this.#protocol;
    if (perMinute === undefined) return true;
    const minuteAgo = performance.now() - MINUTE_MS;
    this.#begunAt = this.#begunAt.filter(at => at > minuteAgo);
    return this.#begunAt.length < perMinute;
  }

  get isIdle(): boolean {
    return this.#feeds.size + this.#leaving.size === 0;
  }

  begin(sentence: string, rateHz: number, stallMs: number): SpeechTicket {
    clearTimeout(this.#idle);
    const id = randomUUID();
    const feed = new SpeechFeed(this.#protocol.name, stallMs, () => this.#leave(id));
    const wasUsed = this.#wasUsed;
    this.#wasUsed = true;
    this.#feeds.set(id, feed);
    if (this.#protocol.perMinute !== undefined) this.#begunAt.push(performance.now());
    for (const message of this.#protocol.begin(id, sentence, rateHz)) this.#socket.sendJson(message);
    return { feed, wasUsed, leave: () => this.#leave(id) };
  }

  close(): void {
    this.#socket.close();
  }

  #take(event: SpeechEvent): void {
    if (event.type === 'left') {
      for (const id of this.#leaving.keys()) this.#left(id);
      return;
    }
    // Sound without an id may still be that of a sentence that was given up.
    const id = event.id ?? (this.#leaving.size === 0 ? this.#feeds.keys().next().value : undefined);
    const feed = id === undefined ? undefined : this.#feeds.get(id);
    if (event.type === 'failed' && event.id === undefined) this.#failAll(event.fault);
    else if (feed !== undefined && id !== undefined) this.#tell(id, feed, event);
    else if (event.id !== undefined && event.type !== 'sound' && event.type !== 'words') this.#left(event.id);
  }

  #tell(id: string, feed: SpeechFeed, event: Exclude<SpeechEvent, { type: 'left' }>): void {
    if (event.type === 'sound') feed.sound(event.bytes);
    else if (event.type === 'words') {
      const sinceMs = event.from === 'start' ? 0 : (feed.bytes * 500) / this.rateHz;
      feed.words(
        event.tokens.map(({ text, startMs, endMs }) => ({
          text,
          startMs: startMs + sinceMs,
          endMs: endMs + sinceMs,
        })),
      );
    } else {
      if (event.type === 'done') feed.done();
      else feed.fail(event.fault);
      this.#feeds.delete(id);
      this.#rest();
    }
  }

  #leave(id: string): void {
    const feed = this.#feeds.get(id);
    if (feed === undefined) return;
    this.#feeds.delete(id);
    // It failed by itself, by silence or by too much: a connection to keep away from.
    if (feed.hasFailed) this.#isRetired = true;
    feed.done();
    if (this.#socket.isOver) return;
    for (const message of this.#protocol.cancel(id)) this.#socket.sendJson(message);
    if (this.#protocol.confirmsCancel && !this.#isRetired) {
      this.#leaving.set(
        id,
        setTimeout(() => {
          this.#isRetired = true;
          this.#left(id);
        }, LIMITS.providerConnectMs).unref(),
      );
    } else this.#rest();
  }

  #left(id: string): void {
    clearTimeout(this.#leaving.get(id));
    if (this.#leaving.delete(id)) this.#rest();
  }

  /** Without sentences a connection is kept for a while, if it is still good. */
  #rest(): void {
    if (!this.isIdle || this.#socket.isOver) return;
    clearTimeout(this.#idle);
    if (this.#isRetired) this.#socket.close();
    else {
      this.#idle = setTimeout(() => this.#socket.close(), this.#protocol.idleMs).unref();
      this.#events.onIdle();
    }
  }

  #failAll(fault: ProviderFault): void {
    this.#isRetired = true;
    for (const feed of this.#feeds.values()) feed.fail(fault);
    this.#feeds.clear();
    this.#rest();
  }

  #over(fault: ProviderFault | undefined): void {
    clearTimeout(this.#idle);
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.#leaving.clear();
    const { name } = this.#protocol;
    for (const feed of this.#feeds.values()) {
      feed.fail(fault ?? new ProviderFault('TTS_FAILED', 'unavailable', `${name} was closed`));
    }
    this.#feeds.clear();
    this.#events.onOver();
  }
}
