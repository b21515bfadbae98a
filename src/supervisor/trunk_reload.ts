import { unwatchFile, watchFile } from 'node:fs';
import type { Config } from '../config/schema.ts';
import { failureText } from './failure_text.ts';
import type { Terminal } from './terminal.ts';

const LOOK_EVERY_MS = 1000;

interface TrunkReloadOptions {
  readonly file: string;
  /** As it is in force. */
  readonly config: Config;
  /** @throws TrunklineError CONFIG_INVALID */
  read(): Config;
  /** Puts these trunks in force: the whole configuration of before, with nothing else changed. */
  apply(config: Config): void;
  readonly terminal: Terminal;
}

/**
 * Watches the configuration while the node runs. Who may call, which numbers are taken and what answers them takes
 * effect at once, without touching calls that are up; so does how calls sound, those that are up among them; everything
 * else at the next start. A file with a fault in it
 * changes nothing.
 */
export class TrunkReload {
  readonly #options: TrunkReloadOptions;
  #config: Config;

  constructor(options: TrunkReloadOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  start(): void {
    watchFile(this.#options.file, { interval: LOOK_EVERY_MS, persistent: false }, this.#changed);
  }

  stop(): void {
    unwatchFile(this.#options.file, this.#changed);
  }

  readonly #changed = (): void => {
    const { read, apply, terminal } = this.#options;
    let wanted: Config;
    try {
      wanted = read();
    } catch (error) {
      terminal.warn(`the configuration of before stays in force: ${failureText(error)}`);
      return;
    }
    const next = withTrunksOf(this.#config, wanted);
    if (JSON.stringify(next) === JSON.stringify(this.#config)) return;
    const isSound = JSON.stringify(next.pipeline) !== JSON.stringify(this.#config.pipeline);
    this.#config = next;
    apply(next);
    const names = next.trunks.map(({ name }) => name);
    const trunks = names.length === 0 ? 'none but the default one' : names.join(', ');
    terminal.line(`✓ trunks${isSound ? ' and sound' : ''} changed: ${trunks}`);
  };
}

/** What decides about who calls whom, and how calls sound, is taken over, nothing else. */
function withTrunksOf(config: Config, { trunks, sip, workflows, pipeline }: Config): Config {
  return {
    ...config,
    trunks,
    pipeline,
    sip: { ...config.sip, numbers: sip.numbers, allowedAddresses: sip.allowedAddresses },
    workflows: { ...config.workflows, default: workflows.default, byNumber: workflows.byNumber },
  };
}
