import { isIP } from 'node:net';
import type { Capabilities } from './capabilities.ts';
import { type Codec, carriesKeys, codecOf, type Format, staticCodec } from './codec.ts';
import type { Connection, Direction, MediaDescription, SessionDescription } from './description.ts';
import { directionOf, waysOf } from './direction.ts';
import { SdpRejection } from './rejection.ts';

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Telephone events one way (RFC 4733). */
export interface EventFormat {
  readonly payloadType: number;
  readonly clockHz: number;
}

/** Where a far end hears; no RTCP where it has no port for it. */
export interface RemoteEndpoints {
  readonly rtp: Endpoint;
  readonly rtcp: Endpoint | undefined;
}

/** One m= line for audio, understood. */
export interface RemoteAudio {
  readonly family: 4 | 6;
  /** Undefined where it hears nothing. */
  readonly endpoints: RemoteEndpoints | undefined;
  /** As the far end says it of itself, a hold by address made plain. */
  readonly direction: Direction;
  /** In its order, without those that nobody can tell the meaning of. */
  readonly formats: readonly Format[];
  readonly ptimeMs: number | undefined;
  readonly maxPtimeMs: number | undefined;
}

/**
 * Reads an m= line for audio that is not refused.
 * @param agreed formats that may be meant by numbers without rtpmap
 * @throws SdpRejection when no plain RTP can be exchanged with it
 */
export function readRemoteAudio(
  session: SessionDescription,
  media: MediaDescription,
  agreed: readonly Format[] = [],
): RemoteAudio {
  checkTransport(media);
  const connection = media.connection ?? session.connection;
  if (connection === undefined) throw new SdpRejection('malformed', 'no c= line');
  const problem = addressProblem(connection);
  if (problem !== undefined) throw problem;
  const { family, address } = connection;
  const deaf = isDeaf(address);
  const said = media.direction ?? session.direction ?? 'sendrecv';
  return {
    family,
    endpoints: deaf ? undefined : endpointsOf(media, address),
    direction: deaf ? directionOf({ ...waysOf(said), receives: false }) : said,
    formats: media.formats.flatMap(format => readFormat(media, format, agreed) ?? []),
    ptimeMs: media.ptimeMs,
    maxPtimeMs: media.maxPtimeMs,
  };
}

/** The first format that means the codec. */
export function findFormat(formats: readonly Format[], wanted: Codec): Format | undefined {
  return formats.find(format => codecOf(format) === wanted);
}

/** Events with the clock of the codec, as one stream needs them (RFC 4733 §2.1), else any that are understood. */
export function chooseEvents(
  formats: readonly Format[],
  { clockHz }: Codec,
  { eventClocksHz }: Capabilities,
): EventFormat | undefined {
  const usable = formats.filter(format => carriesKeys(format) && eventClocksHz.includes(format.clockHz));
  const chosen = usable.find(format => format.clockHz === clockHz) ?? usable[0];
  return chosen && { payloadType: chosen.payloadType, clockHz: chosen.clockHz };
}

function checkTransport({ protocol, portCount }: MediaDescription): void {
  const name = protocol.toUpperCase();
  if (name.includes('SAVP')) throw new SdpRejection('encrypted', 'media only encrypted');
  if (name !== 'RTP/AVP' && name !== 'RTP/AVPF')
    throw new SdpRejection('transport', 'media not over RTP/AVP');
  if (portCount !== 1) throw new SdpRejection('transport', 'media over several ports');
}

function addressProblem({ family, address }: Connection): SdpRejection | undefined {
  const actual = isIP(address);
  if (actual === 0) return new SdpRejection('address', 'no IP address');
  if (actual !== family) return new SdpRejection('contradiction', 'an address of the other family');
  return address.includes('%') || isGroup(family, address)
    ? new SdpRejection('address', 'no address of one host')
    : undefined;
}

/** 0.0.0.0 and ::, however written, hear nothing (RFC 3264 §8.4). */
function isDeaf(address: string): boolean {
  return address === '0.0.0.0' || /^[0:]+$/.test(address);
}

/** Multicast, reserved and broadcast addresses. */
function isGroup(family: 4 | 6, address: string): boolean {
  return family === 6 ? /^ff/i.test(address) : Number.parseInt(address, 10) >= 224;
}

/** RTCP goes to the next port if nothing else is said (RFC 3550 §11, RFC 3605); sharing one port is not answered. */
function endpointsOf({ port, rtcp }: MediaDescription, address: string): RemoteEndpoints {
  const rtp = { address, port };
  if (rtcp !== undefined) {
    const { connection } = rtcp;
    const elsewhere = connection && !addressProblem(connection) && !isDeaf(connection.address);
    const said = { address: elsewhere ? connection.address : address, port: rtcp.port };
    if (said.port !== port || said.address !== address) return { rtp, rtcp: said };
  }
  return { rtp, rtcp: port < 65535 ? { address, port: port + 1 } : undefined };
}

/** What a number of the m= line means; an rtpmap that makes another codec of 0, 8 or 9 can't be trusted either way. */
function readFormat(media: MediaDescription, format: string, agreed: readonly Format[]): Format | undefined {
  if (!/^\d{1,3}$/.test(format) || Number(format) > 127) return undefined;
  const payloadType = Number(format);
  const fmtp = media.fmtp[format];
  const fixed = staticCodec(payloadType);
  const map = media.rtpmaps.find(candidate => candidate.payloadType === payloadType);
  if (map !== undefined) {
    const { encoding, clockHz, channels } = map;
    const read = { payloadType, encoding, clockHz, channels, fmtp };
    return fixed === undefined || codecOf(read) === fixed ? read : undefined;
  }
  if (fixed !== undefined) {
    const { name, clockHz, channels } = fixed;
    return { payloadType, encoding: name, clockHz, channels, fmtp };
  }
  return agreed.find(known => known.payloadType === payloadType);
}
