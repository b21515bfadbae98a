import { Resolver as DnsClient, lookup } from 'node:dns/promises';
import { LOCATE_LIMITS } from './limits.ts';

export type AddressFamily = 4 | 6;

/** NAPTR record (RFC 3403 §4.1). */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** SRV record (RFC 2782). */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** `.`, or nothing, says that there is no such service. */
  readonly name: string;
}

/** A or AAAA record. */
export interface AddressRecord {
  readonly address: string;
  /** `undefined` where it is not told. */
  readonly ttlS: number | undefined;
}

/** Who answers for names. Each gives an empty list when the name has none, and rejects when there was no answer. */
export interface Resolver {
  naptr(name: string): Promise<readonly NaptrRecord[]>;
  srv(name: string): Promise<readonly SrvRecord[]>;
  addresses(name: string, family: AddressFamily): Promise<readonly AddressRecord[]>;
}

/** The machine's name servers; for addresses also what else it knows names by, such as its hosts file. */
export class SystemResolver implements Resolver {
  readonly #dns: DnsClient;

  /** @param servers `address:port` of name servers; the machine's own when left out */
  constructor(servers?: readonly string[]) {
    this.#dns = new DnsClient({ timeout: LOCATE_LIMITS.queryMs, tries: LOCATE_LIMITS.queryTries });
    if (servers !== undefined) this.#dns.setServers(servers);
  }

  naptr(name: string): Promise<readonly NaptrRecord[]> {
    return this.#dns.resolveNaptr(name).catch(noneIfAbsent);
  }

  srv(name: string): Promise<readonly SrvRecord[]> {
    return this.#dns.resolveSrv(name).catch(noneIfAbsent);
  }

  async addresses(name: string, family: AddressFamily): Promise<readonly AddressRecord[]> {
    const options = { ttl: true } as const;
    const asked = family === 4 ? this.#dns.resolve4(name, options) : this.#dns.resolve6(name, options);
    const found = await asked.catch(() => []);
    if (found.length > 0) return found.map(({ address, ttl }) => ({ address, ttlS: ttl }));
    const known = await lookup(name, { family, all: true }).catch(noneIfAbsent);
    return known.map(({ address }) => ({ address, ttlS: undefined }));
  }
}

/** Name servers say so of a name without records, and of one that is not there. */
const ABSENT = new Set(['ENODATA', 'ENOTFOUND']);

function noneIfAbsent(error: NodeJS.ErrnoException): [] {
  if (ABSENT.has(error.code ?? '')) return [];
  throw error;
}
