import type { RingView } from './slot_buffers.ts';

/**
 * Reading and writing of a single-producer single-consumer ring (SlotView) without allocation or waiting. Only the
 * producer moves the write position and only the consumer the read position; both are stored after the samples
 * they cover, so that the other thread never sees a sample before it is there.
 */
const WRITE = 0;
const READ = 1;
/** Positions count modulo 2^31, so that they stay small integers. */
const POSITION_MASK = 0x7fffffff;
const FULL_SCALE = 32768;

export function writePosition(ring: RingView): number {
  return Atomics.load(ring.positions, WRITE);
}

export function readPosition(ring: RingView): number {
  return Atomics.load(ring.positions, READ);
}

/** Samples from position `from` to position `to`, across the wrap; negative when `to` is behind. */
export function distance(from: number, to: number): number {
  const ahead = (to - from) & POSITION_MASK;
  return ahead > POSITION_MASK >> 1 ? ahead - POSITION_MASK - 1 : ahead;
}

/** Samples waiting for the consumer. */
export function available(ring: RingView): number {
  return (writePosition(ring) - readPosition(ring)) & POSITION_MASK;
}

/** Samples that the producer can write. */
export function room(ring: RingView): number {
  return ring.samples.length - available(ring);
}

/** Full-scale ±1.0 to 16 bits, rounded and clamped; what is not a number becomes silence. */
function toInt16(sample: number): number {
  const scaled = Math.round(sample * FULL_SCALE);
  if (scaled >= FULL_SCALE) return FULL_SCALE - 1;
  return scaled >= -FULL_SCALE ? scaled : scaled < 0 ? -FULL_SCALE : 0;
}

/** Writes one frame or, when it does not fit, nothing: then the answer is false. */
export function writeFrame(ring: RingView, samples: Float32Array): boolean {
  if (room(ring) < samples.length) return false;
  const from = writePosition(ring);
  const mask = ring.samples.length - 1;
  for (let i = 0; i < samples.length; i += 1) ring.samples[(from + i) & mask] = toInt16(samples[i]!);
  Atomics.store(ring.positions, WRITE, (from + samples.length) & POSITION_MASK);
  return true;
}

/** Writes two legs of one frame interleaved (left first) or, when they do not fit, nothing. */
export function writeStereoFrame(ring: RingView, left: Float32Array, right: Float32Array): boolean {
  const length = left.length;
  if (room(ring) < 2 * length) return false;
  const from = writePosition(ring);
  const mask = ring.samples.length - 1;
  for (let i = 0; i < length; i += 1) {
    ring.samples[(from + 2 * i) & mask] = toInt16(left[i]!);
    ring.samples[(from + 2 * i + 1) & mask] = toInt16(right[i]!);
  }
  Atomics.store(ring.positions, WRITE, (from + 2 * length) & POSITION_MASK);
  return true;
}

/** Reads up to `count` samples to full scale ±1.0, from `at` on in `into`; says how many there were. */
export function readFloats(ring: RingView, into: Float32Array, at = 0, count = into.length - at): number {
  const given = Math.min(available(ring), count);
  const from = readPosition(ring);
  const mask = ring.samples.length - 1;
  for (let i = 0; i < given; i += 1) into[at + i] = ring.samples[(from + i) & mask]! / FULL_SCALE;
  Atomics.store(ring.positions, READ, (from + given) & POSITION_MASK);
  return given;
}

/** Writes as many of the 16-bit samples as fit and says how many those were. */
export function writeSamples(ring: RingView, samples: Int16Array): number {
  const count = Math.min(room(ring), samples.length);
  const from = writePosition(ring);
  const start = from & (ring.samples.length - 1);
  const first = Math.min(count, ring.samples.length - start);
  ring.samples.set(samples.subarray(0, first), start);
  ring.samples.set(samples.subarray(first, count), 0);
  Atomics.store(ring.positions, WRITE, (from + count) & POSITION_MASK);
  return count;
}

/** Fills 16-bit samples from `at` on and says how many there were. One by one: views would be garbage for every call and pump. */
export function readSamples(ring: RingView, into: Int16Array, at = 0): number {
  const count = Math.min(available(ring), into.length - at);
  if (count === 0) return 0;
  const { samples, positions } = ring;
  const from = readPosition(ring);
  const mask = samples.length - 1;
  for (let i = 0; i < count; i += 1) into[at + i] = samples[(from + i) & mask]!;
  Atomics.store(positions, READ, (from + count) & POSITION_MASK);
  return count;
}

/** Throws away everything up to `position`, which lies ahead of the read position; the consumer's right. */
export function discardTo(ring: RingView, position: number): number {
  const count = distance(readPosition(ring), position);
  if (count <= 0) return 0;
  Atomics.store(ring.positions, READ, position);
  return count;
}
