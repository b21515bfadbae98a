import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { Part } from './cli.ts';
import type { PortUse } from './ports.ts';

/**
 * The configuration of this start: the file, the environment over it, and what was left out on the command line.
 * @throws TrunklineError CONFIG_INVALID
 */
export function nodeConfig(project: string, file: string | undefined, without: readonly Part[]): Config {
  if (file !== undefined && !existsSync(resolve(file))) {
    throw new TrunklineError('CONFIG_INVALID', `${resolve(file)} (--config) is not there`);
  }
  const config = loadConfig(file === undefined ? join(project, 'trunkline.yaml') : resolve(file));
  const livekitEnabled = config.livekit.enabled && !without.includes('livekit');
  const sipEnabled = config.sip.enabled && livekitEnabled && !without.includes('sip');
  const resolved: Config = {
    ...config,
    livekit: { ...config.livekit, enabled: livekitEnabled },
    sip: { ...config.sip, enabled: sipEnabled },
  };
  if (sipEnabled && config.livekit.url !== '' && config.redis.url === '') {
    const detail =
      'sip: the SIP service needs the Redis of the LiveKit at livekit.url: set redis.url, or sip.enabled: false';
    throw new TrunklineError('CONFIG_INVALID', detail);
  }
  if (config.trunks.length > 0) {
    // What is written there would look like protection, and be none.
    const detail =
      'trunks: calls do not go by them yet; leave it empty and set sip.allowedAddresses and sip.numbers';
    throw new TrunklineError('CONFIG_INVALID', detail);
  }
  assertPortsApart(resolved);
  return resolved;
}

/** Single ports that the node's own processes listen on. */
export function ownPorts(config: Config): PortUse[] {
  const { http, redis, postgres, livekit, sip } = config;
  const uses: PortUse[] = [{ key: 'http.port', host: http.host, port: http.port, transport: 'tcp' }];
  if (redis.url === '')
    uses.push({ key: 'redis.port', host: redis.host, port: redis.port, transport: 'tcp' });
  if (postgres.url === '') {
    uses.push({ key: 'postgres.port', host: postgres.host, port: postgres.port, transport: 'tcp' });
  }
  if (livekit.enabled && livekit.url === '') {
    uses.push({ key: 'livekit.port', host: livekit.host, port: livekit.port, transport: 'tcp' });
    uses.push({ key: 'livekit.rtcTcpPort', host: livekit.host, port: livekit.rtcTcpPort, transport: 'tcp' });
  }
  if (sip.enabled) {
    uses.push({ key: 'sip.port', host: sip.host, port: sip.port, transport: 'udp' });
    uses.push({ key: 'sip.port', host: sip.host, port: sip.port, transport: 'tcp' });
  }
  return uses;
}

/** Two keys that ask for one port would look like a busy port later. */
function assertPortsApart(config: Config): void {
  const { livekit, sip } = config;
  const spans = ownPorts(config).map(({ key, port, transport }) => ({
    key,
    transport,
    low: port,
    high: port,
  }));
  if (livekit.enabled && livekit.url === '') {
    spans.push({
      key: 'livekit.rtcPorts',
      transport: 'udp',
      low: livekit.rtcPorts[0],
      high: livekit.rtcPorts[1],
    });
  }
  if (sip.enabled) {
    spans.push({ key: 'sip.rtpPorts', transport: 'udp', low: sip.rtpPorts[0], high: sip.rtpPorts[1] });
  }
  for (const [index, first] of spans.entries()) {
    for (const second of spans.slice(index + 1)) {
      const overlap = first.low <= second.high && second.low <= first.high;
      if (overlap && first.transport === second.transport) {
        throw new TrunklineError('CONFIG_INVALID', `${first.key} and ${second.key} ask for the same port`);
      }
    }
  }
}
