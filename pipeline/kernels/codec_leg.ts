import type { PipelineRateHz } from '../frame.ts';
import { type RateChange, RateDoubler, RateHalver } from '../half_band.ts';
import type { KernelExports } from './kernel_exports.ts';
import type { KernelMemory } from './kernel_memory.ts';
import type { SlotPool } from './slot_pool.ts';

/** Names of the encodings as in SDP (RFC 3551 §6). */
export type CodecName = 'PCMU' | 'PCMA' | 'G722';

interface Codec {
  readonly rateHz: PipelineRateHz;
  /** Sample by sample, without history. */
  readonly compands: boolean;
  readonly decode: (kernels: KernelExports, slot: number, bytes: number) => number;
  readonly encode: (kernels: KernelExports, slot: number, samples: number) => number;
}

const CODECS: Readonly<Record<CodecName, Codec>> = {
  PCMU: {
    rateHz: 8000,
    compands: true,
    decode: (kernels, slot, bytes) => kernels.decodeMuLaw(slot, bytes),
    encode: (kernels, slot, samples) => kernels.encodeMuLaw(slot, samples),
  },
  PCMA: {
    rateHz: 8000,
    compands: true,
    decode: (kernels, slot, bytes) => kernels.decodeALaw(slot, bytes),
    encode: (kernels, slot, samples) => kernels.encodeALaw(slot, samples),
  },
  G722: {
    rateHz: 16000,
    compands: false,
    decode: (kernels, slot, bytes) => kernels.decodeG722(slot, bytes),
    encode: (kernels, slot, samples) => kernels.encodeG722(slot, samples),
  },
};

/** All of them. */
const BYTES_PER_MS = 8;

/**
 * One leg's codecs (64 kbit/s: G.711 and G.722) and loss concealment, both ways, in a slot of the kernel memory. Samples
 * are 32-bit floats of full scale ±1 at the leg's rate, mono, whatever the codec: one of another rate is converted. A
 * change of codec begins it without history. Nothing here allocates or throws, but `open`.
 */
export class CodecLeg {
  readonly rateHz: PipelineRateHz;
  /** RTP timestamps run at 8000 Hz in all of these codecs (RFC 3551 §4.5.2). */
  readonly clockRateHz = 8000;
  readonly #pool: SlotPool;
  readonly #kernels: KernelExports;
  readonly #slot: number;
  readonly #samplesPerByte: number;
  readonly #pcm: Float32Array;
  readonly #payload: Uint8Array;
  /** Between the leg's rate and the other one. */
  readonly #fromCodec: RateChange;
  readonly #toCodec: RateChange;
  #decoding: CodecName | undefined;
  #encoding: CodecName | undefined;
  #isOpen = true;

  private constructor(rateHz: PipelineRateHz, memory: KernelMemory, slot: number) {
    const { kernels, buffer } = memory;
    this.rateHz = rateHz;
    this.#pool = memory.pool('leg');
    this.#kernels = kernels;
    this.#slot = slot;
    this.#samplesPerByte = rateHz / 1000 / BYTES_PER_MS;
    const mostBytes = kernels.MAX_BYTES.value;
    this.#pcm = new Float32Array(buffer, slot + kernels.PCM.value, 2 * mostBytes);
    this.#payload = new Uint8Array(buffer, slot + kernels.PAYLOAD.value, mostBytes);
    const doubler = new RateDoubler(mostBytes);
    const halver = new RateHalver(2 * mostBytes);
    this.#fromCodec = rateHz === 8000 ? halver : doubler;
    this.#toCodec = rateHz === 8000 ? doubler : halver;
    kernels.resetConcealment(slot, rateHz / 1000);
  }

  /** Undefined when the memory has no slot left for it. */
  static open(rateHz: PipelineRateHz, memory: KernelMemory): CodecLeg | undefined {
    const slot = memory.pool('leg').take();
    return slot === undefined ? undefined : new CodecLeg(rateHz, memory, slot);
  }

  /** How many samples a payload gives; 0 when it is longer than the 60 ms that a packet may have. */
  samplesIn(_codec: CodecName, payloadBytes: number): number {
    return payloadBytes > this.#payload.length ? 0 : payloadBytes * this.#samplesPerByte;
  }

  /**
   * Decodes `length` bytes of `bytes` from `start` into `pcm` from `at` on, joined to what was made up before them, and
   * says how many samples that were: 0 for what `samplesIn` finds too long.
   */
  decode(
    name: CodecName,
    bytes: Uint8Array,
    start: number,
    length: number,
    pcm: Float32Array,
    at: number,
  ): number {
    if (!this.#isOpen || length > this.#payload.length) return 0;
    if (name !== this.#decoding) this.#beginDecoding(name);
    for (let i = 0; i < length; i += 1) this.#payload[i] = bytes[start + i]!;
    const codec = CODECS[name];
    const decoded = codec.decode(this.#kernels, this.#slot, length);
    const samples = codec.rateHz === this.rateHz ? decoded : this.#fromCodec.convert(this.#pcm, decoded);
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
    this.#fromCodec.reset();
    this.#kernels.interrupt(this.#slot);
  }

  /**
   * Encodes a frame into `bytes` from `at` on and says how many bytes that were: 0 for more than 60 ms. Samples beyond
   * full scale are clipped. Where the codec compands and has the leg's rate, `samples` are afterwards as they will be
   * decoded, so that an echo of them can be known for one.
   */
  encode(name: CodecName, samples: Float32Array, bytes: Uint8Array, at: number): number {
    if (!this.#isOpen || samples.length > this.#mostSamples) return 0;
    if (name !== this.#encoding) this.#beginEncoding(name);
    const pcm = this.#pcm;
    for (let i = 0; i < samples.length; i += 1) pcm[i] = samples[i]!;
    const codec = CODECS[name];
    const count = codec.rateHz === this.rateHz ? samples.length : this.#toCodec.convert(pcm, samples.length);
    const length = codec.encode(this.#kernels, this.#slot, count);
    for (let i = 0; i < length; i += 1) bytes[at + i] = this.#payload[i]!;
    if (codec.compands && codec.rateHz === this.rateHz) {
      codec.decode(this.#kernels, this.#slot, length);
      for (let i = 0; i < samples.length; i += 1) samples[i] = pcm[i]!;
    }
    return length;
  }

  /** Gives the slot back. Afterwards nothing is decoded, encoded or made up any more. Safe to call twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#pool.giveBack(this.#slot);
  }

  /** 60 ms. */
  get #mostSamples(): number {
    return this.#payload.length * this.#samplesPerByte;
  }

  #beginDecoding(name: CodecName): void {
    const isChange = this.#decoding !== undefined;
    this.#decoding = name;
    this.#kernels.resetG722Decoder(this.#slot);
    this.#fromCodec.reset();
    if (isChange) this.#kernels.interrupt(this.#slot);
  }

  #beginEncoding(name: CodecName): void {
    this.#encoding = name;
    this.#kernels.resetG722Encoder(this.#slot);
    this.#toCodec.reset();
  }
}
