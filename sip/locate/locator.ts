import { isIP } from 'node:net';
import { type Clock, SYSTEM_CLOCK } from '../clock.ts';
import { type SipUri, type Uri, uriTransport } from '../message/uri.ts';
import { defaultPort } from '../transport/routing.ts';
import type { Hop, Protocol } from '../transport/transport.ts';
import { type Answer, AnswerCache } from './answer_cache.ts';
import { isDestination } from './destination.ts';
import { FailedHops, hopKey } from './failed_hops.ts';
import { LOCATE_LIMITS } from './limits.ts';
import {
  type AddressFamily,
  type AddressRecord,
  type NaptrRecord,
  type Resolver,
  type SrvRecord,
  SystemResolver,
} from './resolver.ts';
import {
  isLookedUp,
  protocolsOf,
  type Service,
  servicesIn,
  targetOf,
  usualServices,
} from './service_choice.ts';
import { orderServices } from './srv_order.ts';

/**
 * Why a URI leads nowhere: no SIP or SIPS, by a transport that this end does not speak, to a name without servers or an
 * address of no host, or to a name that nobody answers for now.
 */
export type LocateProblem = 'notSip' | 'noTransport' | 'notFound' | 'unanswered';

export interface LocatorOptions {
  /** What this end has listeners for. */
  readonly protocols?: readonly Protocol[];
  /** Families that this end has listeners for, the preferred one first (RFC 7984). */
  readonly families?: readonly AddressFamily[];
  readonly resolver?: Resolver;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/** A server of a URI whose addresses are still to be found. */
interface Server {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
}

/**
 * Finds where a request goes (RFC 3263 §4): transport, port and addresses of a URI, by NAPTR, SRV and address records.
 * Answers are kept for their time to live; hops that failed of late come last.
 */
export class Locator {
  readonly #protocols: readonly Protocol[];
  readonly #families: readonly AddressFamily[];
  readonly #random: () => number;
  readonly #naptr: AnswerCache<NaptrRecord>;
  readonly #srv: AnswerCache<SrvRecord>;
  readonly #addresses: Readonly<Record<AddressFamily, AnswerCache<AddressRecord>>>;
  readonly #failures: FailedHops;
  /** The one longest not led to first. */
  readonly #ledTo = new Set<string>();

  constructor({
    protocols = ['UDP', 'TCP'],
    families = [4],
    resolver = new SystemResolver(),
    clock = SYSTEM_CLOCK,
    random = Math.random,
  }: LocatorOptions = {}) {
    this.#protocols = protocols;
    this.#families = families;
    this.#random = random;
    const addressesOf = (family: AddressFamily) =>
      new AnswerCache(name => resolver.addresses(name, family), clock, shortestTtlS);
    this.#naptr = new AnswerCache(name => resolver.naptr(name), clock);
    this.#srv = new AnswerCache(name => resolver.srv(name), clock);
    this.#addresses = { 4: addressesOf(4), 6: addressesOf(6) };
    this.#failures = new FailedHops(clock);
  }

  /** Hops in the order in which they are to be tried, at least one; or why there is none. Never rejects. */
  async locate(uri: Uri): Promise<readonly Hop[] | LocateProblem> {
    if (uri.kind !== 'sip') return 'notSip';
    const protocols = protocolsOf(uri, this.#protocols);
    const [preferred] = protocols;
    if (preferred === undefined) return 'noTransport';
    const target = targetOf(uri);
    const given: Server = { protocol: preferred, host: target, port: uri.port ?? defaultPort(preferred) };
    if (isIP(target) === 0 && !isLookedUp(target)) return 'notFound';
    // §4.2: a numeric target or a port leaves nothing to services.
    const isServer = isIP(target) !== 0 || uri.port !== undefined;
    const servers = isServer ? [given] : await this.#servers(uri, given, protocols);
    const hops = await this.#hops(servers);
    if (typeof hops === 'string') return hops;
    this.#remember(hops);
    return this.#failures.last(hops);
  }

  /** Whether some URI has led to this address: answers from there are expected. */
  hasLedTo(address: string): boolean {
    return this.#ledTo.has(address);
  }

  /** A hop that gave no answer, or 503: it comes after the others for a while. */
  failed(hop: Hop): void {
    this.#failures.failed(hop);
  }

  /** A hop that is well again. */
  answered(hop: Hop): void {
    this.#failures.answered(hop);
  }

  #remember(hops: readonly Hop[]): void {
    for (const { address } of hops) {
      this.#ledTo.delete(address);
      this.#ledTo.add(address);
    }
    for (const address of this.#ledTo) {
      if (this.#ledTo.size <= LOCATE_LIMITS.knownAddresses) break;
      this.#ledTo.delete(address);
    }
  }

  /** §4.1 and §4.2: what NAPTR names, else the usual services; `given` where there are no SRV records. */
  async #servers(uri: SipUri, given: Server, protocols: readonly Protocol[]): Promise<Server[]> {
    const services = await this.#services(uri, given.host, protocols);
    const answers = await Promise.all(services.map(({ name }) => this.#srv.find(name)));
    const records = answers.map(answer => (answer === 'unanswered' ? [] : answer));
    if (records.every(list => list.length === 0)) return [given];
    const servers = services.flatMap(({ protocol }, at) =>
      orderServices(records[at] ?? [], this.#random).flatMap(record => serverOf(protocol, record)),
    );
    return servers.slice(0, LOCATE_LIMITS.servers);
  }

  async #services(uri: SipUri, target: string, protocols: readonly Protocol[]): Promise<Service[]> {
    const answer = uriTransport(uri) !== undefined ? [] : await this.#naptr.find(target);
    // Many name servers don't answer for kinds of record that they don't know; that is no reason not to call.
    const services = answer === 'unanswered' ? [] : servicesIn(answer, protocols);
    return services.length > 0 ? services : usualServices(target, protocols);
  }

  async #hops(servers: readonly Server[]): Promise<Hop[] | LocateProblem> {
    const answers = await Promise.all(
      servers.flatMap(server => this.#families.map(family => this.#hopsOf(server, family))),
    );
    const found = answers.flatMap(answer => (answer === 'unanswered' ? [] : answer));
    if (found.length > 0)
      return [...new Map(found.map(hop => [hopKey(hop), hop])).values()].slice(0, LOCATE_LIMITS.hops);
    return answers.includes('unanswered') ? 'unanswered' : 'notFound';
  }

  async #hopsOf({ protocol, host, port }: Server, family: AddressFamily): Promise<Answer<Hop>> {
    const numeric = isIP(host);
    if (numeric !== 0)
      return numeric === family && isDestination(host) ? [{ protocol, address: host, port }] : [];
    const answer = await this.#addresses[family].find(host);
    if (answer === 'unanswered') return answer;
    return answer
      .filter(({ address }) => isIP(address) === family && isDestination(address))
      .slice(0, LOCATE_LIMITS.addresses)
      .map(({ address }) => ({ protocol, address, port }));
  }
}

function shortestTtlS(records: readonly AddressRecord[]): number {
  return Math.min(
    ...records.slice(0, LOCATE_LIMITS.addresses).map(({ ttlS }) => ttlS ?? LOCATE_LIMITS.untoldTtlS),
  );
}

/** None where the record says that there is no such service (RFC 2782, "Target"), or makes no sense. */
function serverOf(protocol: Protocol, { name, port }: SrvRecord): Server[] {
  const host = name.toLowerCase().replace(/\.$/, '');
  const isServer = port > 0 && port <= 65_535 && (isIP(host) !== 0 || isLookedUp(host));
  return isServer ? [{ protocol, host, port }] : [];
}
