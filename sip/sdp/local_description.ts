import { isIPv6 } from 'node:net';
import type { Format } from './codec.ts';
import type { Direction } from './description.ts';

/** The stream that carries the call. */
export interface LocalAudio {
  readonly kind: 'audio';
  readonly protocol: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly formats: readonly Format[];
  readonly ptimeMs: number;
  readonly maxPtimeMs: number;
  readonly direction: Direction;
}

/** A stream that is not wanted; its line must stay (RFC 3264 §6, §8). */
export interface RefusedMedia {
  readonly kind: 'refused';
  readonly type: string;
  readonly protocol: string;
  readonly formats: readonly string[];
}

/** What this end says; plain data. */
export interface LocalDescription {
  readonly sessionId: string;
  readonly version: number;
  readonly address: string;
  readonly media: readonly (LocalAudio | RefusedMedia)[];
}

/** The text of a description (RFC 8866 §5), with CRLF at each end. */
export function writeSdp({ sessionId, version, address, media }: LocalDescription): string {
  const connection = `IN ${isIPv6(address) ? 'IP6' : 'IP4'} ${address}`;
  const lines = [
    'v=0',
    `o=- ${sessionId} ${version} ${connection}`,
    's=-',
    `c=${connection}`,
    't=0 0',
    ...media.flatMap(line => (line.kind === 'audio' ? audioLines(line) : refusedLine(line))),
  ];
  return lines.map(line => `${line}\r\n`).join('');
}

function audioLines(audio: LocalAudio): string[] {
  const { protocol, rtpPort, rtcpPort, formats, ptimeMs, maxPtimeMs, direction } = audio;
  const numbers = formats.map(({ payloadType }) => payloadType).join(' ');
  return [
    `m=audio ${rtpPort} ${protocol} ${numbers}`,
    ...formats.flatMap(formatLines),
    `a=ptime:${ptimeMs}`,
    `a=maxptime:${maxPtimeMs}`,
    ...(rtcpPort === rtpPort + 1 ? [] : [`a=rtcp:${rtcpPort}`]),
    `a=${direction}`,
  ];
}

function formatLines({ payloadType, encoding, clockHz, channels, fmtp }: Format): string[] {
  const map = `a=rtpmap:${payloadType} ${encoding}/${clockHz}${channels > 1 ? `/${channels}` : ''}`;
  return fmtp === undefined ? [map] : [map, `a=fmtp:${payloadType} ${fmtp}`];
}

function refusedLine({ type, protocol, formats }: RefusedMedia): string {
  return `m=${type} 0 ${protocol} ${formats.length > 0 ? formats.join(' ') : '0'}`;
}
