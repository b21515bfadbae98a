import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import { type Account, dataArgument, failure, readOutput, spawnPostgres } from './process.ts';

export interface PostgresServer {
  readonly pid: number;
  /** Resolves with the server's last words when it has ended, wanted or not. */
  readonly exited: Promise<string>;
  /** Ends all connections and stops; kills what does not stop within its time. */
  stop(): Promise<void>;
}

/** Statements and their values stay out of the log: they are personal data. */
const SETTINGS: Readonly<Record<string, string>> = {
  unix_socket_directories: '',
  lc_messages: 'C',
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length_on_error: '0',
  timezone: 'UTC',
  jit: 'off',
};

/**
 * Starts the server of a cluster and waits until it takes connections.
 * @throws TrunklineError PORT_BUSY, DISK_FULL or STEP_FAILED
 */
export async function startServer(options: {
  readonly postgres: string;
  readonly clusterDir: string;
  readonly account: Account | undefined;
  readonly host: string;
  readonly port: number;
  readonly onLog: (line: string) => void;
}): Promise<PostgresServer> {
  const { clusterDir, account, host, port } = options;
  const settings = { listen_addresses: host, port: `${port}`, ...SETTINGS };
  const words = [
    '-D',
    dataArgument(clusterDir, account),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const child = spawnPostgres(options.postgres, words, clusterDir, account);
  const ready = Promise.withResolvers<void>();
  const lastWords = readOutput(child, line => {
    options.onLog(line);
    if (line.includes('database system is ready to accept connections')) ready.resolve();
  });
  const exited = once(child, 'close').then(lastWords, String);
  const stop = async (): Promise<void> => {
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      child.kill(signal);
      const limit = new AbortController();
      const late = sleep(LIMITS.postgresStopMs, undefined, { signal: limit.signal }).catch(() => undefined);
      await Promise.race([exited, late]);
      limit.abort();
      if (child.exitCode !== null || child.signalCode !== null) break;
    }
    await exited;
  };
  const startLimit = setTimeout(() => {
    ready.reject(new TrunklineError('STEP_FAILED', 'Postgres did not become ready'));
  }, LIMITS.postgresStartMs);
  try {
    await Promise.race([ready.promise, exited.then(last => Promise.reject(failure(last)))]);
  } catch (error) {
    await stop();
    throw error instanceof TrunklineError && error.code === 'PORT_BUSY'
      ? new TrunklineError('PORT_BUSY', `Postgres can't listen on ${host} port ${port}`)
      : error;
  } finally {
    clearTimeout(startLimit);
  }
  return { pid: child.pid ?? 0, exited, stop };
}
