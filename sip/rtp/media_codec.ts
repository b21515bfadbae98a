import type { RtpCodec } from './rtp_stream.ts';

/** What a jitter buffer needs of codecs and their loss concealment. Samples are floats of full scale ±1, mono. */
export interface MediaDecoder {
  /** Of the samples, whatever the codec. */
  readonly rateHz: number;
  /** Of the RTP timestamps. */
  readonly clockRateHz: number;
  /** How many samples a payload gives; 0 for one that can't be decoded. */
  samplesIn(codec: RtpCodec, payloadBytes: number): number;
  /** Decodes a payload into `pcm` from `at` on, joined to what was made up before; how many samples that were. */
  decode(
    codec: RtpCodec,
    bytes: Uint8Array,
    start: number,
    length: number,
    pcm: Float32Array,
    at: number,
  ): number;
  /** Makes up samples for what is missing. */
  conceal(pcm: Float32Array, at: number, samples: number): void;
  /** A new stream begins: forgets the codec's history, and joins what comes to what was heard. */
  restart(): void;
}

/** The other way. */
export interface MediaEncoder {
  /** Encodes a frame into `bytes` from `at` on; how many bytes that were. */
  encode(codec: RtpCodec, samples: Float32Array, bytes: Uint8Array, at: number): number;
}
