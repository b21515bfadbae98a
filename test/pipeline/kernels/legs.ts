import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { CodecLeg, type CodecName } from '../../../pipeline/kernels/codec_leg.ts';
import type { KernelMemory } from '../../../pipeline/kernels/kernel_memory.ts';

/** Where the kernels of the tests are built, once. */
export const KERNEL_FOLDER = fileURLToPath(new URL('../../../var/kernels/', import.meta.url));

/** A leg of one codec, at its rate. */
export class OneCodec {
  readonly leg: CodecLeg;
  readonly #name: CodecName;

  constructor(name: CodecName, memory: KernelMemory) {
    const leg = CodecLeg.open(name === 'G722' ? 16_000 : 8000, memory);
    if (leg === undefined) throw new Error('no slot left');
    this.leg = leg;
    this.#name = name;
  }

  get rateHz(): number {
    return this.leg.rateHz;
  }

  samplesIn(payloadBytes: number): number {
    return this.leg.samplesIn(this.#name, payloadBytes);
  }

  decode(bytes: Uint8Array, start: number, length: number, pcm: Float32Array, at: number): number {
    return this.leg.decode(this.#name, bytes, start, length, pcm, at);
  }

  conceal(pcm: Float32Array, at: number, samples: number): void {
    this.leg.conceal(pcm, at, samples);
  }

  restart(): void {
    this.leg.restart();
  }

  encode(samples: Float32Array, bytes: Uint8Array, at: number): number {
    return this.leg.encode(this.#name, samples, bytes, at);
  }

  close(): void {
    this.leg.close();
  }
}

export function openLeg(name: CodecName, memory: KernelMemory): OneCodec {
  return new OneCodec(name, memory);
}

export function toFloats(pcm: Int16Array): Float32Array {
  return Float32Array.from(pcm, sample => sample / 32768);
}

function toInts(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, sample => Math.round(sample * 32768));
}

/** The same numbers on every machine: 32-bit xorshift. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * Sounds that reach every corner of an adaptive codec, as integers alone so that no machine rounds them differently:
 * noise whose level changes every 50 ms, full-scale squares, silence, and sawtooths; 6 dB less for each bit.
 */
export function createTrial(samples: number, quieterBits = 0): Int16Array {
  const random = createRandom(0x5eed);
  let level = 0;
  const trial = Int16Array.from({ length: samples }, (_, i) => {
    if (i % 800 === 0) level = Math.floor(2 ** (random() * 16));
    const kind = Math.floor(i / 4000) % 4;
    if (kind === 0) return Math.floor((random() - 0.5) * level);
    if (kind === 1) return Math.floor(i / 20) % 2 === 0 ? 32767 : -32768;
    if (kind === 2) return 0;
    return ((i * 523) % 65536) - 32768;
  });
  return trial.map(sample => sample >> quieterBits);
}

export function encodeAll(leg: OneCodec, pcm: Int16Array, frameSamples: number): Uint8Array {
  const samples = toFloats(pcm);
  const bytes = new Uint8Array(pcm.length);
  let length = 0;
  for (let at = 0; at < samples.length; at += frameSamples) {
    length += leg.encode(samples.subarray(at, at + frameSamples), bytes, length);
  }
  return bytes.subarray(0, length);
}

export function decodeAll(leg: OneCodec, bytes: Uint8Array, packetBytes: number): Int16Array {
  const pcm = new Float32Array(bytes.length * 2);
  let length = 0;
  for (let at = 0; at < bytes.length; at += packetBytes) {
    length += leg.decode(bytes, at, Math.min(packetBytes, bytes.length - at), pcm, length);
  }
  return toInts(pcm.subarray(0, length));
}

/** As `t.same`, but for as many numbers as a recording has; tells where the first differs. */
export function sameNumbers(
  t: Pick<Test, 'equal'>,
  found: ArrayLike<number>,
  wanted: ArrayLike<number>,
): void {
  let at = 0;
  while (at < found.length && found[at] === wanted[at]) at += 1;
  t.equal(found.length, wanted.length, 'as many numbers');
  t.equal(at, wanted.length, 'the first difference is behind the end');
}
