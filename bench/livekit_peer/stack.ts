import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { SipClient } from 'livekit-server-sdk';
import { parse, stringify } from 'yaml';
import { askOptions } from '../../src/supervisor/sip_options.ts';
import { freePorts } from '../sip/free_ports.ts';
import { Processes, type Stack } from '../sip/processes.ts';

export interface LiveKitPrograms {
  readonly livekitServer: string;
  readonly livekitSip: string;
}

const HOST = '127.0.0.1';
const NUMBER = '+15550100';
const API_KEY = 'bench';
const RTP_PORTS = '14000-17999';
const RTC_PORTS = { port_range_start: 54_000, port_range_end: 57_999 };
const READY_MS = 20_000;
const POLL_MS = 50;
const OPTIONS_MS = 250;
/** Their garbage collectors may take more memory than by default, for less work. */
const GO_ENVIRONMENT = { GOGC: '200' };

/** livekit-server and livekit-sip that run. */
export interface LiveKit {
  /** sip:NUMBER@HOST:PORT; every call gets a room of its own. */
  readonly target: string;
  /** ws:// of livekit-server */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

/**
 * A way through LiveKit on the loopback: livekit-sip, livekit-server, and a peer that echoes.
 * @throws Error when one of the programs is not ready in time
 */
export async function startLiveKitStack(programs: LiveKitPrograms): Promise<Stack> {
  const [hook] = await freePorts(1);
  return await withLiveKit(programs, hook, async (processes, { url, apiKey, apiSecret }) => {
    const peer = fileURLToPath(new URL('room_peer.ts', import.meta.url));
    const settings = JSON.stringify({ url, apiKey, apiSecret, port: hook });
    await processes.start('room peer', process.execPath, [peer], { environment: { ROOM_PEER: settings } });
  });
}

/**
 * Starts LiveKit and then what answers its calls; all of it ends together.
 * @param hook port of the loopback that is told of every room that begins, where somebody wants to know
 * @throws Error when one of the programs is not ready in time
 */
export async function withLiveKit(
  programs: LiveKitPrograms,
  hook: number | undefined,
  answer: (processes: Processes, livekit: LiveKit) => Promise<void>,
): Promise<Stack> {
  const processes = new Processes();
  try {
    const livekit = await startLiveKit(processes, programs, hook);
    await answer(processes, livekit);
    return { target: livekit.target, processes, stop: () => processes.stop() };
  } catch (error) {
    await processes.stop();
    throw error;
  }
}

async function startLiveKit(
  processes: Processes,
  programs: LiveKitPrograms,
  hook: number | undefined,
): Promise<LiveKit> {
  const [redis, server, tcp, sip] = await freePorts(4);
  const apiSecret = randomBytes(32).toString('base64url');
  const url = `ws://${HOST}:${server}`;
  await startRedis(processes, redis!);
  const serverConfig = filledIn('livekit.yaml', {
    port: server,
    rtc: { tcp_port: tcp, ...RTC_PORTS },
    redis: { address: `${HOST}:${redis}` },
    keys: { [API_KEY]: apiSecret },
    ...(hook !== undefined && { webhook: { api_key: API_KEY, urls: [`http://${HOST}:${hook}/`] } }),
  });
  await processes.start('livekit-server', programs.livekitServer, [], {
    environment: { ...GO_ENVIRONMENT, LIVEKIT_CONFIG: serverConfig },
  });
  await untilReady('livekit-server', () => fetch(`http://${HOST}:${server}/`).then(({ ok }) => ok));
  const sipConfig = filledIn('livekit_sip.yaml', {
    api_key: API_KEY,
    api_secret: apiSecret,
    ws_url: url,
    redis: { address: `${HOST}:${redis}` },
    sip_port: sip,
    rtp_port: RTP_PORTS,
  });
  await processes.start('livekit-sip', programs.livekitSip, [], {
    environment: { ...GO_ENVIRONMENT, SIP_CONFIG_BODY: sipConfig },
  });
  await untilReady(
    'livekit-sip',
    async () => (await askOptions(HOST, sip!, AbortSignal.timeout(OPTIONS_MS))) > 0,
  );
  await provision(`http://${HOST}:${server}`, apiSecret);
  return { target: `sip:${NUMBER}@${HOST}:${sip}`, url, apiKey: API_KEY, apiSecret };
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

async function startRedis(processes: Processes, port: number): Promise<void> {
  const args = ['--bind', HOST, '--port', String(port), '--save', '', '--appendonly', 'no'];
  await processes.start('redis', 'redis-server', args, { isCounted: false });
  const client = new Redis({ host: HOST, port, lazyConnect: true, retryStrategy: () => POLL_MS });
  client.on('error', () => {});
  try {
    await untilReady('redis', () => client.ping().then(() => true));
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

/** @throws Error when it takes too long */
export async function untilReady(name: string, isReady: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + READY_MS;
  while (!(await isReady().catch(() => false))) {
    if (performance.now() > deadlineMs) throw new Error(`${name} is not ready within ${READY_MS / 1000} s`);
    await delay(POLL_MS);
  }
}
