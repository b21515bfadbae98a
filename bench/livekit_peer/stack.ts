import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { SipClient } from 'livekit-server-sdk';
import { parse, stringify } from 'yaml';
import { askOptions } from '../../src/supervisor/sip_options.ts';
import { freePorts } from './free_ports.ts';

export interface LiveKitPrograms {
  readonly livekitServer: string;
  readonly livekitSip: string;
}

/** A way through LiveKit that runs: livekit-sip, livekit-server and a peer that echoes, on the loopback. */
export interface LiveKitStack {
  /** sip:NUMBER@HOST:PORT */
  readonly target: string;
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const NUMBER = '+15550100';
const API_KEY = 'bench';
const RTP_PORTS = '14000-17999';
const RTC_PORTS = { port_range_start: 54_000, port_range_end: 57_999 };
const READY_MS = 20_000;
const POLL_MS = 50;
const END_MS = 3000;
/** Their garbage collectors may take twice the memory of the default for less work. */
const GO_ENVIRONMENT = { GOGC: '200' };

/** @throws Error when one of the programs ends or is not ready in time */
export async function startLiveKitStack(programs: LiveKitPrograms): Promise<LiveKitStack> {
  const [redis, server, tcp, sip, hook] = await freePorts(5);
  const apiSecret = randomBytes(32).toString('base64url');
  const url = `ws://${HOST}:${server}`;
  const children = new Children();
  try {
    await startRedis(children, redis!);
    const keys = { [API_KEY]: apiSecret };
    await children.start(
      'room peer',
      process.execPath,
      [fileURLToPath(new URL('room_peer.ts', import.meta.url))],
      {
        ROOM_PEER: JSON.stringify({ url, apiKey: API_KEY, apiSecret, port: hook }),
      },
    );
    await children.start('livekit-server', programs.livekitServer, [], {
      ...GO_ENVIRONMENT,
      LIVEKIT_CONFIG: filledIn('livekit.yaml', {
        port: server,
        rtc: { tcp_port: tcp, ...RTC_PORTS },
        redis: { address: `${HOST}:${redis}` },
        keys,
        webhook: { api_key: API_KEY, urls: [`http://${HOST}:${hook}/`] },
      }),
    });
    await until('livekit-server', () => fetch(`http://${HOST}:${server}/`).then(({ ok }) => ok));
    await children.start('livekit-sip', programs.livekitSip, [], {
      ...GO_ENVIRONMENT,
      SIP_CONFIG_BODY: filledIn('livekit_sip.yaml', {
        api_key: API_KEY,
        api_secret: apiSecret,
        ws_url: url,
        redis: { address: `${HOST}:${redis}` },
        sip_port: sip,
        rtp_port: RTP_PORTS,
      }),
    });
    await until('livekit-sip', () =>
      askOptions(HOST, sip!, AbortSignal.timeout(POLL_MS * 5)).then(() => true),
    );
    await provision(`http://${HOST}:${server}`, apiSecret);
  } catch (error) {
    await children.stop();
    throw error;
  }
  return {
    target: `sip:${NUMBER}@${HOST}:${sip}`,
    processes: children.measured,
    stop: () => children.stop(),
  };
}

/** A configuration of this folder with what only this run knows. */
function filledIn(file: string, changes: Record<string, unknown>): string {
  const written: unknown = parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
  return stringify(merged(written, changes));
}

function merged(written: unknown, changes: unknown): unknown {
  if (!isRecord(written) || !isRecord(changes)) return changes;
  const keys = [...new Set([...Object.keys(written), ...Object.keys(changes)])];
  return Object.fromEntries(
    keys.map(key => [key, key in changes ? merged(written[key], changes[key]) : written[key]]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function startRedis(children: Children, port: number): Promise<void> {
  const args = ['--bind', HOST, '--port', String(port), '--save', '', '--appendonly', 'no'];
  await children.start('redis', 'redis-server', args, {});
  const client = new Redis({ host: HOST, port, lazyConnect: true, retryStrategy: () => POLL_MS });
  client.on('error', () => {});
  try {
    await until('redis', () => client.ping().then(() => true));
  } finally {
    client.disconnect();
  }
}

/** Every call has a room of its own. */
async function provision(httpUrl: string, apiSecret: string): Promise<void> {
  const client = new SipClient(httpUrl, API_KEY, apiSecret);
  const trunk = await client.createSipInboundTrunk('bench', [NUMBER], { allowedAddresses: [`${HOST}/32`] });
  await client.createSipDispatchRule(
    { type: 'callee', roomPrefix: 'bench', randomize: true },
    { name: 'bench', trunkIds: [trunk.sipTrunkId] },
  );
}

async function until(name: string, isReady: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + READY_MS;
  while (!(await isReady().catch(() => false))) {
    if (performance.now() > deadlineMs) throw new Error(`${name} is not ready within ${READY_MS / 1000} s`);
    await delay(POLL_MS);
  }
}

/** The programs of one stack; ended in the opposite order. */
class Children {
  readonly #running: { readonly name: string; readonly child: ChildProcess }[] = [];

  /** What carries the calls; Redis only brings the parts together. */
  get measured(): { name: string; pid: number }[] {
    return this.#running.flatMap(({ name, child: { pid } }) =>
      name === 'redis' || pid === undefined ? [] : [{ name, pid }],
    );
  }

  async start(name: string, program: string, args: string[], environment: NodeJS.ProcessEnv): Promise<void> {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
    await once(child, 'spawn');
    this.#running.push({ name, child });
  }

  async stop(): Promise<void> {
    for (const { child } of this.#running.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await exit;
      clearTimeout(timer);
    }
  }
}
