import type { Codec } from '../wire/codec.ts';
import { PACKET_MS } from '../wire/rtp_sender.ts';

/** G.711 and G.722 alike: 64 kbit/s. */
const BYTES_PER_MS = 8;
/** What one packet of `PACKET_MS` carries. */
export const PAYLOAD_BYTES = PACKET_MS * BYTES_PER_MS;

/** Audio encoded once for all calls that send it. */
export interface EncodedAudio {
  readonly codec: Codec;
  /** Of `PACKET_MS` each, `PAYLOAD_BYTES` long; at least one. */
  readonly payloads: readonly Uint8Array[];
}

/**
 * Encodes samples at the codec's rate; the last packet is filled up with silence. G.722 keeps state across packets: at
 * the seam between two of these its decoder needs some milliseconds to settle, as after a lost packet.
 */
export function encodeAudio(pcm: Int16Array, codec: Codec): EncodedAudio {
  const samplesPerPacket = (codec.rateHz * PACKET_MS) / 1000;
  const packets = Math.max(1, Math.ceil(pcm.length / samplesPerPacket));
  const padded = new Int16Array(packets * samplesPerPacket);
  padded.set(pcm);
  const bytes = codec.createEncoder()(padded);
  const payloads = Array.from({ length: packets }, (_, i) =>
    bytes.subarray(i * PAYLOAD_BYTES, (i + 1) * PAYLOAD_BYTES),
  );
  return { codec, payloads };
}
