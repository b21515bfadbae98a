import { isIP } from 'node:net';
import { type Codec, codecNamed } from '../wire/codec.ts';
import { PACKET_MS } from '../wire/rtp_sender.ts';
import { type Direction, mirrored } from '../wire/sdp.ts';

export interface Described {
  readonly host: string;
  readonly port: number;
  readonly codecs: readonly Codec[];
  readonly direction: Direction;
  /** Counts up with each change of the session (RFC 3264 §8). */
  readonly version: number;
}

/** What the far end's description asks of us. */
export interface AgreedMedia {
  readonly host: string;
  readonly port: number;
  readonly codec: Codec;
  readonly eventPayloadType: number | undefined;
  /** Whether it wants to hear us, and whether it will send. */
  readonly listens: boolean;
  readonly sends: boolean;
}

const EVENT_PAYLOAD_TYPE = 101;

/** One audio stream with telephone events (RFC 8866, RFC 4733). */
export function describe({ host, port, codecs, direction, version }: Described): string {
  const family = isIP(host) === 6 ? 'IP6' : 'IP4';
  const types = codecs.map(({ payloadType }) => payloadType).join(' ');
  const maps = codecs.map(({ payloadType, name }) => `a=rtpmap:${payloadType} ${name}/8000\r\n`).join('');
  return (
    `v=0\r\no=- 1 ${version} IN ${family} ${host}\r\ns=-\r\nc=IN ${family} ${host}\r\nt=0 0\r\n` +
    `m=audio ${port} RTP/AVP ${types} ${EVENT_PAYLOAD_TYPE}\r\n${maps}` +
    `a=rtpmap:${EVENT_PAYLOAD_TYPE} telephone-event/8000\r\na=fmtp:${EVENT_PAYLOAD_TYPE} 0-15\r\n` +
    `a=ptime:${PACKET_MS}\r\na=${direction}\r\n`
  );
}

/** Undefined when there is no audio in it that one of the codecs can carry. */
export function readDescription(sdp: string, codecs: readonly Codec[]): AgreedMedia | undefined {
  const media = /^m=audio (\d{1,5}) RTP\/AVPF? ([\d ]+)\r?$/m.exec(sdp);
  const host = /^c=IN IP[46] ([0-9a-fA-F.:]+)/m.exec(sdp)?.[1];
  const port = Number(media?.[1] ?? 0);
  if (media === null || host === undefined || isIP(host) === 0 || port < 1 || port > 65_535) return undefined;
  const codec = media[2]!
    .trim()
    .split(/ +/)
    .map(text => codecOf(Number(text), sdp, codecs))
    .find(found => found !== undefined);
  if (codec === undefined) return undefined;
  const events = /^a=rtpmap:(\d{2,3}) telephone-event\/8000/im.exec(sdp)?.[1];
  const theirs = (/^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp)?.[1] ?? 'sendrecv') as Direction;
  const ours = mirrored(host === '0.0.0.0' || host === '::' ? 'inactive' : theirs);
  return {
    host,
    port,
    codec,
    eventPayloadType: events === undefined ? undefined : Number(events),
    listens: ours === 'sendrecv' || ours === 'sendonly',
    sends: ours === 'sendrecv' || ours === 'recvonly',
  };
}

/** One of ours, under the static payload type that it was offered with (RFC 3551 §6). */
function codecOf(payloadType: number, sdp: string, codecs: readonly Codec[]): Codec | undefined {
  const mapped = new RegExp(`^a=rtpmap:${payloadType} ([\\w-]+)/`, 'm').exec(sdp)?.[1];
  return codecs.find(
    codec =>
      codec.payloadType === payloadType && (mapped === undefined || codecNamed(mapped)?.name === codec.name),
  );
}
