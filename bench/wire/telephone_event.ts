import type { RtpPacket } from './rtp_packet.ts';

/** Keys as RTP telephone events (RFC 4733 §2.3 and §3.2). */
const KEYS = '0123456789*#ABCD';
/** Level of the tone, in −dBm0. */
const VOLUME = 10;
/** The end of an event is said three times, for the case of loss (§2.5.1.4). */
const END_PACKETS = 3;
const MAX_DURATION = 0xffff;

interface EventPayload {
  readonly key: string;
  readonly end: boolean;
  readonly volume: number;
  /** In ticks of the RTP timestamp. */
  readonly duration: number;
}

/** Whether every character is a key of the telephone: digits, star, hash, A to D. */
export function areKeys(text: string): boolean {
  return [...text].every(character => KEYS.includes(character));
}

function formatEvent({ key, end, volume, duration }: EventPayload): Uint8Array {
  const ticks = Math.min(duration, MAX_DURATION);
  return Uint8Array.of(KEYS.indexOf(key), (end ? 0x80 : 0) | volume, ticks >> 8, ticks & 0xff);
}

/** What the packets of one key press carry, in order: growing duration under one timestamp, the end three times. */
export function keyPressPayloads(
  key: string,
  durationTicks: number,
  packetTicks: number,
): (Pick<RtpPacket, 'marker' | 'payload'> & { readonly end: boolean })[] {
  const packets = [];
  for (let duration = packetTicks; duration < durationTicks; duration += packetTicks) {
    const payload = formatEvent({ key, end: false, volume: VOLUME, duration });
    packets.push({ marker: duration === packetTicks, payload, end: false });
  }
  for (let copy = 0; copy < END_PACKETS; copy += 1) {
    const payload = formatEvent({ key, end: true, volume: VOLUME, duration: durationTicks });
    packets.push({ marker: packets.length === 0, payload, end: true });
  }
  return packets;
}
