import { isIP } from 'node:net';
import { parse, write } from 'sdp-transform';
import { CODECS, type Codec, codecNamed } from './codec.ts';
import { PACKET_MS } from './rtp_sender.ts';
import type { RtpMedia } from './rtp_session.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface LocalMedia {
  readonly host: string;
  readonly port: number;
  /** In order of preference. */
  readonly codecs: readonly Codec[];
  readonly sessionId: number;
  readonly version: number;
  readonly direction: Direction;
}

export interface RemoteMedia extends RtpMedia {
  /** As the far end says it: `sendonly` means that it does not listen. */
  readonly direction: Direction;
}

/** A description that no call can be held with; the message says why. */
export class SdpError extends Error {
  override readonly name = 'SdpError';
}

const EVENT_PAYLOAD_TYPE = 101;
const EVENT_CODEC = 'telephone-event';
const MAX_MEDIA = 16;

/** One audio stream with telephone events: an offer, or the answer to one (RFC 8866, RFC 3264, RFC 3551). */
export function formatSdp(local: LocalMedia): string {
  const ipVer = isIP(local.host) === 6 ? 6 : 4;
  const payloadTypes = [...local.codecs.map(codec => codec.payloadType), EVENT_PAYLOAD_TYPE];
  return write({
    version: 0,
    origin: {
      username: '-',
      sessionId: local.sessionId,
      sessionVersion: local.version,
      netType: 'IN',
      ipVer,
      address: local.host,
    },
    name: '-',
    connection: { version: ipVer, ip: local.host },
    timing: { start: 0, stop: 0 },
    media: [
      {
        type: 'audio',
        port: local.port,
        protocol: 'RTP/AVP',
        payloads: payloadTypes.join(' '),
        rtp: [
          ...local.codecs.map(({ payloadType, name }) => ({ payload: payloadType, codec: name, rate: 8000 })),
          { payload: EVENT_PAYLOAD_TYPE, codec: EVENT_CODEC, rate: 8000 },
        ],
        fmtp: [{ payload: EVENT_PAYLOAD_TYPE, config: '0-15' }],
        ptime: PACKET_MS,
        direction: local.direction,
      },
    ],
  });
}

/**
 * What the far end's description says about the audio: where to send it and in which of the codecs.
 * @throws SdpError when it holds no usable audio
 */
export function readSdp(text: string, codecs: readonly Codec[]): RemoteMedia {
  if (!/^v=0\r?$/m.test(text)) throw new SdpError('the far end sent no session description');
  const session = parse(text);
  if (session.media.length > MAX_MEDIA) throw new SdpError(`more than ${MAX_MEDIA} media streams`);
  const audio = session.media.find(({ type, port }) => type === 'audio' && port !== 0);
  if (audio === undefined) throw new SdpError('the far end takes no audio');
  if (!/^RTP\/AVPF?$/.test(audio.protocol)) throw new SdpError('the far end wants other than plain RTP');
  if (!Number.isInteger(audio.port) || audio.port < 1 || audio.port > 65535) {
    throw new SdpError('the far end names no valid port');
  }
  const host = (audio.connection ?? session.connection)?.ip ?? '';
  if (isIP(host) === 0 || isMulticast(host)) throw new SdpError('the far end names no unicast address');
  const onHold = host === '0.0.0.0' || host === '::';
  return {
    codec: chooseCodec(audio, codecs),
    eventPayloadType: findEvents(audio),
    remote: { host, port: audio.port },
    direction: onHold ? 'sendonly' : readDirection(audio.direction ?? session.direction),
  };
}

/** The other side's view of a direction (RFC 3264 §6.1). */
export function mirrored(direction: Direction): Direction {
  if (direction === 'sendonly') return 'recvonly';
  if (direction === 'recvonly') return 'sendonly';
  return direction;
}

type Audio = ReturnType<typeof parse>['media'][number];

/** The far end's order decides, since its answer is in its order of preference (RFC 3264 §6.1). */
function chooseCodec(audio: Audio, codecs: readonly Codec[]): Codec {
  for (const text of String(audio.payloads ?? '').split(' ')) {
    const payloadType = Number(text);
    const mapped = audio.rtp.find(({ payload }) => payload === payloadType);
    const codec =
      mapped === undefined
        ? Object.values(CODECS).find(known => known.payloadType === payloadType)
        : codecNamed(mapped.codec);
    if (codec !== undefined && codec.payloadType === payloadType && codecs.includes(codec)) return codec;
  }
  throw new SdpError(`the far end speaks none of ${codecs.map(({ name }) => name).join(', ')}`);
}

function findEvents(audio: Audio): number | undefined {
  const events = audio.rtp.find(({ codec, rate }) => codec.toLowerCase() === EVENT_CODEC && rate === 8000);
  return events !== undefined && events.payload >= 96 && events.payload <= 127 ? events.payload : undefined;
}

function readDirection(text: string | undefined): Direction {
  return text === 'sendonly' || text === 'recvonly' || text === 'inactive' ? text : 'sendrecv';
}

function isMulticast(host: string): boolean {
  const first = Number(host.split('.')[0]);
  return host.includes(':') ? /^ff/i.test(host) : first >= 224;
}
