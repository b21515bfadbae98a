import { LIMITS } from '../../config/limits.ts';
import type { ProviderFault } from '../provider_fault.ts';
import { ProviderSocket } from '../provider_socket.ts';
import type {
  StreamDialect,
  StreamEvent,
  StreamReader,
  StreamSettings,
  StreamTimes,
} from './stream_dialect.ts';

const BYTES_PER_SAMPLE = 2;

/** The utterance that a connection is used for. */
export interface StreamUser {
  heard(event: StreamEvent): void;
  ended(fault: ProviderFault, closeCode: number | undefined): void;
}

/** A WebSocket to a recogniser, for one utterance after the other. */
export class StreamConnection {
  readonly #dialect: StreamDialect;
  readonly #settings: StreamSettings;
  readonly #times: Partial<StreamTimes>;
  readonly #reader: StreamReader;
  readonly #socket: ProviderSocket;
  readonly #gone: (connection: StreamConnection) => void;
  #user: StreamUser | undefined;
  #sentBytes = 0;
  #idleSince = 0;
  #keeping: NodeJS.Timeout | undefined;

  /** `gone` is told when it can't be used any more, after its user. */
  constructor(
    dialect: StreamDialect,
    settings: StreamSettings,
    times: Partial<StreamTimes>,
    gone: (connection: StreamConnection) => void,
  ) {
    this.#dialect = dialect;
    this.#settings = settings;
    this.#times = times;
    this.#gone = gone;
    this.#reader = dialect.reader();
    this.#socket = new ProviderSocket({
      name: dialect.name,
      code: 'STT_FAILED',
      url: dialect.url(settings),
      headers: dialect.headers,
      onText: text => this.#read(text),
      onEnd: (fault, closeCode) => this.#ended(fault, closeCode),
      faultOfClose: (code, reason) => dialect.faultOfClose(code, reason),
      ...(times.connectMs === undefined ? {} : { connectMs: times.connectMs }),
      ...(times.pingMs === undefined ? {} : { pingMs: times.pingMs }),
    });
  }

  /** Dialled for the same. */
  isFor(settings: StreamSettings): boolean {
    return settingsKey(this.#settings) === settingsKey(settings);
  }

  /** An utterance may begin on it. */
  get isFit(): boolean {
    return !this.#socket.isOver && this.#socket.ageMs < LIMITS.sttConnectionMs;
  }

  /** When it was there, as performance.now() tells it; undefined before. */
  get openedAt(): number | undefined {
    return this.#socket.openedAt;
  }

  /** Milliseconds since a message or an answered ping. */
  get silentForMs(): number {
    return this.#socket.silentForMs;
  }

  /** Seconds of sound that ever went over it. */
  get sentS(): number {
    return this.#sentBytes / BYTES_PER_SAMPLE / this.#settings.rateHz;
  }

  /** Resolves when nothing is left of it. */
  get closed(): Promise<void> {
    return this.#socket.closed;
  }

  begin(user: StreamUser): void {
    clearInterval(this.#keeping);
    this.#user = user;
    this.#reader.begin(this.sentS);
  }

  /** Nobody uses it for now. */
  rest(): void {
    this.#user = undefined;
    this.#idleSince = performance.now();
    clearInterval(this.#keeping);
    const { keepAliveMs = LIMITS.sttKeepAliveMs, idleMs = this.#dialect.idleMs } = this.#times;
    this.#keeping = setInterval(() => this.#keepAlive(idleMs), Math.min(keepAliveMs, idleMs));
  }

  /** 16-bit little-endian samples. */
  sendAudio(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length;
    this.#socket.send(bytes);
  }

  askFinal(): void {
    this.#socket.send(this.#dialect.askFinal);
  }

  endStream(): void {
    this.#socket.send(this.#dialect.endStream);
  }

  /** Asks for a sign of life, which `silentForMs` shows. */
  probe(): void {
    this.#socket.probe();
  }

  /** Ends it in order, with nobody told. */
  close(): void {
    this.#user = undefined;
    if (this.#socket.isOpen) this.endStream();
    this.#socket.close();
  }

  /** What stays idle for too long is closed; until then the provider is told that somebody is there. */
  #keepAlive(idleMs: number): void {
    const { keepAlive } = this.#dialect;
    if (performance.now() - this.#idleSince >= idleMs || !this.isFit) this.close();
    else if (!this.#socket.isOpen) return;
    else if (typeof keepAlive === 'string') this.#socket.send(keepAlive);
    else if (keepAlive !== undefined)
      this.sendAudio(new Uint8Array((keepAlive / 1000) * this.#settings.rateHz * BYTES_PER_SAMPLE));
  }

  #read(text: string): void {
    const event = this.#reader.read(text);
    if (event.type === 'fault') this.#socket.fail(event.kind, event.what);
    else this.#user?.heard(event);
  }

  #ended(fault: ProviderFault | undefined, closeCode: number | undefined): void {
    clearInterval(this.#keeping);
    const user = this.#user;
    this.#user = undefined;
    if (fault !== undefined) user?.ended(fault, closeCode);
    this.#gone(this);
  }
}

function settingsKey({ rateHz, keyterms }: StreamSettings): string {
  return JSON.stringify([rateHz, keyterms]);
}
