import { RtpSession, type RtpSessionOptions, type RtpWire } from '../../../sip/rtp/rtp_session.ts';
import type { RtpStream } from '../../../sip/rtp/rtp_stream.ts';
import { SendSpread } from '../../../sip/rtp/send_spread.ts';
import { createRandom } from './random.ts';

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly host: string;
  readonly port: number;
}

/** Notes what is sent. */
export class NotingWire implements RtpWire {
  readonly rtp: Datagram[] = [];
  readonly rtcp: Datagram[] = [];
  /** Whom it was told to hear. */
  readonly ears: string[] = [];

  sendRtp(packet: Uint8Array, host: string, port: number): void {
    this.rtp.push({ bytes: packet.slice(), host, port });
  }

  hearOnly(host: string, port: number): void {
    this.ears.push(`${host} ${port}`);
  }

  hearAll(): void {
    this.ears.push('all');
  }

  sendRtcp(packet: Uint8Array, host: string, port: number): void {
    this.rtcp.push({ bytes: packet, host, port });
  }
}

/** Payload bytes are samples of 8 bits; silence for what is missing. */
const BYTE_CODEC: RtpSessionOptions['codecs'] = {
  rateHz: 8000,
  clockRateHz: 8000,
  samplesIn: (_codec, payloadBytes) => payloadBytes,
  decode: (_codec, bytes, start, length, pcm, at) => {
    for (let i = 0; i < length; i += 1) pcm[at + i] = ((bytes[start + i]! << 24) >> 24) / 128;
    return length;
  },
  conceal: (pcm, at, samples) => {
    pcm.fill(0, at, at + samples);
  },
  restart: () => {},
  encode: (_codec, samples, bytes, at) => {
    for (let i = 0; i < samples.length; i += 1) bytes[at + i] = samples[i]! * 128;
    return samples.length;
  },
};

export const FAR_HOST = '192.0.2.1';
export const FAR_PORT = 4_000;

/** µ-law and keys both ways with the far end. */
export const STREAM: RtpStream = {
  remote: { host: FAR_HOST, rtpPort: FAR_PORT, rtcpPort: FAR_PORT + 1 },
  sends: true,
  receives: true,
  codec: 'PCMU',
  sendPayloadType: 0,
  receive: [{ payloadType: 0, codec: 'PCMU' }],
  sendEvents: { payloadType: 101, clockHz: 8000 },
  receiveEvents: [{ payloadType: 101, clockHz: 8000 }],
  ptimeMs: 20,
};

/** A session with a far end, and the wire that it sends to. */
export function createSession(
  changes: Partial<RtpSessionOptions> = {},
  agreed: Partial<RtpStream> = {},
): {
  session: RtpSession;
  wire: NotingWire;
  spread: SendSpread;
} {
  const wire = new NotingWire();
  const spread = new SendSpread();
  const session = new RtpSession({
    codecs: BYTE_CODEC,
    wire,
    spread,
    cname: 'call',
    epochMs: 1_700_000_000_000,
    random: createRandom(12),
    onKey: () => {},
    ...changes,
  });
  session.agree({ ...STREAM, ...agreed });
  return { session, wire, spread };
}
