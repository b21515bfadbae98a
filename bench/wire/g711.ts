/** ITU-T G.711: 8-bit companded PCM at 8 kHz, µ-law and A-law, through tables made from the formulas. */

const BIAS = 0x84;
const CLIP = 32635;

function decodeMuLawByte(byte: number): number {
  const code = ~byte & 0xff;
  const exponent = (code >> 4) & 7;
  const magnitude = ((((code & 0x0f) << 3) + BIAS) << exponent) - BIAS;
  return (code & 0x80) === 0 ? magnitude : -magnitude;
}

function encodeMuLawSample(sample: number): number {
  const magnitude = Math.min(CLIP, Math.abs(sample)) + BIAS;
  const exponent = Math.floor(Math.log2(magnitude)) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}

function decodeALawByte(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (code & 0x80) === 0 ? -magnitude : magnitude;
}

function encodeALawSample(sample: number): number {
  // A-law's negative half is the positive one mirrored at −½, hence the complement.
  const magnitude = sample < 0 ? ~sample : sample;
  const exponent = Math.max(0, Math.floor(Math.log2(magnitude | 1)) - 7);
  const mantissa = (magnitude >> Math.max(4, exponent + 3)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55;
}

interface Law {
  readonly toPcm: Int16Array;
  readonly fromPcm: Uint8Array;
}

function makeLaw(decodeByte: (byte: number) => number, encodeSample: (sample: number) => number): Law {
  return {
    toPcm: Int16Array.from({ length: 256 }, (_, byte) => decodeByte(byte)),
    fromPcm: Uint8Array.from({ length: 65536 }, (_, index) => encodeSample(index - 32768)),
  };
}

const MU_LAW = makeLaw(decodeMuLawByte, encodeMuLawSample);
const A_LAW = makeLaw(decodeALawByte, encodeALawSample);

function encode(law: Law, pcm: Int16Array): Uint8Array {
  const bytes = new Uint8Array(pcm.length);
  for (let i = 0; i < pcm.length; i += 1) bytes[i] = law.fromPcm[pcm[i]! + 32768]!;
  return bytes;
}

function decode(law: Law, bytes: Uint8Array): Int16Array {
  const pcm = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) pcm[i] = law.toPcm[bytes[i]!]!;
  return pcm;
}

export const encodeMuLaw = (pcm: Int16Array): Uint8Array => encode(MU_LAW, pcm);
export const decodeMuLaw = (bytes: Uint8Array): Int16Array => decode(MU_LAW, bytes);
export const encodeALaw = (pcm: Int16Array): Uint8Array => encode(A_LAW, pcm);
export const decodeALaw = (bytes: Uint8Array): Int16Array => decode(A_LAW, bytes);
