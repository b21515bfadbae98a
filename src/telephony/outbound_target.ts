import type { NameAddr } from '../../sip/message/name_addr.ts';
import { escapeUser, parseUri, type SipUri } from '../../sip/message/uri.ts';
import { sameUri } from '../../sip/message/uri_compare.ts';
import { TrunklineError } from '../config/errors.ts';
import type { Trunk } from '../config/trunks.ts';

/** A call that is to be placed. */
export interface OutboundCall {
  /** Called number as the far end wants it, such as E.164 with its +. */
  readonly number: string;
  /** Number that the callee sees; that of the account, or none, when left out. */
  readonly callerNumber?: string;
}

/** One way to place it: what the INVITE says (RFC 3261 §8.1.1). */
export interface OutboundTarget {
  /** As configured. */
  readonly gateway: string;
  readonly target: SipUri;
  readonly from: NameAddr;
  /** Preloaded routes: the outbound proxy, then the registrar's Service-Route (RFC 3608 §6.1). */
  readonly routes: readonly NameAddr[];
}

/** What is known of a trunk's far end beyond its configuration. */
export interface PeerState {
  readonly isUp: (gateway: string) => boolean;
  readonly serviceRoutes: readonly NameAddr[];
}

const NUMBER = /^\+?\d{1,15}$|^[\d*#]{1,15}$/;

/** Whose call it is when nobody is named (RFC 3323 §4.1.1.3). */
const ANONYMOUS: NameAddr = { displayName: 'Anonymous', ...addressAt('anonymous.invalid', 'anonymous') };

/**
 * The ways to place a call by a trunk, in the order in which they are tried: gateways as configured, those that are down
 * last.
 * @throws TrunklineError BAD_REQUEST for what is no number
 */
export function outboundTargets(trunk: Trunk, call: OutboundCall, state: PeerState): OutboundTarget[] {
  refuseOdd(call.number);
  if (call.callerNumber !== undefined) refuseOdd(call.callerNumber);
  const up = trunk.gateways.filter(gateway => state.isUp(gateway));
  const down = trunk.gateways.filter(gateway => !state.isUp(gateway));
  const routes = withServiceRoutes(proxyRoutes(trunk), state.serviceRoutes);
  return [...up, ...down].map(gateway => {
    const host = sipUriOf(gateway);
    const from = callerOf(trunk, call, host);
    return { gateway, target: { ...host, user: escapeUser(call.number) }, from, routes };
  });
}

/** @throws TrunklineError for what can't be called: neither digits, with + or without, nor what a telephone has keys for */
export function refuseOdd(number: string): void {
  if (!NUMBER.test(number)) throw new TrunklineError('BAD_REQUEST', 'a number to call is as in +15550100');
}

/** The outbound proxy as a loose route; none where none is configured. */
export function proxyRoutes({ outboundProxy }: Pick<Trunk, 'outboundProxy'>): NameAddr[] {
  if (outboundProxy === '') return [];
  const uri = sipUriOf(outboundProxy);
  return [{ uri: { ...uri, params: [...uri.params, { name: 'lr', value: undefined }] }, params: [] }];
}

/** A registrar that knows the proxy may name it itself, and it need not be visited twice. */
function withServiceRoutes(
  proxy: readonly NameAddr[],
  serviceRoutes: readonly NameAddr[],
): readonly NameAddr[] {
  const [own] = proxy;
  const [first] = serviceRoutes;
  const isNamed = own !== undefined && first !== undefined && sameUri(own.uri, first.uri);
  return isNamed ? serviceRoutes : [...proxy, ...serviceRoutes];
}

/** Who calls: by the account's domain where there is one, else by the gateway's own. */
function callerOf(
  { register, outboundDigest }: Trunk,
  { callerNumber }: OutboundCall,
  gateway: SipUri,
): NameAddr {
  const account = register && sipUriOf(register.addressOfRecord);
  const user = callerNumber ?? account?.user ?? outboundDigest?.user;
  return user === undefined ? ANONYMOUS : addressAt((account ?? gateway).host, user);
}

/** A user of a domain, as it stands in From; `user` is any text. */
export function addressAt(host: string, user: string): NameAddr {
  const uri: SipUri = { kind: 'sip', scheme: 'sip', user: escapeUser(user), host, params: [], headers: [] };
  return { uri, params: [] };
}

/**
 * A SIP URI of the configuration.
 * @throws TrunklineError CONFIG_INVALID for one that only looks so, such as with a port of 99999
 */
export function sipUriOf(text: string): SipUri {
  const uri = parseUri(text);
  if (uri?.kind !== 'sip') throw new TrunklineError('CONFIG_INVALID', 'a trunk names what is no SIP URI');
  return uri;
}
