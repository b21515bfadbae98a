import { relative } from 'node:path';
import type { IntegrationState } from '../config/integration_access.ts';
import type { ProviderState } from '../config/provider_access.ts';
import type { Config } from '../config/schema.ts';
import type { RunningNode } from './bring_up.ts';
import { providerRows } from './provider_lines.ts';
import { connectHost, urlHost } from './services/address.ts';

/** What listens where, how to call, and who hears, thinks and speaks. */
export function summaryLines(
  { config, paths, keys }: Pick<RunningNode, 'config' | 'paths' | 'keys'>,
  providers: readonly ProviderState[],
  integrations: readonly IntegrationState[] = [],
): string[] {
  const { http, redis, postgres, livekit, sip } = config;
  const httpUrl = `http://${urlHost(connectHost(http.host))}:${http.port}`;
  const rows: (readonly [string, string])[] = [];
  const number = sip.numbers[0] ?? '+15550100';
  const called = ({ host, port }: Pick<Config['sip'], 'host' | 'port'>): string =>
    `sip:${number}@${urlHost(connectHost(host))}:${port}`;
  if (sip.enabled) rows.push(['phone', `${called(sip)}   (npm run call dials it)`]);
  if (livekit.sip.enabled) rows.push(['', `${called(livekit.sip)}   (through livekit-sip)`]);
  if (livekit.enabled) rows.push(['browser', `${httpUrl}/   (asks for the key)`]);
  rows.push(['REST', `${httpUrl}/api/calls   (Authorization: Bearer KEY; ${httpUrl}/openapi.json)`]);
  rows.push(['key', shown(keys.apiKeyFile)]);
  if (livekit.enabled) rows.push(['LiveKit', livekit.url]);
  rows.push(['Postgres', endpoint(postgres.url)], ['Redis', endpoint(redis.url)]);
  rows.push(...providerRows(providers), ...integrationRows(integrations));
  rows.push(['logs', `${shown(paths.logs)}/`]);
  return rows.map(([name, text]) => `  ${name.padEnd(9)} ${text}`);
}

/** Whose systems tools may use, and which of them are off, and why. */
function integrationRows(states: readonly IntegrationState[]): readonly (readonly [string, string])[] {
  const named = states.map(({ adapter, account, off }) => {
    const name = account === 'default' ? adapter : `${adapter}.${account}`;
    return off === undefined ? name : `${name} (off: ${off})`;
  });
  return named.length === 0 ? [] : [['uses', named.join(', ')]];
}

/** Short where it lies below the folder that the reader is in. */
function shown(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith('..') ? file : short;
}

/** Host and port of a URL, without what it carries of secrets. */
function endpoint(url: string): string {
  return new URL(url).host;
}
