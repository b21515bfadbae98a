import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../../src/config/load.ts';
import type { Runtime } from '../../src/config/runtime.ts';
import type { Config } from '../../src/config/schema.ts';
import { ownTarget } from '../node.ts';
import { freePorts } from './free_ports.ts';
import { Processes, type Stack } from './processes.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RTP_PORTS = [18_000, 29_999];
const READY_MS = 20_000;
/** A media process tells its load every second, and before that the edge has no slot for a call. */
const FIRST_LOAD_MS = 1500;

/**
 * This project's own way on the loopback: the edge as every node runs it, a media process for so many calls, and the
 * hub between them.
 * @throws Error when a process is not ready in time
 */
export async function startCarrier(calls: number): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const runtimeFile = join(folder, 'runtime.json');
  const config = await carrierConfig(folder);
  const runtime: Runtime = {
    project: ROOT,
    socketPath: join(folder, 'hub.sock'),
    config,
    ownsLiveKit: false,
  };
  writeFileSync(runtimeFile, JSON.stringify(runtime), { mode: 0o600 });
  const processes = new Processes();
  const start = (name: string, script: URL, ...args: string[]): Promise<ChildProcess> =>
    processes.start(name, process.execPath, [fileURLToPath(script), ...args]);
  const stop = async (): Promise<void> => {
    await processes.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const signs = new Signs(await start('hub', new URL('hub_process.ts', import.meta.url), runtimeFile));
    await signs.until('hub');
    await start('media', new URL('media_process.ts', import.meta.url), runtimeFile, String(calls));
    await signs.until('media-0');
    await start(
      'edge',
      new URL('../../src/main.ts', import.meta.url),
      '--role',
      'edge',
      '--runtime',
      runtimeFile,
    );
    await signs.until('edge');
    await delay(FIRST_LOAD_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { target: ownTarget(config), processes, stop };
}

async function carrierConfig(folder: string): Promise<Config> {
  const [port] = await freePorts(1);
  const settings = {
    dataDir: folder,
    logLevel: 'error',
    livekit: { enabled: false },
    sip: { port, rtpPorts: RTP_PORTS },
  };
  return parseConfig(JSON.stringify(settings), 'bench', {});
}

/** Who has told the hub that it is ready. */
class Signs {
  readonly #seen = new Set<string>();
  readonly #lines: ReturnType<typeof createInterface>;

  constructor({ stdout }: ChildProcess) {
    this.#lines = createInterface({ input: stdout! });
    this.#lines.on('line', line => this.#seen.add(line));
  }

  async until(name: string): Promise<void> {
    const signal = AbortSignal.timeout(READY_MS);
    try {
      while (!this.#seen.has(name)) await once(this.#lines, 'line', { signal });
    } catch {
      throw new Error(`${name} is not ready within ${READY_MS / 1000} s`);
    }
  }
}
