/** The kernels: each works on a slot of its kind, whose address is its first argument; lengths are counts, not bytes. */
import { conceal, hear, interrupt, resetConcealment } from './conceal.ts';
import {
  beginDelaySearch,
  DELAY_SEARCH_BYTES,
  foundDelay,
  foundSharpness,
  openDelaySearch,
  stepDelaySearch,
} from './delay_search.ts';
import {
  alignEcho,
  bypassEcho,
  cancelEcho,
  echoDelay,
  echoHasGood,
  echoIsFarHeard,
  echoPoorFrames,
  echoPower,
  echoResidualPower,
  echoReturnLoss,
  openEcho,
  setEchoPoorFrames,
  tuneEcho,
} from './echo.ts';
import { shadowEcho } from './echo_shadow.ts';
import { ECHO_BYTES, ECHO_SHADOW_BYTES } from './echo_slot.ts';
import { forward as fftForward, inverse as fftInverse } from './fft.ts';
import { decodeALaw, decodeMuLaw, encodeALaw, encodeMuLaw } from './g711.ts';
import { decodeG722, encodeG722, resetG722Decoder, resetG722Encoder } from './g722.ts';
import { FRAME_BYTES, LEG_BYTES, MAX_BYTES, PAYLOAD, PCM } from './slot.ts';

export {
  alignEcho,
  beginDelaySearch,
  bypassEcho,
  cancelEcho,
  conceal,
  DELAY_SEARCH_BYTES,
  decodeALaw,
  decodeG722,
  decodeMuLaw,
  ECHO_BYTES,
  ECHO_SHADOW_BYTES,
  echoDelay,
  echoHasGood,
  echoIsFarHeard,
  echoPoorFrames,
  echoPower,
  echoResidualPower,
  echoReturnLoss,
  encodeALaw,
  encodeG722,
  encodeMuLaw,
  FRAME_BYTES,
  fftForward,
  fftInverse,
  foundDelay,
  foundSharpness,
  hear,
  interrupt,
  LEG_BYTES,
  MAX_BYTES,
  openDelaySearch,
  openEcho,
  PAYLOAD,
  PCM,
  resetConcealment,
  resetG722Decoder,
  resetG722Encoder,
  setEchoPoorFrames,
  shadowEcho,
  stepDelaySearch,
  tuneEcho,
};
/** Where the slots may begin. */
export const FIRST_FREE: usize = __heap_base;
