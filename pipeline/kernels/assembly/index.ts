/** The kernels: each works on a slot of its kind, whose address is its first argument; lengths are counts, not bytes. */
import { conceal, hear, interrupt, resetConcealment } from './conceal.ts';
import { forward as fftForward, inverse as fftInverse } from './fft.ts';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from './g711.ts';
import { decodeG722, encodeG722, resetG722Decoder, resetG722Encoder } from './g722.ts';
import { FRAME_BYTES, LEG_BYTES, MAX_BYTES, PAYLOAD, PCM } from './slot.ts';

export {
  conceal,
  decodeALaw,
  decodeG722,
  decodeMuLaw,
  encodeALaw,
  encodeG722,
  encodeMuLaw,
  FRAME_BYTES,
  fftForward,
  fftInverse,
  hear,
  interrupt,
  LEG_BYTES,
  MAX_BYTES,
  PAYLOAD,
  PCM,
  resetConcealment,
  resetG722Decoder,
  resetG722Encoder,
};
/** Where the slots may begin. */
export const FIRST_FREE: usize = __heap_base;
