import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** A SIP URI (RFC 3261 §19.1) in the parts that decide where a request goes. */
export interface SipUri {
  readonly user: string;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly looseRouting: boolean;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 5060;
const MAX_LENGTH = 1024;
const PATTERN =
  /^(sips?):(?:([^@\s<>"]*)@)?(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?((?:;[^?\s<>"]*)?)(?:\?\S*)?$/i;

/**
 * @throws Error in a sentence, for what is no SIP URI and for transports other than UDP
 */
export function parseSipUri(text: string): SipUri {
  const match = text.length > MAX_LENGTH ? null : PATTERN.exec(text);
  if (match === null) throw new Error('not a SIP URI: sip:USER@HOST[:PORT] is needed');
  const [, scheme, user = '', host, portText, parameters = ''] = match;
  const transport = /;transport=([^;]*)/i.exec(parameters)?.[1]?.toLowerCase() ?? 'udp';
  if (scheme!.toLowerCase() === 'sips' || transport !== 'udp')
    throw new Error('only SIP over UDP is spoken here');
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (port < 1 || port > 65535) throw new Error(`no such port: ${port}`);
  return {
    user: user.split(':')[0]!,
    host: host!.replace(/^\[|\]$/g, ''),
    port,
    looseRouting: /;lr(?:;|=|$)/i.test(parameters),
  };
}

/** Host and port of a URI, names looked up as A or AAAA records. */
export async function resolveUri({ host, port }: SipUri): Promise<Address> {
  if (isIP(host) !== 0) return { host, port };
  const { address } = await lookup(host);
  return { host: address, port };
}

/** The address of ours from which the far end is reached. */
export async function localAddressFor(remote: Address): Promise<string> {
  const socket = createSocket(isIP(remote.host) === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(remote.port, remote.host, resolve);
    });
    return socket.address().address;
  } finally {
    socket.close();
  }
}

/** A host as it stands in a URI or Via: IPv6 in brackets. */
export function hostInUri(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
