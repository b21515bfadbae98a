import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../bench/sip/free_ports.ts';
import { ROOT } from '../tidy/sources.ts';

export interface TestLiveKit {
  readonly url: string;
  readonly httpUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  stop(): Promise<void>;
}

const API_KEY = 'testkey';
const API_SECRET = 'a-secret-for-tests-of-32-letters-or-more';

/** The binary that `npm start` built, one named in the environment, or one on the path. */
export function findLiveKitServer(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).map(dir => join(dir, 'livekit-server'));
  return [process.env.TEST_LIVEKIT_SERVER ?? '', join(ROOT, 'var/tools/livekit-server'), ...onPath].find(
    path => path !== '' && existsSync(path),
  );
}

/** A real livekit-server on free ports of the loopback, without Redis. */
export async function startLiveKitServer(binary: string, port?: number): Promise<TestLiveKit> {
  const http = port ?? (await freePort());
  const config = {
    port: http,
    bind_addresses: ['127.0.0.1'],
    keys: { [API_KEY]: API_SECRET },
    logging: { level: 'error' },
    rtc: {
      tcp_port: await freePort(),
      udp_port: await freePort(),
      node_ip: '127.0.0.1',
      use_external_ip: false,
      stun_servers: [],
      interfaces: { includes: ['lo'] },
      enable_loopback_candidate: true,
    },
  };
  const child = spawn(binary, ['--config-body', JSON.stringify(config)], { stdio: 'ignore' });
  await untilListening(child, http);
  return {
    url: `ws://127.0.0.1:${http}`,
    httpUrl: `http://127.0.0.1:${http}`,
    apiKey: API_KEY,
    apiSecret: API_SECRET,
    stop: () => stop(child),
  };
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`livekit-server ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(50);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
