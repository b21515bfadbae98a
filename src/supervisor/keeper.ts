import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../config/limits.ts';
import type { Logger } from '../observe/log.ts';
import type { Running } from './child.ts';

export interface KeeperOptions {
  readonly name: string;
  /** Starts it and waits until it does its work, or until the signal says to give up. */
  readonly start: (signal: AbortSignal) => Promise<Running>;
  readonly log: Logger;
  /** It has died and is being started again. */
  readonly onDied?: (lastWords: string) => void;
  readonly onRestarted?: () => void;
  /** It dies again and again: it is left alone from now on. */
  readonly onGivenUp: (lastWords: string) => void;
}

const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 5_000;
const WINDOW_MS = 60_000;

/** Keeps one process running: starts it again when it dies, with growing pauses, up to a limit. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #ending = new AbortController();
  #running: Running | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** Resolves when it has ended and will not be started again. */
  get ended(): Promise<void> {
    return this.#loop;
  }

  /** The first start; its error is the caller's. */
  async start(): Promise<void> {
    this.#running = await this.#options.start(this.#ending.signal);
    this.#loop = this.#keep();
  }

  /** From now on its end is wanted and not mended. */
  expectEnd(): void {
    this.#ending.abort();
  }

  async stop(): Promise<void> {
    this.expectEnd();
    await this.#running?.stop();
    await this.#loop;
  }

  async #keep(): Promise<void> {
    const { log, onDied, onRestarted, onGivenUp } = this.#options;
    const { signal } = this.#ending;
    const deathsMs: number[] = [];
    while (!signal.aborted) {
      const lastWords = (await this.#running?.exited) ?? 'could not be started';
      this.#running = undefined;
      if (signal.aborted) return;
      const now = performance.now();
      while (deathsMs[0] !== undefined && now - deathsMs[0] > WINDOW_MS) deathsMs.shift();
      deathsMs.push(now);
      log.error({ process: this.name, lastWords }, 'process died');
      onDied?.(lastWords);
      if (deathsMs.length > LIMITS.roleRestartsPerMinute) return onGivenUp(lastWords);
      const pauseMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (deathsMs.length - 1));
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted && (await this.#startAgain())) onRestarted?.();
    }
    // Started while its end was being asked for.
    await this.#running?.stop();
  }

  async #startAgain(): Promise<boolean> {
    try {
      this.#running = await this.#options.start(this.#ending.signal);
      return true;
    } catch (error) {
      this.#options.log.error({ process: this.name, err: error }, 'process could not be started again');
      return false;
    }
  }
}
