import { LIMITS } from '../config/limits.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../observe/log.ts';
import { type ProvisionChanges, provisionSip } from './provision.ts';

/**
 * Looks again and again whether LiveKit still has the trunks and rules: they live in Redis alone and are lost with it.
 */
export class ProvisionWatch {
  #config: Config;
  readonly #log: Logger;
  readonly #onRestored: (changes: ProvisionChanges) => void;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(
    config: Config,
    log: Logger,
    onRestored: (changes: ProvisionChanges) => void,
    everyMs: number = LIMITS.provisionCheckMs,
  ) {
    this.#everyMs = everyMs;
    this.#config = config;
    this.#log = log;
    this.#onRestored = onRestored;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#look = this.#lookOnce();
    }, this.#everyMs);
  }

  /** Other numbers and peers: what LiveKit has is made to fit them at the next look. */
  use(config: Config): void {
    this.#config = config;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#look;
  }

  async #lookOnce(): Promise<void> {
    try {
      const changes = await provisionSip(this.#config);
      if (changes.length > 0) this.#onRestored(changes);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.warn({ err: error }, 'trunks could not be checked');
      this.#failing = true;
    }
    if (this.#timer !== undefined) this.start();
  }
}
