import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { LIMITS } from '../../config/limits.ts';
import type { NodePaths } from '../../config/paths.ts';
import type { Config } from '../../config/schema.ts';
import type { ChildStarter } from '../child.ts';
import { keepSecretFile } from '../keep_secret_file.ts';
import type { Running } from '../running.ts';
import { askOptions } from '../sip_options.ts';
import { connectHost, isLoopback, isWildcard, numericHost, plainEnvironment, urlHost } from './address.ts';
import { withoutPersonalData } from './livekit_log.ts';
import { livekitRedis } from './redis.ts';

/** What a service of LiveKit is started with. */
export interface LiveKitOptions {
  readonly program: string;
  /** With URLs and secrets filled in. */
  readonly config: Config;
  readonly paths: NodePaths;
}

const POLL_MS = 100;
const ANSWER_MS = 1000;
/** Over UDP what was sent too early is lost. */
const SIP_ANSWER_MS = 250;

/** Where the node's own livekit-server will be found. */
export function ownLiveKitUrl({ livekit }: Config): string {
  return `ws://${urlHost(connectHost(livekit.host))}:${livekit.port}`;
}

export async function startLiveKitServer(
  { program, config, paths }: LiveKitOptions,
  starter: ChildStarter,
  signal: AbortSignal,
): Promise<Running> {
  const configFile = join(paths.run, 'livekit.yaml');
  keepSecretFile(configFile, stringify(livekitServerConfig(config)));
  return await starter.start(
    {
      name: 'livekit-server',
      program,
      args: ['--config', configFile],
      cwd: paths.run,
      env: plainEnvironment(),
      // The first asks it to wait until rooms are empty, the second to end.
      endWith: [
        { signal: 'SIGTERM', waitMs: 500 },
        { signal: 'SIGTERM', waitMs: 5000 },
      ],
      filter: withoutPersonalData,
      ready: end => untilHealthy(config.livekit.url.replace(/^ws/, 'http'), end),
      readyLimitMs: LIMITS.serviceReadyMs,
    },
    signal,
  );
}

/** livekit-server answers 200 at / once its node is registered and its statistics are fresh. */
async function untilHealthy(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const response = await fetch(url, { signal: limit }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** livekit.yaml (https://docs.livekit.io/home/self-hosting/deployment/). */
export function livekitServerConfig({ livekit, redis, logLevel }: Config): Record<string, unknown> {
  const { host, port, rtcTcpPort, rtcPorts, apiKey, apiSecret } = livekit;
  return {
    port,
    bind_addresses: [host],
    rtc: {
      tcp_port: rtcTcpPort,
      port_range_start: rtcPorts[0],
      port_range_end: rtcPorts[1],
      use_external_ip: false,
      stun_servers: [],
      ...(!isWildcard(host) && { node_ip: numericHost(host) }),
      ...(isLoopback(host) && { interfaces: { includes: ['lo'] } }),
      enable_loopback_candidate: isLoopback(host),
    },
    redis: livekitRedis(redis.url),
    keys: { [apiKey]: apiSecret },
    logging: { json: true, level: livekitLogLevel(logLevel) },
  };
}

export async function startLiveKitSip(
  { program, config, paths }: LiveKitOptions,
  starter: ChildStarter,
  signal: AbortSignal,
): Promise<Running> {
  const configFile = join(paths.run, 'livekit_sip.yaml');
  keepSecretFile(configFile, stringify(livekitSipConfig(config)));
  const { host, port } = config.livekit.sip;
  return await starter.start(
    {
      name: 'livekit-sip',
      program,
      args: ['--config', configFile],
      cwd: paths.run,
      env: plainEnvironment(),
      // SIGTERM would wait for calls to end; that has been done by then.
      endWith: [{ signal: 'SIGINT', waitMs: 5000 }],
      filter: withoutPersonalData,
      ready: end => untilSipAnswers(connectHost(host), port, end),
      readyLimitMs: LIMITS.serviceReadyMs,
    },
    signal,
  );
}

async function untilSipAnswers(host: string, port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(SIP_ANSWER_MS)]);
    const status = await askOptions(host, port, limit).catch(() => undefined);
    if (status !== undefined) return;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Configuration of livekit-sip (https://github.com/livekit/sip). */
export function livekitSipConfig({ livekit, redis, logLevel }: Config): Record<string, unknown> {
  const { sip } = livekit;
  const ownAddress = isLoopback(sip.host) ? '127.0.0.0/8' : `${sip.host}/32`;
  return {
    api_key: livekit.apiKey,
    api_secret: livekit.apiSecret,
    ws_url: livekit.url,
    redis: livekitRedis(redis.url),
    sip_port: sip.port,
    rtp_port: `${sip.rtpPorts[0]}-${sip.rtpPorts[1]}`,
    use_external_ip: false,
    listen_ip: numericHost(sip.host),
    ...(!isWildcard(sip.host) && { nat_1_to_1_ip: numericHost(sip.host), local_net: ownAddress }),
    // Of the whole machine; the edge decides what this node can bear.
    max_cpu_utilization: 1,
    logging: { json: true, level: livekitLogLevel(logLevel) },
  };
}

function livekitLogLevel(level: Config['logLevel']): string {
  if (level === 'trace') return 'debug';
  return level === 'fatal' || level === 'silent' ? 'error' : level;
}
