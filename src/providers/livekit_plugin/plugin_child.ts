import { type ChildProcess, fork } from 'node:child_process';
import { LIMITS } from '../../config/limits.ts';
import type { FaultKind, ProviderFault } from '../provider_fault.ts';
import {
  type PluginLoad,
  type PluginNews,
  type PluginReady,
  type PluginRequest,
  readReply,
} from './plugin_messages.ts';
import type { ProcessLimits } from './plugin_options.ts';

const PROGRAM = new URL('./plugin_host.ts', import.meta.url);
const WHY = {
  noPackage: 'needs a package that is not installed',
  throws: "can't be loaded",
  noClass: 'has no class of that name',
  refuses: 'does not take its options, or its key',
} as const;

interface ChildEvents {
  readonly limits: ProcessLimits;
  fault(kind: FaultKind, what: string): ProviderFault;
  news(news: PluginNews): void;
  /** It has ended, or will in a moment. Told once. */
  gone(fault: ProviderFault): void;
}

/** One life of the process. */
export class PluginChild {
  readonly ready: Promise<PluginReady>;
  readonly #child: ChildProcess;
  readonly #events: ChildEvents;
  readonly #ready = Promise.withResolvers<PluginReady>();
  readonly #ended: Promise<void>;
  #load: NodeJS.Timeout | undefined;
  #pings: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #isBusy = true;
  #isGone = false;
  #secondBeganAt = 0;
  #messages = 0;

  constructor(load: PluginLoad, env: NodeJS.ProcessEnv, events: ChildEvents) {
    this.#events = events;
    this.ready = this.#ready.promise;
    this.ready.catch(() => {});
    this.#child = fork(PROGRAM, [], {
      env,
      execArgv: [...process.execArgv, `--max-old-space-size=${LIMITS.pluginMemoryMegabytes}`],
      serialization: 'advanced',
      // A terminal's interrupt reaches the whole group; calls that drain still need it.
      detached: true,
      // What a plugin prints may be what was said.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#ended = new Promise(resolve => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    void this.#ended.then(() => this.#giveUp('unavailable', 'ended'));
    this.#child.on('message', message => this.#receive(message));
    const { loadMs } = events.limits;
    this.#load = setTimeout(() => this.#giveUp('timeout', `took more than ${loadMs} ms to load`), loadMs);
    this.#load.unref();
    this.hold(false);
    this.send(load);
  }

  get isReady(): boolean {
    return this.#load === undefined && !this.#isGone;
  }

  send(request: PluginRequest): void {
    if (this.#child.connected) this.#child.send(request, () => {});
  }

  /** While somebody waits for it the parent must not run out of things to do, and it must live. */
  hold(isBusy: boolean): void {
    if (this.#isGone || isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    if (isBusy) {
      this.#child.ref();
      this.#child.channel?.ref();
    } else {
      this.#child.unref();
      this.#child.channel?.unref();
    }
    this.#watch();
  }

  async close(): Promise<void> {
    this.#giveUp('unavailable', 'was closed', 'SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), LIMITS.pluginEndMs);
    this.#child.ref();
    await this.#ended;
    clearTimeout(late);
  }

  #watch(): void {
    clearInterval(this.#pings);
    this.#unanswered = 0;
    // Loading has a limit of its own.
    if (!this.#isBusy || this.#load !== undefined) return;
    const { pingMs } = this.#events.limits;
    // In ticks: where it is this process that was held up, the answer is there by the next one.
    this.#pings = setInterval(() => {
      if (this.#unanswered >= LIMITS.pluginPingsMissed) this.#giveUp('timeout', 'hangs');
      else {
        this.#unanswered++;
        this.send({ type: 'ping' });
      }
    }, pingMs);
  }

  #receive(message: unknown): void {
    if (this.#isGone) return;
    const reply = this.#isFlood() ? undefined : readReply(message);
    if (reply === undefined) this.#giveUp('protocol', 'sent what makes no sense, or too much');
    else if (reply.type === 'unusable') this.#giveUp('unavailable', WHY[reply.why]);
    else if (reply.type === 'pong') this.#unanswered = 0;
    else if (reply.type === 'ready') {
      clearTimeout(this.#load);
      this.#load = undefined;
      this.#ready.resolve(reply);
      this.#watch();
    } else this.#events.news(reply);
  }

  #isFlood(): boolean {
    const now = performance.now();
    if (now - this.#secondBeganAt >= 1_000) {
      this.#secondBeganAt = now;
      this.#messages = 0;
    }
    this.#messages++;
    return this.#messages > this.#events.limits.messagesPerSecond;
  }

  #giveUp(kind: FaultKind, what: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#load);
    clearInterval(this.#pings);
    const fault = this.#events.fault(kind, what);
    this.#ready.reject(fault);
    this.#child.unref();
    this.#child.channel?.unref();
    this.#child.kill(signal);
    this.#events.gone(fault);
  }
}
