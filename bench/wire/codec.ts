import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from './g711.ts';
import { G722Decoder, G722Encoder } from './g722.ts';

export type CodecName = 'PCMU' | 'PCMA' | 'G722';

/** A codec with its static payload type (RFC 3551 §6). Encoders and decoders keep state: one for each stream. */
export interface Codec {
  readonly name: CodecName;
  readonly payloadType: number;
  /** Rate of the audio, in Hz. */
  readonly rateHz: 8000 | 16000;
  /** Ticks of the RTP timestamp in a millisecond: 8 for G.722 as well, by RFC 3551 §4.5.2. */
  readonly ticksPerMs: number;
  createEncoder(): (pcm: Int16Array) => Uint8Array;
  createDecoder(): (payload: Uint8Array) => Int16Array;
}

export const CODECS: Readonly<Record<CodecName, Codec>> = {
  PCMU: {
    name: 'PCMU',
    payloadType: 0,
    rateHz: 8000,
    ticksPerMs: 8,
    createEncoder: () => encodeMuLaw,
    createDecoder: () => decodeMuLaw,
  },
  PCMA: {
    name: 'PCMA',
    payloadType: 8,
    rateHz: 8000,
    ticksPerMs: 8,
    createEncoder: () => encodeALaw,
    createDecoder: () => decodeALaw,
  },
  G722: {
    name: 'G722',
    payloadType: 9,
    rateHz: 16000,
    ticksPerMs: 8,
    createEncoder: () => {
      const encoder = new G722Encoder();
      return pcm => encoder.encode(pcm);
    },
    createDecoder: () => {
      const decoder = new G722Decoder();
      return payload => decoder.decode(payload);
    },
  },
};

/** Case does not matter in encoding names (RFC 8866 §6.6). */
export function codecNamed(name: string): Codec | undefined {
  const upper = name.toUpperCase();
  return upper === 'PCMU' || upper === 'PCMA' || upper === 'G722' ? CODECS[upper] : undefined;
}
