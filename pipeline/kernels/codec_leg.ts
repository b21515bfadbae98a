import type { PipelineRateHz } from '../frame.ts';
import type { KernelExports } from './kernel_exports.ts';
import type { KernelMemory } from './kernel_memory.ts';

/** Names of the encodings as in SDP (RFC 3551 §6). */
export type CodecName = 'PCMU' | 'PCMA' | 'G722';

interface Codec {
  readonly rateHz: PipelineRateHz;
  readonly samplesPerByte: number;
  readonly decode: (kernels: KernelExports, slot: number, bytes: number) => number;
  readonly encode: (kernels: KernelExports, slot: number, samples: number) => number;
}

const CODECS: Readonly<Record<CodecName, Codec>> = {
  PCMU: {
    rateHz: 8000,
    samplesPerByte: 1,
    decode: (kernels, slot, bytes) => kernels.decodeMuLaw(slot, bytes),
    encode: (kernels, slot, samples) => kernels.encodeMuLaw(slot, samples),
  },
  PCMA: {
    rateHz: 8000,
    samplesPerByte: 1,
    decode: (kernels, slot, bytes) => kernels.decodeALaw(slot, bytes),
    encode: (kernels, slot, samples) => kernels.encodeALaw(slot, samples),
  },
  G722: {
    rateHz: 16000,
    samplesPerByte: 2,
    decode: (kernels, slot, bytes) => kernels.decodeG722(slot, bytes),
    encode: (kernels, slot, samples) => kernels.encodeG722(slot, samples),
  },
};

/**
 * One leg's codec (64 kbit/s: G.711 or G.722) and loss concealment, both ways, in a slot of the kernel memory. Samples
 * are 32-bit floats of full scale ±1 at the codec's rate, mono. Nothing here allocates or throws, but `open`.
 */
export class CodecLeg {
  /** Of the samples; RTP timestamps run at 8000 Hz in all of these codecs (RFC 3551 §4.5.2). */
  readonly rateHz: PipelineRateHz;
  readonly clockRateHz = 8000;
  readonly #codec: Codec;
  readonly #memory: KernelMemory;
  readonly #kernels: KernelExports;
  readonly #slot: number;
  /** 60 ms. */
  readonly #mostSamples: number;
  readonly #pcm: Float32Array;
  readonly #payload: Uint8Array;
  #isOpen = true;

  private constructor(name: CodecName, memory: KernelMemory, slot: number) {
    const { kernels, buffer } = memory;
    this.#codec = CODECS[name];
    this.rateHz = this.#codec.rateHz;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#slot = slot;
    const mostBytes = kernels.MAX_BYTES.value;
    this.#mostSamples = mostBytes * this.#codec.samplesPerByte;
    this.#pcm = new Float32Array(buffer, slot + kernels.PCM.value, this.#mostSamples);
    this.#payload = new Uint8Array(buffer, slot + kernels.PAYLOAD.value, mostBytes);
    kernels.resetG722Encoder(slot);
    kernels.resetG722Decoder(slot);
    kernels.resetConcealment(slot, this.rateHz / 1000);
  }

  /** Undefined when the memory has no slot left. */
  static open(name: CodecName, memory: KernelMemory): CodecLeg | undefined {
    const slot = memory.take();
    return slot === undefined ? undefined : new CodecLeg(name, memory, slot);
  }

  /** How many samples a payload holds; 0 when it is longer than the 60 ms that a packet may have. */
  samplesIn(payloadBytes: number): number {
    return payloadBytes > this.#payload.length ? 0 : payloadBytes * this.#codec.samplesPerByte;
  }

  /**
   * Decodes `length` bytes of `bytes` from `start` into `pcm` from `at` on, joined to what was made up before them, and
   * says how many samples that were: 0 for what `samplesIn` finds too long.
   */
  decode(bytes: Uint8Array, start: number, length: number, pcm: Float32Array, at: number): number {
    if (!this.#isOpen || length > this.#payload.length) return 0;
    for (let i = 0; i < length; i += 1) this.#payload[i] = bytes[start + i]!;
    const samples = this.#codec.decode(this.#kernels, this.#slot, length);
    this.#kernels.hear(this.#slot, samples);
    for (let i = 0; i < samples; i += 1) pcm[at + i] = this.#pcm[i]!;
    return samples;
  }

  /** Makes up samples (at most 60 ms) in place of what is missing. */
  conceal(pcm: Float32Array, at: number, samples: number): void {
    if (!this.#isOpen || samples > this.#mostSamples) return;
    this.#kernels.conceal(this.#slot, samples);
    for (let i = 0; i < samples; i += 1) pcm[at + i] = this.#pcm[i]!;
  }

  /** The far end's stream begins anew: decodes with no history, joined on as after a loss. */
  restart(): void {
    if (!this.#isOpen) return;
    this.#kernels.resetG722Decoder(this.#slot);
    this.#kernels.interrupt(this.#slot);
  }

  /**
   * Encodes a frame into `bytes` from `at` on and says how many bytes that were: 0 for more than 60 ms. Samples beyond
   * full scale are clipped.
   */
  encode(samples: Float32Array, bytes: Uint8Array, at: number): number {
    if (!this.#isOpen || samples.length > this.#mostSamples) return 0;
    for (let i = 0; i < samples.length; i += 1) this.#pcm[i] = samples[i]!;
    const length = this.#codec.encode(this.#kernels, this.#slot, samples.length);
    for (let i = 0; i < length; i += 1) bytes[at + i] = this.#payload[i]!;
    return length;
  }

  /** Gives the slot back. Afterwards nothing is decoded, encoded or made up any more. Safe to call twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#memory.giveBack(this.#slot);
  }
}
