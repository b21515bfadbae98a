/** An audio codec as SDP names it (RFC 3551 §6, RFC 7587 §7). */
export interface Codec {
  /** Encoding name of its rtpmap. */
  readonly name: CodecName;
  /** Of RTP timestamps, Hz. G.722 samples at 16 kHz and yet says 8000 (RFC 3551 §4.5.2). */
  readonly clockHz: number;
  readonly channels: number;
  /** Undefined: a number of 96 to 127 is agreed on. */
  readonly staticPayloadType: number | undefined;
  readonly fmtp: string | undefined;
}

export type CodecName = 'PCMU' | 'PCMA' | 'G722' | 'opus';

export const CODECS: Readonly<Record<CodecName, Codec>> = {
  PCMU: { name: 'PCMU', clockHz: 8000, channels: 1, staticPayloadType: 0, fmtp: undefined },
  PCMA: { name: 'PCMA', clockHz: 8000, channels: 1, staticPayloadType: 8, fmtp: undefined },
  G722: { name: 'G722', clockHz: 8000, channels: 1, staticPayloadType: 9, fmtp: undefined },
  opus: {
    name: 'opus',
    clockHz: 48000,
    channels: 2,
    staticPayloadType: undefined,
    fmtp: 'useinbandfec=1',
  },
};

const ALL = Object.values(CODECS);

/** Name of DTMF and other events in RTP (RFC 4733 §2.4). */
export const TELEPHONE_EVENT = 'telephone-event';

/** A payload type and what it stands for. */
export interface Format {
  readonly payloadType: number;
  readonly encoding: string;
  readonly clockHz: number;
  readonly channels: number;
  readonly fmtp: string | undefined;
}

export function staticCodec(payloadType: number): Codec | undefined {
  return ALL.find(({ staticPayloadType }) => staticPayloadType === payloadType);
}

/** The codec that a format means, if it is one of ours. */
export function codecOf({ encoding, clockHz, channels }: Format): Codec | undefined {
  const name = encoding.toLowerCase();
  return ALL.find(
    codec => codec.name.toLowerCase() === name && isClockOf(codec, clockHz) && isChannelsOf(codec, channels),
  );
}

/** Some phones say what G.722 samples at instead of what RFC 3551 makes of it. */
function isClockOf(codec: Codec, clockHz: number): boolean {
  return clockHz === codec.clockHz || (codec.name === 'G722' && clockHz === 16000);
}

/** Opus must say 2 (RFC 7587 §7), and is the same without. */
function isChannelsOf(codec: Codec, channels: number): boolean {
  return channels === codec.channels || (codec.name === 'opus' && channels === 1);
}

/** Events that are sent and received here: the sixteen keys (RFC 4733 §3.2). */
export const KEY_EVENTS = '0-15';

/** Whether a format brings telephone events with all twelve keys of a telephone; without fmtp it does (§2.4.1). */
export function carriesKeys({ encoding, fmtp }: Format): boolean {
  if (encoding.toLowerCase() !== TELEPHONE_EVENT) return false;
  const [events = ''] = (fmtp ?? KEY_EVENTS).split(/[;\s]/);
  const ranges = events.split(',').map(range => range.split('-').map(Number));
  // What is no list of events at all is read as none.
  if (ranges.flat().some(event => !Number.isInteger(event))) return true;
  return Array.from({ length: 12 }, (_, key) => key).every(key =>
    ranges.some(([first = 0, last = first]) => first <= key && key <= last),
  );
}
