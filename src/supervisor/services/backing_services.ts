import type { NodePaths } from '../../config/paths.ts';
import type { Config } from '../../config/schema.ts';
import type { Logger } from '../../observe/log.ts';
import type { ChildStarter } from '../child.ts';
import type { ChildrenFile } from '../children_file.ts';
import { Keeper } from '../keeper.ts';
import type { NodeKeys } from '../keys.ts';
import type { LogFiles } from '../log_files.ts';
import type { ToolPaths } from '../programs.ts';
import type { Running } from '../running.ts';
import type { Stoppables } from '../stoppables.ts';
import type { Terminal } from '../terminal.ts';
import { ownLiveKitUrl, startLiveKitServer, startLiveKitSip } from './livekit.ts';
import { migrateDatabase, startPostgres } from './postgres.ts';
import { assertRedisAnswers, ownRedisUrl, startRedis } from './redis.ts';

export interface ServiceOptions {
  readonly config: Config;
  readonly paths: NodePaths;
  readonly keys: NodeKeys;
  readonly tools: ToolPaths;
  readonly logs: LogFiles;
  readonly children: ChildrenFile;
  readonly starter: ChildStarter;
  readonly stoppables: Stoppables;
  readonly terminal: Terminal;
  readonly log: Logger;
}

/**
 * Starts what the roles stand on and fills in where it is found. Each is kept running without end: calls go on while one
 * is away.
 */
export class BackingServices {
  readonly #options: ServiceOptions;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** @returns the configuration with the URLs and secrets of what was started */
  async start(signal: AbortSignal): Promise<Config> {
    const { keys } = this.#options;
    let config: Config = { ...this.#options.config, sealKeyFile: keys.sealKeyFile };
    config = await this.#startPostgres(config, signal);
    signal.throwIfAborted();
    config = await this.#startRedis(config, signal);
    signal.throwIfAborted();
    if (!config.livekit.enabled) return config;
    config = await this.#startLiveKit(config, signal);
    signal.throwIfAborted();
    if (config.livekit.sip.enabled) await this.#startSip(config, signal);
    return config;
  }

  async #startPostgres(config: Config, signal: AbortSignal): Promise<Config> {
    const { keys, logs, terminal } = this.#options;
    let ownerUrl = config.postgres.url;
    let appUrl = config.postgres.url;
    if (ownerUrl === '') {
      const urls = await terminal.step('postgres', async report => {
        let first: { ownerUrl: string; appUrl: string } | undefined;
        await this.#keep('postgres', signal, async () => {
          const postgres = await startPostgres({ ...this.#options, config });
          first ??= postgres;
          return postgres;
        });
        report.result(`${config.postgres.host}:${config.postgres.port}`);
        return first!;
      });
      ({ ownerUrl, appUrl } = urls);
    }
    await terminal.step('database schema', () => migrateDatabase(ownerUrl, keys.sealKeyFile, logs));
    return { ...config, postgres: { ...config.postgres, url: appUrl } };
  }

  async #startRedis(config: Config, signal: AbortSignal): Promise<Config> {
    const { paths, keys, starter, terminal } = this.#options;
    if (config.redis.url !== '') {
      await terminal.step('redis', () => assertRedisAnswers(config.redis.url, 'redis.url'));
      return config;
    }
    await terminal.step('redis', async report => {
      await this.#keep('redis', signal, end =>
        startRedis({ config, paths, password: keys.redisPassword }, starter, end),
      );
      report.result(`${config.redis.host}:${config.redis.port}`);
    });
    return { ...config, redis: { ...config.redis, url: ownRedisUrl(config, keys.redisPassword) } };
  }

  async #startLiveKit(config: Config, signal: AbortSignal): Promise<Config> {
    const { paths, keys, tools, starter, terminal } = this.#options;
    const livekit = { ...config.livekit, apiSecret: keys.livekitSecret };
    if (livekit.url !== '' || tools.livekitServer === undefined) return { ...config, livekit };
    const resolved: Config = { ...config, livekit: { ...livekit, url: ownLiveKitUrl(config) } };
    const program = tools.livekitServer;
    await terminal.step('livekit-server', async report => {
      await this.#keep('livekit-server', signal, end =>
        startLiveKitServer({ program, config: resolved, paths }, starter, end),
      );
      report.result(resolved.livekit.url);
    });
    return resolved;
  }

  async #startSip(config: Config, signal: AbortSignal): Promise<void> {
    const { paths, tools, starter, terminal } = this.#options;
    const program = tools.livekitSip;
    if (program === undefined) return;
    await terminal.step('livekit-sip', async report => {
      await this.#keep('livekit-sip', signal, end =>
        startLiveKitSip({ program, config, paths }, starter, end),
      );
      report.result(`${config.livekit.sip.host}:${config.livekit.sip.port}`);
    });
  }

  async #keep(
    name: string,
    signal: AbortSignal,
    start: (end: AbortSignal) => Promise<Running>,
  ): Promise<void> {
    const { terminal, stoppables, log } = this.#options;
    const keeper = new Keeper({
      name,
      start,
      log,
      onDied: lastWords => terminal.warn(`${lastWords.split('\n')[0]}: starting it again`),
      onRestarted: () => terminal.line(`✓ ${name} is back`),
    });
    // Before it is up: a start that is interrupted stops it too.
    stoppables.add(name, () => keeper.stop());
    await keeper.start(signal);
  }
}
