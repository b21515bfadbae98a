import { isIP } from 'node:net';
import { TrunklineError } from '../../config/errors.ts';
import { isPublicAddress } from '../../config/public_address.ts';
import type { LoadedFlow } from '../load.ts';
import type { ToolSpec } from '../tool_schema.ts';
import { urlParts } from '../tool_url.ts';

/** `public`: where every address that its name has is one of the open internet. */
export type Reached = 'yes' | 'public' | 'no';

interface ReachParts {
  /** `host`, `host:port` or `*.domain`; `public` stands for all of the open internet. */
  readonly hosts: readonly string[];
  /** The workflows folder, where what its files name is trusted; else nothing. */
  readonly trusted: Iterable<LoadedFlow>;
}

/** Where tools may go. Whoever has a key of the API could reach what is inside by a version of theirs, else. */
export class ToolReach {
  readonly #hosts: readonly string[];
  readonly #trusted: ReadonlySet<string>;

  constructor({ hosts, trusted }: ReachParts) {
    this.#hosts = hosts;
    this.#trusted = new Set(
      [...trusted].flatMap(flow => Object.values(flow.document.tools).flatMap(originOf)),
    );
  }

  of(url: URL): Reached {
    if (this.#trusted.has(url.origin) || this.#hosts.some(host => isNamed(url, host))) return 'yes';
    if (!this.#hosts.includes('public')) return 'no';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) return isPublicAddress(host) ? 'yes' : 'no';
    return /(^|\.)localhost\.?$/.test(host) ? 'no' : 'public';
  }
}

/** @throws TrunklineError WORKFLOW_INVALID naming a tool that goes where it may not */
export function assertWithinReach({ name, document }: LoadedFlow, reach: ToolReach): void {
  for (const [tool, spec] of Object.entries(document.tools)) {
    if (originOf(spec).every(origin => reach.of(new URL(origin)) !== 'no')) continue;
    const what = 'its server is not among workflows.toolHosts of the configuration';
    throw new TrunklineError('WORKFLOW_INVALID', `${name}.yaml: tools.${tool}: ${what}`);
  }
}

function originOf({ http, webhook }: ToolSpec): readonly string[] {
  const origin = urlParts((http ?? webhook)?.url ?? '')?.origin;
  return origin === undefined ? [] : [origin];
}

function isNamed({ hostname, host, protocol, port }: URL, named: string): boolean {
  if (named.startsWith('*.')) return hostname.endsWith(named.slice(1));
  if (named === hostname || named === host) return true;
  return port === '' && named === `${hostname}:${protocol === 'https:' ? 443 : 80}`;
}
