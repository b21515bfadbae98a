import { setTimeout as sleep } from 'node:timers/promises';
import { TrunklineError } from '../config/errors.ts';
import type { Logger } from '../observe/log.ts';
import { signalGroup } from './process_identity.ts';
import type { Running } from './running.ts';

export interface KeeperOptions {
  readonly name: string;
  /** Starts it and waits until it does its work, or until the signal says to give up. */
  readonly start: (signal: AbortSignal) => Promise<Running>;
  readonly log: Logger;
  /** It has died and is being started again. */
  readonly onDied: (lastWords: string) => void;
  readonly onRestarted: () => void;
  /** It has ended so that another can take its place, and that is being started. */
  readonly onReplaced?: () => void;
  /** How often it may die within a minute before it is left alone, and who hears of that; without it, for ever. */
  readonly giveUp?: { readonly deathsPerMinute: number; readonly tell: (lastWords: string) => void };
}

const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 5_000;
const WINDOW_MS = 60_000;

/** Keeps one process running: starts it again when it dies, with growing pauses, up to a limit. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #ending = new AbortController();
  #starting: Promise<Running> | undefined;
  #running: Running | undefined;
  #loop: Promise<void> = Promise.resolve();
  #replacement: PromiseWithResolvers<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Resolves when it has ended and will not be started again. */
  get ended(): Promise<void> {
    return this.#loop;
  }

  /** The first start; its error is the caller's, as is the reason of a signal that aborts meanwhile. */
  async start(signal: AbortSignal): Promise<void> {
    const interrupt = (): void => this.#ending.abort(signal.reason);
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      this.#starting = this.#options.start(this.#ending.signal);
      this.#running = await this.#starting;
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
    this.#loop = this.#keep(this.#running);
  }

  /** Ends it as it is, without a word to it: it hangs. It is started again, unless its end is wanted anyway. */
  kill(): void {
    if (this.#running !== undefined) signalGroup(this.#running.pid, 'SIGKILL');
  }

  /**
   * Its next end is wanted, and another is started at once: from the programs that are on the disk by then. Resolves when that
   * one does its work. @throws TrunklineError STEP_FAILED where it does not: then it is tried again as after a death
   */
  replace(): Promise<void> {
    this.#replacement ??= Promise.withResolvers<void>();
    return this.#replacement.promise;
  }

  /** From now on its end is wanted and not mended. */
  expectEnd(): void {
    this.#ending.abort();
    this.#notReplaced();
  }

  async stop(): Promise<void> {
    this.expectEnd();
    // What is only starting now is stopped by whoever starts it, or is running then.
    await this.#starting?.catch(() => undefined);
    await this.#running?.stop();
    await this.#loop;
  }

  async #keep(running: Running): Promise<void> {
    const { log, onDied, onReplaced, giveUp } = this.#options;
    const deathsMs: number[] = [];
    for (let current: Running | undefined = running; ; current = await this.#startAgain()) {
      const lastWords = current === undefined ? `${this.name} can't be started again` : await current.exited;
      this.#running = undefined;
      if (this.#ending.signal.aborted) return;
      if (this.#replacement !== undefined && current !== undefined) {
        onReplaced?.();
        continue;
      }
      this.#notReplaced();
      deathsMs.push(performance.now());
      while (deathsMs.at(-1)! - deathsMs[0]! > WINDOW_MS) deathsMs.shift();
      log.error({ process: this.name, lastWords }, 'process died');
      if (giveUp !== undefined && deathsMs.length > giveUp.deathsPerMinute) return giveUp.tell(lastWords);
      if (current !== undefined) onDied(lastWords);
      await this.#pause(Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (deathsMs.length - 1)));
    }
  }

  #notReplaced(): void {
    this.#replacement?.reject(new TrunklineError('STEP_FAILED', `${this.name} can't be started again`));
    this.#replacement = undefined;
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }

  async #startAgain(): Promise<Running | undefined> {
    const { start, onRestarted, log } = this.#options;
    const { signal } = this.#ending;
    try {
      signal.throwIfAborted();
      const running = await start(signal);
      this.#running = running;
      // Its end may have been asked for in the last moment of its start.
      if (signal.aborted) await running.stop();
      else if (this.#replacement === undefined) onRestarted();
      this.#replacement?.resolve();
      this.#replacement = undefined;
      return running;
    } catch (error) {
      if (!signal.aborted)
        log.error({ process: this.name, err: error }, 'process could not be started again');
      return undefined;
    }
  }
}
