import { isIPv6, SocketAddress } from 'node:net';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { RtpCodec, RtpRemote, RtpStream } from '../../sip/rtp/rtp_stream.ts';
import type { Codec } from '../../sip/sdp/codec.ts';
import { waysOf } from '../../sip/sdp/direction.ts';
import type { AudioStream } from '../../sip/sdp/session.ts';

/** The audio of a phone call as both ends agreed on it. Plain JSON. */
export interface TrunkStream extends RtpStream {
  /** The far end has put us on hold. */
  readonly held: boolean;
}

/**
 * What a trunk line needs to know of a stream.
 * @throws RangeError when it is in a codec that is not one of G.711 and G.722
 */
export function trunkStreamOf(stream: AudioStream): TrunkStream {
  return {
    ...waysOf(stream.direction),
    remote: remoteOf(stream),
    held: stream.held,
    codec: carriedCodec(stream.sendCodec),
    sendPayloadType: stream.sendPayloadType,
    receive: stream.receive.map(({ payloadType, codec }) => ({ payloadType, codec: carriedCodec(codec) })),
    sendEvents: stream.sendEvents ?? null,
    receiveEvents: stream.receiveEvents,
    ptimeMs: stream.ptimeMs,
  };
}

/**
 * The rate at which a call's pipeline is to run: its codec's. Before an answer to our own offer that is not known, and
 * 8 kHz is what nearly every trunk comes to; should it be another, the line converts.
 */
export function rateOf(stream: TrunkStream | null): PipelineRateHz {
  return stream?.codec === 'G722' ? 16_000 : 8000;
}

/** Reports to another host than the audio are not sent: only the audio's host is believed. */
function remoteOf({ remote }: AudioStream): RtpRemote | null {
  if (remote === undefined) return null;
  const { rtp, rtcp } = remote;
  return {
    host: asSystemWrites(rtp.address),
    rtpPort: rtp.port,
    rtcpPort: rtcp?.address === rtp.address ? rtcp.port : null,
  };
}

/** IPv6 can be written in many ways; where packets come from is told in one. */
function asSystemWrites(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

function carriedCodec({ name }: Codec): RtpCodec {
  if (name === 'opus') throw new RangeError('no trunk line carries Opus');
  return name;
}
