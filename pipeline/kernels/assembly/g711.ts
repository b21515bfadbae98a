/** ITU-T G.711: 8-bit companded samples at 8 kHz, by arithmetic, since a table for encoding would fill the cache. */
import { toFloat, toInt16 } from './sample.ts';
import { PAYLOAD, PCM } from './slot.ts';

/** Added to the magnitude, so that µ-law's segments begin at powers of two. */
const MU_BIAS: i32 = 0x84;
const MU_CLIP: i32 = 32635;
/** Inverts the even bits of an A-law byte, against long runs of zeros on the line. */
const A_TOGGLE: i32 = 0x55;

function expandMuLaw(byte: i32): i32 {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + MU_BIAS) << ((code >> 4) & 7)) - MU_BIAS;
  return (code & 0x80) === 0 ? magnitude : -magnitude;
}

function compressMuLaw(sample: i32): i32 {
  const magnitude = min(MU_CLIP, abs(sample)) + MU_BIAS;
  const segment = 24 - clz(magnitude);
  const step = (magnitude >> (segment + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}

function expandALaw(byte: i32): i32 {
  const code = byte ^ A_TOGGLE;
  const segment = (code >> 4) & 7;
  const step = ((code & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (code & 0x80) === 0 ? -magnitude : magnitude;
}

function compressALaw(sample: i32): i32 {
  // The negative half is the positive one mirrored at −½, hence the complement.
  const magnitude = sample < 0 ? ~sample : sample;
  const segment = max(0, 24 - clz(magnitude | 1));
  const step = (magnitude >> max(4, segment + 3)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | step) ^ A_TOGGLE;
}

export function decodeMuLaw(slot: usize, bytes: i32): i32 {
  for (let i = 0; i < bytes; i++) {
    store<f32>(slot + PCM + (i << 2), toFloat(expandMuLaw(load<u8>(slot + PAYLOAD + i))));
  }
  return bytes;
}

export function encodeMuLaw(slot: usize, samples: i32): i32 {
  for (let i = 0; i < samples; i++) {
    store<u8>(slot + PAYLOAD + i, compressMuLaw(toInt16(load<f32>(slot + PCM + (i << 2)))));
  }
  return samples;
}

export function decodeALaw(slot: usize, bytes: i32): i32 {
  for (let i = 0; i < bytes; i++) {
    store<f32>(slot + PCM + (i << 2), toFloat(expandALaw(load<u8>(slot + PAYLOAD + i))));
  }
  return bytes;
}

export function encodeALaw(slot: usize, samples: i32): i32 {
  for (let i = 0; i < samples; i++) {
    store<u8>(slot + PAYLOAD + i, compressALaw(toInt16(load<f32>(slot + PCM + (i << 2)))));
  }
  return samples;
}
