import type { CodecName } from './codec.ts';

/** What this end can do with audio, whatever the far end says. */
export interface Capabilities {
  /** In order of preference; it decides between what both can do. */
  readonly codecs: readonly CodecName[];
  /** Clocks of telephone events that are understood, Hz. */
  readonly eventClocksHz: readonly number[];
  /** Audio in a packet as it is asked for, and the most that is taken and sent; multiples of 10. */
  readonly ptimeMs: number;
  readonly maxPtimeMs: number;
}

/** Where this end hears. */
export interface LocalMedia {
  /** IPv4 or IPv6, one of a family at most; the first is offered. */
  readonly addresses: readonly [string, ...string[]];
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

/**
 * How much audio to put in a packet for a far end that says so (RFC 8866 §6.4, §6.5): what it asks for, within its
 * limit and ours, in whole frames of 10 ms.
 */
export function ptimeToSend(
  wanted: { readonly ptimeMs: number | undefined; readonly maxPtimeMs: number | undefined },
  { ptimeMs, maxPtimeMs }: Capabilities,
): number {
  const ms = Math.min(wanted.ptimeMs ?? ptimeMs, wanted.maxPtimeMs ?? maxPtimeMs, maxPtimeMs);
  return Math.max(10, Math.floor(ms / 10) * 10);
}
