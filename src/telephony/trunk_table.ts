import { BlockList, isIPv6 } from 'node:net';
import { parseNetwork } from '../config/network.ts';
import type { Config } from '../config/schema.ts';
import { makeTrunk, TRUNK_MOST, type Trunk } from '../config/trunks.ts';
import { fitsPattern, normaliseNumber } from './numbering.ts';

/** A trunk made ready for matching. */
interface TableTrunk extends Trunk {
  readonly allowed: BlockList;
  /** Those of the allowed networks that are small enough to be somebody's. */
  readonly named: BlockList;
}

export type TrunkTable = readonly TableTrunk[];

/** The trunk of a call, with the number called as it is known here; or what is wrong. */
export type TrunkMatch =
  | { readonly kind: 'trunk'; readonly trunk: TableTrunk; readonly number: string }
  /** Nobody that is known: to be told nothing. */
  | { readonly kind: 'unknownAddress' }
  /** To be answered with 404, by a trunk that asks for credentials only to who has them: what numbers there are is a secret. */
  | { readonly kind: 'unknownNumber'; readonly trunk: TableTrunk | undefined };

/** A network of a shorter prefix, such as everybody's, says nothing about who is in it. */
const NAMED_PREFIX_BITS = 8;

/** The trunks of a configuration; without any, the one that `sip.allowedAddresses` and `sip.numbers` describe. */
export function trunkTable({ trunks, sip, workflows }: Config): TrunkTable {
  const named = trunks.length > 0 ? trunks : [defaultTrunk(sip)];
  const common = commonDispatch(workflows);
  return named.map(trunk => makeReady(trunk, common));
}

function makeReady(trunk: Trunk, common: Trunk['dispatch']): TableTrunk {
  const dispatch = [...trunk.dispatch, ...common];
  return {
    ...trunk,
    dispatch,
    allowed: addressList(trunk.allowedAddresses, 0),
    named: addressList(trunk.allowedAddresses, NAMED_PREFIX_BITS),
  };
}

/** It has no limits of its own: those of the node are enough. */
function defaultTrunk({ numbers, allowedAddresses }: Config['sip']): Trunk {
  return makeTrunk({
    name: 'default',
    maxCalls: TRUNK_MOST.calls,
    maxCallsPerSecond: TRUNK_MOST.callsPerSecond,
    allowedAddresses: allowedAddresses.filter(text => parseNetwork(text) !== undefined),
    numbers: numbers.length > 0 ? numbers : ['*'],
  });
}

/** What holds for the numbers of all trunks. */
function commonDispatch({ byNumber, default: fallback }: Config['workflows']): Trunk['dispatch'] {
  const special = Object.entries(byNumber).map(([number, workflow]) => ({ numbers: [number], workflow }));
  return [...special, { numbers: ['*'], workflow: fallback }];
}

function addressList(texts: readonly string[], leastPrefixBits: number): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const network = parseNetwork(text);
    if (network !== undefined && network.prefixBits >= leastPrefixBits)
      list.addSubnet(network.address, network.prefixBits, network.family);
  }
  return list;
}

/**
 * The first inbound trunk that lets the address call and takes the number. An address that may call, but not this
 * number, is told so; any other learns nothing.
 * @param sourceAddress IPv4, IPv6, or IPv4 as a socket of both writes it (::ffff:192.0.2.1)
 * @param dialled user part of the Request-URI, unescaped
 */
export function matchTrunk(table: TrunkTable, sourceAddress: string, dialled: string): TrunkMatch {
  const reachable = table.filter(trunk => isIn(trunk, 'allowed', sourceAddress));
  if (reachable.length === 0) return { kind: 'unknownAddress' };
  for (const trunk of reachable) {
    const number = normaliseNumber(trunk, dialled);
    if (number !== undefined && trunk.numbers.some(pattern => fitsPattern(pattern, number)))
      return { kind: 'trunk', trunk, number };
  }
  return { kind: 'unknownNumber', trunk: reachable.find(({ inboundDigest }) => inboundDigest !== undefined) };
}

/** Whether an inbound trunk names the address itself, or a network that is somebody's, and not everybody's. */
export function isNamed(table: TrunkTable, sourceAddress: string): boolean {
  return table.some(trunk => isIn(trunk, 'named', sourceAddress));
}

function isIn(trunk: TableTrunk, list: 'allowed' | 'named', address: string): boolean {
  return (
    trunk.directions.includes('inbound') && trunk[list].check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  );
}

/** What answers a number on a trunk: the first rule that fits; undefined if none does. */
export function dispatchOf(
  { dispatch }: Pick<Trunk, 'dispatch'>,
  number: string,
): Trunk['dispatch'][number] | undefined {
  return dispatch.find(({ numbers }) => numbers.some(pattern => fitsPattern(pattern, number)));
}
