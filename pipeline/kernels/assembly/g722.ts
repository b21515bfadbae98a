/** ITU-T G.722 at 64 kbit/s (mode 1): 16 kHz audio in two sub-bands, one byte for two samples. */
import { adaptLower, adaptUpper, Band, LOWER_SCALE, UPPER_SCALE, upperDifference } from './g722_band.ts';
import { clamp, saturate, toFloat, toInt16 } from './sample.ts';
import {
  DECODER_FILTER,
  DECODER_LOWER,
  DECODER_UPPER,
  ENCODER_FILTER,
  ENCODER_LOWER,
  ENCODER_UPPER,
  PAYLOAD,
  PCM,
  WORK,
} from './slot.ts';

/** Q6: decision levels of the lower band's quantizer, from the first on. */
const DECISIONS: usize = memory.data<i16>([
  35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219,
  1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
]);
const DECISION_COUNT: i32 = 29;
/** Decision level of the upper band. */
const UPPER_DECISION: i32 = 564;
/** QM6: levels of the lower band's code. */
const LEVELS: usize = memory.data<i16>([
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360,
  -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688,
  -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192,
  6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432,
  -136,
]);
/** The quadrature mirror filter's 24 taps as the products that make up each band, or each output sample. */
const TO_LOWER: usize = memory.data<i16>([
  3, -11, -11, 53, 12, -156, 32, 362, -210, -805, 951, 3876, 3876, 951, -805, -210, 362, 32, -156, 12, 53,
  -11, -11, 3,
]);
const TO_UPPER: usize = memory.data<i16>([
  -3, -11, 11, 53, -12, -156, -32, 362, 210, -805, -951, 3876, -3876, 951, 805, -210, -362, 32, 156, 12, -53,
  -11, 11, 3,
]);
const TO_FIRST: usize = memory.data<i16>([
  0, -11, 0, 53, 0, -156, 0, 362, 0, -805, 0, 3876, 0, 951, 0, -210, 0, 32, 0, 12, 0, -11, 0, 3,
]);
const TO_SECOND: usize = memory.data<i16>([
  3, 0, -11, 0, 12, 0, 32, 0, -210, 0, 951, 0, 3876, 0, -805, 0, 362, 0, -156, 0, 53, 0, -11, 0,
]);
/** Bytes of the filter's memory: 22 samples. */
const FILTER_BYTES: usize = 44;

/** Predictors and filter as at the start of a stream, of the encoder's or of the decoder's half. */
export function resetG722Encoder(slot: usize): void {
  memory.fill(slot + ENCODER_LOWER, 0, DECODER_LOWER - ENCODER_LOWER);
  memory.fill(slot + ENCODER_FILTER, 0, FILTER_BYTES);
  changetype<Band>(slot + ENCODER_LOWER).scale = LOWER_SCALE;
  changetype<Band>(slot + ENCODER_UPPER).scale = UPPER_SCALE;
}

export function resetG722Decoder(slot: usize): void {
  memory.fill(slot + DECODER_LOWER, 0, ENCODER_FILTER - DECODER_LOWER);
  memory.fill(slot + DECODER_FILTER, 0, FILTER_BYTES);
  changetype<Band>(slot + DECODER_LOWER).scale = LOWER_SCALE;
  changetype<Band>(slot + DECODER_UPPER).scale = UPPER_SCALE;
}

/** An even number of samples in, half as many bytes out. */
export function encodeG722(slot: usize, samples: i32): i32 {
  const lower = changetype<Band>(slot + ENCODER_LOWER);
  const upper = changetype<Band>(slot + ENCODER_UPPER);
  const work = slot + WORK;
  memory.copy(work, slot + ENCODER_FILTER, FILTER_BYTES);
  for (let i = 0; i < samples; i++) {
    store<i16>(work + FILTER_BYTES + (i << 1), toInt16(load<f32>(slot + PCM + (i << 2))));
  }
  const bytes = samples >> 1;
  for (let i = 0; i < bytes; i++) {
    const taps = work + (i << 2);
    const low = encodeLower(lower, filter(taps, TO_LOWER) >> 14);
    const high = encodeUpper(upper, filter(taps, TO_UPPER) >> 14);
    store<u8>(slot + PAYLOAD + i, (high << 6) | low);
  }
  memory.copy(slot + ENCODER_FILTER, work + (bytes << 2), FILTER_BYTES);
  return bytes;
}

/** Any number of bytes in, twice as many samples out. */
export function decodeG722(slot: usize, bytes: i32): i32 {
  const lower = changetype<Band>(slot + DECODER_LOWER);
  const upper = changetype<Band>(slot + DECODER_UPPER);
  const work = slot + WORK;
  memory.copy(work, slot + DECODER_FILTER, FILTER_BYTES);
  for (let i = 0; i < bytes; i++) {
    const byte = <i32>load<u8>(slot + PAYLOAD + i);
    const low = decodeLower(lower, byte & 0x3f);
    const high = decodeUpper(upper, byte >> 6);
    store<i16>(work + FILTER_BYTES + (i << 2), low + high);
    store<i16>(work + FILTER_BYTES + (i << 2), low - high, 2);
    const pcm = slot + PCM + (i << 3);
    const taps = work + (i << 2);
    store<f32>(pcm, toFloat(saturate(filter(taps, TO_FIRST) >> 11)));
    store<f32>(pcm, toFloat(saturate(filter(taps, TO_SECOND) >> 11)), 4);
  }
  memory.copy(slot + DECODER_FILTER, work + (bytes << 2), FILTER_BYTES);
  return bytes << 1;
}

/** 24 samples by 24 taps. */
function filter(samples: usize, taps: usize): i32 {
  const sums = i32x4.add(
    i32x4.add(
      i32x4.dot_i16x8_s(v128.load(samples), v128.load(taps)),
      i32x4.dot_i16x8_s(v128.load(samples, 16), v128.load(taps, 16)),
    ),
    i32x4.dot_i16x8_s(v128.load(samples, 32), v128.load(taps, 32)),
  );
  const halves = i32x4.add(sums, i32x4.shuffle(sums, sums, 2, 3, 0, 1));
  return i32x4.extract_lane(halves, 0) + i32x4.extract_lane(halves, 1);
}

function encodeLower(band: Band, sample: i32): i32 {
  const error = saturate(sample - band.predicted);
  const interval = lowerInterval(error < 0 ? ~error : error, band.scale);
  // ILN and ILP: codes of a difference below or above nothing, by its decision interval.
  const code = error >= 0 ? 62 - interval : interval < 3 ? 64 - interval : 34 - interval;
  adaptLower(band, code);
  return code;
}

/** First of the intervals 1 to 30 whose upper decision level is beyond the magnitude. */
function lowerInterval(magnitude: i32, scale: i32): i32 {
  let from = 0;
  let to = DECISION_COUNT;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (magnitude >= (load<i16>(DECISIONS + (middle << 1)) * scale) >> 12) from = middle + 1;
    else to = middle;
  }
  return from + 1;
}

function encodeUpper(band: Band, sample: i32): i32 {
  const error = saturate(sample - band.predicted);
  const magnitude = error < 0 ? ~error : error;
  const outer = magnitude >= (UPPER_DECISION * band.scale) >> 12;
  // IHN and IHP.
  const code = (error < 0 ? 0 : 2) | (outer ? 0 : 1);
  adaptUpper(band, code);
  return code;
}

function decodeLower(band: Band, code: i32): i32 {
  const sample = band.predicted + ((band.scale * load<i16>(LEVELS + (code << 1))) >> 15);
  adaptLower(band, code);
  return clamp(sample, -16384, 16383);
}

function decodeUpper(band: Band, code: i32): i32 {
  const sample = band.predicted + upperDifference(band, code);
  adaptUpper(band, code);
  return clamp(sample, -16384, 16383);
}
