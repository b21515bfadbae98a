import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../../src/config/load.ts';
import { nodePaths } from '../../src/config/paths.ts';
import type { Runtime } from '../../src/config/runtime.ts';
import type { Config } from '../../src/config/schema.ts';
import { ensureKeys } from '../../src/supervisor/keys.ts';
import { ownTarget } from '../node.ts';
import { freePorts } from './free_ports.ts';
import { Processes, type Stack } from './processes.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Where it sends and hears audio: above the ports that the system gives out by itself. */
export const RTP_PORTS = [61_000, 65_535] as const;
const MEDIA_PROCESS = new URL('media_process.ts', import.meta.url);
const READY_MS = 20_000;
/** A media process tells its load every second, and before that the edge has no slot for a call. */
const FIRST_LOAD_MS = 1500;

export interface CarrierOptions {
  /** Who may call; the whole loopback where left out. */
  readonly allowedAddresses?: readonly string[];
  /** Runs the media process instead of media_process.ts, and is given the runtime file and this. */
  readonly media?: { readonly script: URL; readonly argument: string };
  /** Where the heaps of `edge` and `media` can be looked at. */
  readonly inspectorPorts?: Readonly<Record<string, number>>;
}

/**
 * This project's own way on the loopback: the edge as every node runs it, a media process for so many calls, and the
 * hub between them.
 * @throws Error when a process is not ready in time
 */
export async function startCarrier(calls: number, options: CarrierOptions = {}): Promise<Stack> {
  const { allowedAddresses = ['127.0.0.0/8'], inspectorPorts = {} } = options;
  const { media = { script: MEDIA_PROCESS, argument: String(calls) } } = options;
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const runtimeFile = join(folder, 'runtime.json');
  const config = await carrierConfig(folder, allowedAddresses);
  const runtime: Runtime = {
    project: ROOT,
    socketPath: join(folder, 'hub.sock'),
    config,
    ownsLiveKit: false,
  };
  writeFileSync(runtimeFile, JSON.stringify(runtime), { mode: 0o600 });
  const processes = new Processes();
  const start = (name: string, script: URL, ...args: string[]): Promise<ChildProcess> => {
    const inspectorPort = inspectorPorts[name];
    const inspected = inspectorPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectorPort}`];
    return processes.start(name, process.execPath, [...inspected, fileURLToPath(script), ...args]);
  };
  const stop = async (): Promise<void> => {
    await processes.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const hub = await start('hub', new URL('hub_process.ts', import.meta.url), runtimeFile);
    const signs = new Signs(hub);
    await signs.until('hub', hub);
    await signs.until('media-0', await start('media', media.script, runtimeFile, media.argument));
    const main = new URL('../../src/main.ts', import.meta.url);
    await signs.until('edge', await start('edge', main, '--role', 'edge', '--runtime', runtimeFile));
    await delay(FIRST_LOAD_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { target: ownTarget(config), processes, stop };
}

async function carrierConfig(folder: string, allowedAddresses: readonly string[]): Promise<Config> {
  const [port] = await freePorts(1);
  const settings = {
    dataDir: folder,
    logLevel: 'error',
    livekit: { enabled: false },
    media: { processes: 1 },
    sip: { port, rtpPorts: RTP_PORTS, allowedAddresses },
  };
  const config = parseConfig(JSON.stringify(settings), 'bench', {});
  return { ...config, sealKeyFile: ensureKeys(config, nodePaths(ROOT, config)).sealKeyFile };
}

/** Who has told the hub that it is ready. */
class Signs {
  readonly #seen = new Set<string>();
  readonly #lines: ReturnType<typeof createInterface>;

  constructor({ stdout }: ChildProcess) {
    this.#lines = createInterface({ input: stdout! });
    this.#lines.on('line', line => this.#seen.add(line));
  }

  /** @throws Error when `child` ends before it has told, or takes too long */
  async until(name: string, child: ChildProcess): Promise<void> {
    const given = new AbortController();
    const signal = AbortSignal.any([given.signal, AbortSignal.timeout(READY_MS)]);
    child.once('exit', () => given.abort());
    try {
      while (!this.#seen.has(name)) await once(this.#lines, 'line', { signal });
    } catch {
      throw new Error(`${name} ended, or was not ready within ${READY_MS / 1000} s`);
    }
  }
}
