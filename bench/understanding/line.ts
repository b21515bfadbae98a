import type { Codec } from '../wire/codec.ts';

const FRAME_MS = 20;
const OUT_RATE_HZ = 16_000;
/** Hiss of a quiet room, about −75 dBFS. */
const HISS_PEAK = 10;
const HALF_TAPS = 24;

/** Speech as a room line hands it to the pipeline at 16 kHz after a trunk's codec, with quiet around it. */
export function overLine(
  pcm: Int16Array,
  codec: Codec,
  { leadMs, tailMs }: { readonly leadMs: number; readonly tailMs: number },
): Int16Array {
  const samplesOf = (ms: number): number => (ms * codec.rateHz) / 1000;
  const frame = samplesOf(FRAME_MS);
  const length = Math.ceil((samplesOf(leadMs + tailMs) + pcm.length) / frame) * frame;
  const sent = new Int16Array(length);
  sent.set(pcm, samplesOf(leadMs));
  addHiss(sent);
  const encode = codec.createEncoder();
  const decode = codec.createDecoder();
  const received = new Int16Array(length);
  for (let at = 0; at < length; at += frame) received.set(decode(encode(sent.subarray(at, at + frame))), at);
  return codec.rateHz === OUT_RATE_HZ ? received : doubleRate(received);
}

function addHiss(pcm: Int16Array): void {
  let state = 1;
  for (let at = 0; at < pcm.length; at += 1) {
    state = (state * 48271) % 2147483647;
    pcm[at] = Math.max(-32768, Math.min(32767, pcm[at]! + HISS_PEAK * (state / 1073741823.5 - 1)));
  }
}

/** 8 → 16 kHz by a windowed sinc (Hann, 24 taps a side), without delay. */
function doubleRate(pcm: Int16Array): Int16Array {
  const doubled = new Int16Array(pcm.length * 2);
  for (let at = 0; at < doubled.length; at += 1) {
    if (at % 2 === 0) {
      doubled[at] = pcm[at / 2]!;
      continue;
    }
    let sum = 0;
    for (let tap = -HALF_TAPS; tap < HALF_TAPS; tap += 1) {
      const distance = tap + 0.5;
      const sinc = Math.sin(Math.PI * distance) / (Math.PI * distance);
      const hann = 0.5 + 0.5 * Math.cos((Math.PI * distance) / HALF_TAPS);
      sum += (pcm[(at - 1) / 2 + 1 + tap] ?? 0) * sinc * hann;
    }
    doubled[at] = Math.max(-32768, Math.min(32767, Math.round(sum)));
  }
  return doubled;
}
