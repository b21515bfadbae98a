import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodePaths } from '../src/config/paths.ts';
import type { Config } from '../src/config/schema.ts';
import { hostInUri } from './wire/sip_uri.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** GET on a control plane, with its key. */
export type Get = (path: string) => Promise<Response>;

/**
 * The control plane of a configuration's own node, reached from this machine.
 * @throws the file's error when its key can't be read
 */
export function ownApi(config: Config): Get {
  const { host, port } = config.http;
  const reached = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  const key = readFileSync(join(nodePaths(ROOT, config).keys, 'api.key'), 'utf8').trim();
  return path =>
    fetch(`http://${hostInUri(reached)}:${port}${path}`, { headers: { authorization: `Bearer ${key}` } });
}
