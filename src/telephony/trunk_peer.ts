import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../sip/clock.ts';
import type { Credentials } from '../../sip/digest/algorithm.ts';
import { DigestClient } from '../../sip/digest/client.ts';
import { OptionsProbe } from '../../sip/health/options_probe.ts';
import { nextHopUri } from '../../sip/locate/next_hop.ts';
import type { RegistrarAccess } from '../../sip/registration/registrar_client.ts';
import { type Binding, Registration, type RegistrationFailure } from '../../sip/registration/registration.ts';
import type { Hop } from '../../sip/transport/transport.ts';
import { TrunklineError } from '../config/errors.ts';
import { readSecret } from '../config/secrets.ts';
import type { Trunk } from '../config/trunks.ts';
import {
  addressAt,
  type OutboundCall,
  type OutboundTarget,
  outboundTargets,
  proxyRoutes,
  sipUriOf,
} from './outbound_target.ts';

/** What is heard of the far ends of trunks; a gateway by its place in the trunk's list. */
interface TrunkPeerEvents {
  registered?(trunk: string, binding: Binding): void;
  notRegistered?(trunk: string, failure: RegistrationFailure): void;
  gatewayChanged?(trunk: string, gateway: number, isUp: boolean): void;
}

export interface TrunkPeerParts {
  readonly access: RegistrarAccess;
  readonly events: TrunkPeerEvents;
  /** What file names of secrets are relative to. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** One way to place a call, ready to be sent. */
export interface OutboundAttempt extends OutboundTarget {
  readonly hops: readonly [Hop, ...Hop[]];
  /** Answers challenges; shared by all calls of the gateway, for nonces are counted. */
  readonly digest: DigestClient;
}

/** The far end of one trunk: where it is registered, which gateways are there, and how calls get to it. */
export class TrunkPeer {
  readonly #trunk: Trunk;
  readonly #access: RegistrarAccess;
  readonly #credentials: Credentials | undefined;
  readonly #registration: Registration | undefined;
  readonly #probes: ReadonlyMap<string, OptionsProbe>;
  readonly #digests: ReadonlyMap<string, DigestClient>;

  /** Sends nothing before `start`. @throws TrunklineError CONFIG_INVALID when the password is not there */
  constructor(trunk: Trunk, parts: TrunkPeerParts) {
    this.#trunk = trunk;
    this.#access = parts.access;
    this.#credentials = credentialsOf(trunk, parts);
    this.#registration = registrationOf(trunk, this.credentialsFor, parts);
    this.#probes = new Map(trunk.optionsEveryS === 0 ? [] : probesOf(trunk, parts));
    this.#digests = new Map(trunk.gateways.map(gateway => [gateway, new DigestClient(this.credentialsFor)]));
  }

  get name(): string {
    return this.#trunk.name;
  }

  /** The registrar's word; `undefined` where this trunk is not registered, now or ever. */
  get binding(): Binding | undefined {
    return this.#registration?.binding;
  }

  /** Whether a gateway answers, as far as is known. */
  isUp(gateway: string): boolean {
    return this.#probes.get(gateway)?.isUp ?? true;
  }

  start(): void {
    this.#registration?.start();
    for (const probe of this.#probes.values()) probe.start();
  }

  /** Resolves when the registrar has taken its binding back, or has had the time to. */
  async end(): Promise<void> {
    for (const probe of this.#probes.values()) probe.end();
    await this.#registration?.end();
  }

  /** Whether the other is the same far end, reached in the same way. */
  isLike(other: TrunkPeer): boolean {
    return (
      isDeepStrictEqual(farEndOf(this.#trunk), farEndOf(other.#trunk)) &&
      isDeepStrictEqual(this.#credentials, other.#credentials)
    );
  }

  /**
   * The ways to place a call, in the order in which they are to be tried; at least one.
   * @throws TrunklineError BAD_REQUEST for what is no number or a trunk that calls nobody; LINE_FAILED when no gateway's
   * name leads anywhere
   */
  async route(call: OutboundCall): Promise<[OutboundAttempt, ...OutboundAttempt[]]> {
    const { name, directions } = this.#trunk;
    if (!directions.includes('outbound'))
      throw new TrunklineError('BAD_REQUEST', `trunk ${name} places no calls`);
    const targets = outboundTargets(this.#trunk, call, {
      isUp: gateway => this.isUp(gateway),
      serviceRoutes: this.binding?.serviceRoutes ?? [],
    });
    const located = await Promise.all(targets.map(target => this.#attempt(target)));
    const [first, ...others] = located.filter(attempt => attempt !== undefined);
    if (first === undefined)
      throw new TrunklineError('LINE_FAILED', `no gateway of trunk ${name} can be found`);
    return [first, ...others];
  }

  async #attempt(target: OutboundTarget): Promise<OutboundAttempt | undefined> {
    const located = await this.#access.locator.locate(nextHopUri(target.target, target.routes));
    const digest = this.#digests.get(target.gateway);
    if (typeof located === 'string' || digest === undefined) return undefined;
    const [first, ...others] = located;
    return first && { ...target, hops: [first, ...others], digest };
  }

  /** What is proven to a far end of this realm. */
  readonly credentialsFor = (realm: string): Credentials | undefined => {
    const expected = this.#trunk.outboundDigest?.realm ?? '';
    return expected === '' || expected === realm ? this.#credentials : undefined;
  };
}

/** What of a trunk is about its far end. */
function farEndOf(trunk: Trunk) {
  const { name, directions, register, outboundDigest, outboundProxy, gateways, optionsEveryS } = trunk;
  return { name, directions, register, outboundDigest, outboundProxy, gateways, optionsEveryS };
}

function credentialsOf({ outboundDigest }: Trunk, { folder, env }: TrunkPeerParts): Credentials | undefined {
  if (outboundDigest === undefined) return undefined;
  const { user, passwordEnv, passwordFile } = outboundDigest;
  return { user, password: readSecret({ variable: passwordEnv, file: passwordFile }, folder, env) };
}

function registrationOf(
  trunk: Trunk,
  credentialsFor: (realm: string) => Credentials | undefined,
  { access, events, clock, random }: TrunkPeerParts,
): Registration | undefined {
  const { name, register } = trunk;
  if (register === undefined) return undefined;
  const addressOfRecord = sipUriOf(register.addressOfRecord);
  return new Registration({
    account: {
      registrar: sipUriOf(register.registrar),
      addressOfRecord,
      contactUser: register.contactUser || (addressOfRecord.user ?? ''),
      expiresS: register.expiresS,
      routes: proxyRoutes(trunk),
      credentialsFor,
    },
    access,
    events: {
      registered: binding => events.registered?.(name, binding),
      failed: failure => events.notRegistered?.(name, failure),
    },
    ...(clock && { clock }),
    ...(random && { random }),
  });
}

function probesOf(
  trunk: Trunk,
  { access: { requester, locator }, events, clock, random }: TrunkPeerParts,
): [gateway: string, probe: OptionsProbe][] {
  return trunk.gateways.map((gateway, place) => {
    const target = sipUriOf(gateway);
    const probe = new OptionsProbe({
      target,
      from: addressAt(target.host, 'trunkline'),
      routes: proxyRoutes(trunk),
      everyMs: 1000 * trunk.optionsEveryS,
      requester,
      locator,
      changed: isUp => events.gatewayChanged?.(trunk.name, place, isUp),
      ...(clock && { clock }),
      ...(random && { random }),
    });
    return [gateway, probe];
  });
}
