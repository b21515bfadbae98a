import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import {
  accessIntegrations,
  type IntegrationState,
  integrationStates,
} from '../config/integration_access.ts';
import { loadConfig } from '../config/load.ts';
import { accessProviders, type ProviderState, providerStates } from '../config/provider_access.ts';
import type { Config } from '../config/schema.ts';
import { assertTrunkSecrets } from '../telephony/trunk_secrets.ts';
import type { Part } from './cli.ts';
import type { PortUse } from './ports.ts';

/** The file that was named, else the project's own. */
export function configFileOf(project: string, file: string | undefined): string {
  return file === undefined ? join(project, 'trunkline.yaml') : resolve(file);
}

/**
 * The configuration of this start: the file, the environment over it, and what was left out on the command line.
 * @throws TrunklineError CONFIG_INVALID
 */
export function nodeConfig(project: string, file: string | undefined, without: readonly Part[]): Config {
  if (file !== undefined && !existsSync(resolve(file))) {
    throw new TrunklineError('CONFIG_INVALID', `${resolve(file)} (--config) is not there`);
  }
  const config = loadConfig(configFileOf(project, file));
  const livekitEnabled = config.livekit.enabled && !without.includes('livekit');
  const livekitSipEnabled = config.livekit.sip.enabled && livekitEnabled && !without.includes('livekit-sip');
  const livekitSip = { ...config.livekit.sip, enabled: livekitSipEnabled };
  const resolved: Config = {
    ...config,
    livekit: { ...config.livekit, enabled: livekitEnabled, sip: livekitSip },
    sip: { ...config.sip, enabled: config.sip.enabled && !without.includes('sip') },
    jobs: { enabled: config.jobs.enabled && !without.includes('jobs') },
  };
  if (livekitSipEnabled && config.livekit.url !== '' && config.redis.url === '') {
    const detail =
      'livekit.sip: the SIP service needs the Redis of the LiveKit at livekit.url: set redis.url, or livekit.sip.enabled: false';
    throw new TrunklineError('CONFIG_INVALID', detail);
  }
  assertTrunkSecrets(config.trunks, project, process.env);
  nodeProviders(config, project);
  nodeIntegrations(config, project);
  assertPortsApart(resolved);
  return resolved;
}

/**
 * The providers of the configuration, and whether they have their keys.
 * @throws TrunklineError CONFIG_INVALID when a key file can't be read, or nobody is left to hear or to speak
 */
export function nodeProviders({ providers }: Config, project: string): readonly ProviderState[] {
  return providerStates(accessProviders(providers, { folder: project, env: process.env }));
}

/**
 * The accounts of other systems, and whether they have their keys.
 * @throws TrunklineError CONFIG_INVALID when a key file can't be read
 */
export function nodeIntegrations({ integrations }: Config, project: string): readonly IntegrationState[] {
  return integrationStates(accessIntegrations(integrations, { folder: project, env: process.env }));
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
  if (sip.enabled) uses.push(...sipPorts('sip.port', sip));
  if (livekit.sip.enabled) uses.push(...sipPorts('livekit.sip.port', livekit.sip));
  return uses;
}

function sipPorts(key: string, { host, port }: Pick<Config['sip'], 'host' | 'port'>): PortUse[] {
  return [
    { key, host, port, transport: 'udp' },
    { key, host, port, transport: 'tcp' },
  ];
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
  const rtp = (key: string, [low, high]: readonly [number, number]) =>
    spans.push({ key, transport: 'udp', low, high });
  if (sip.enabled) rtp('sip.rtpPorts', sip.rtpPorts);
  if (livekit.sip.enabled) rtp('livekit.sip.rtpPorts', livekit.sip.rtpPorts);
  for (const [index, first] of spans.entries()) {
    for (const second of spans.slice(index + 1)) {
      const overlap = first.low <= second.high && second.low <= first.high;
      if (overlap && first.transport === second.transport) {
        throw new TrunklineError('CONFIG_INVALID', `${first.key} and ${second.key} ask for the same port`);
      }
    }
  }
}
