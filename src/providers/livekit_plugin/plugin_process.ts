import { LIMITS } from '../../config/limits.ts';
import { type FaultKind, ProviderFault } from '../provider_fault.ts';
import { PluginChild } from './plugin_child.ts';
import type { PluginKind, PluginLoad, PluginNews, PluginReady, PluginRequest } from './plugin_messages.ts';
import type { PluginOptions } from './plugin_options.ts';

const PROJECT = new URL('../../../', import.meta.url);
const MINUTE_MS = 60_000;
const CODES = { stt: 'STT_FAILED', llm: 'LLM_FAILED', tts: 'TTS_FAILED' } as const;
const KEY_VARIABLE = 'LIVEKIT_PLUGIN_KEY';
/** Of our environment, what a plugin may need to reach its service; other keys are none of its business. */
const PASSED_ON: readonly string[] = (
  'PATH HOME TMPDIR LANG LC_ALL TZ NODE_COMPILE_CACHE NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR ' +
  'HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy'
).split(' ');

/** Somebody who is told of a request. */
export interface PluginUser {
  news(news: PluginNews): void;
  /** The process is gone, or was given up; no news follow. */
  lost(fault: ProviderFault): void;
}

/**
 * The process of one plugin: started when it is first needed and again after it died, but not more often than
 * LIMITS.pluginRestartsPerMinute. One that takes too long to load, answers no pings while it has work, says what makes no sense
 * or too much is killed; what was under way has failed then. It ends with its parent, and keeps it alive only for requests.
 */
export class PluginProcess {
  readonly #kind: PluginKind;
  readonly #options: PluginOptions;
  readonly #users = new Map<number, PluginUser>();
  #running: PluginChild | undefined;
  #starts: number[] = [];
  #nextId = 0;
  #isClosed = false;

  constructor(kind: PluginKind, options: PluginOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Loaded, and alive as far as is known. */
  get isReady(): boolean {
    return this.#running?.isReady === true;
  }

  /** Starts it ahead of a request, if need be. Never waits, never throws. */
  prepare(): void {
    if (!this.#isClosed) this.#running ??= this.#start();
  }

  /** Of the process with requests on it. Rejects with a fault where it can't be used. */
  ready(): Promise<PluginReady> {
    return this.#running?.ready ?? Promise.reject(this.fault('unavailable', 'ended'));
  }

  /** A request's number, from here to `end`. @throws ProviderFault where there are too many, or there is no process */
  begin(user: PluginUser): number {
    if (this.#isClosed) throw this.fault('unavailable', 'was closed');
    if (this.#users.size >= LIMITS.pluginRequests) throw this.fault('rateLimited', 'has too many requests');
    this.#running ??= this.#start();
    if (this.#running === undefined) throw this.fault('unavailable', 'keeps ending');
    const id = this.#nextId++;
    this.#users.set(id, user);
    this.#running.hold(true);
    return id;
  }

  send(request: PluginRequest): void {
    this.#running?.send(request);
  }

  /** It is over; where it isn't for the plugin, that is told. */
  end(id: number): void {
    if (!this.#users.delete(id)) return;
    this.send({ type: 'cancel', id });
    if (this.#users.size === 0) this.#running?.hold(false);
  }

  fault(kind: FaultKind, what: string, after?: number): ProviderFault {
    return new ProviderFault(CODES[this.#kind], kind, `${this.name} ${what}`, { retryAfterMs: after });
  }

  /** What a request failed with in the plugin. */
  faultOf({ kind, status, retryAfterMs }: Extract<PluginNews, { readonly type: 'failed' }>): ProviderFault {
    return this.fault(kind, status === undefined ? 'failed' : `answered ${status}`, retryAfterMs);
  }

  /** Of what `begin` throws. */
  faultFrom(error: unknown): ProviderFault {
    return error instanceof ProviderFault ? error : this.fault('unavailable', "can't be asked");
  }

  /** Ends it and waits until it has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const running = this.#running;
    this.#running = undefined;
    this.#lose(this.fault('unavailable', 'was closed'));
    await running?.close();
  }

  #start(): PluginChild | undefined {
    const now = performance.now();
    this.#starts = this.#starts.filter(at => now - at < MINUTE_MS);
    if (this.#starts.length > LIMITS.pluginRestartsPerMinute) return undefined;
    this.#starts.push(now);
    const running: PluginChild = new PluginChild(this.#load(), this.#environment(), {
      limits: {
        loadMs: LIMITS.pluginLoadMs,
        pingMs: LIMITS.pluginPingMs,
        messagesPerSecond: LIMITS.pluginMessagesPerSecond,
        ...this.#options.processLimits,
      },
      fault: (kind, what) => this.fault(kind, what),
      news: news => this.#users.get(news.id)?.news(news),
      gone: fault => {
        if (this.#running !== running) return;
        this.#running = undefined;
        this.#lose(fault);
      },
    });
    return running;
  }

  #lose(fault: ProviderFault): void {
    const users = [...this.#users.values()];
    this.#users.clear();
    for (const user of users) user.lost(fault);
  }

  #load(): PluginLoad {
    const { folder = PROJECT.pathname, className = this.#kind.toUpperCase(), options = {} } = this.#options;
    return {
      type: 'load',
      kind: this.#kind,
      folder,
      package: this.#options.package,
      className,
      options,
      keyVariable: this.#options.apiKey === undefined ? undefined : this.#keyVariable,
    };
  }

  get #keyVariable(): string {
    return this.#options.keyVariable ?? KEY_VARIABLE;
  }

  #environment(): NodeJS.ProcessEnv {
    const passed = PASSED_ON.flatMap(name => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const { apiKey } = this.#options;
    return { ...Object.fromEntries(passed), ...(apiKey !== undefined && { [this.#keyVariable]: apiKey }) };
  }
}
