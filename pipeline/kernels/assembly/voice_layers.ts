/**
 * The network's products of weights and inputs. Weights lie in panels of a few outputs each: while the voices of a batch
 * pass by a panel, one after another, it stays in the nearest cache.
 */
import { add, mul, splat, sub } from './vector.ts';

/** Outputs of a panel of the first layer, and bytes of as many numbers. */
export const NARROW: i32 = 8;
export const NARROW_BYTES: usize = 32;
/** The same of all other layers. */
export const WIDE: i32 = 32;
export const WIDE_BYTES: usize = 128;

/** Mixtures of the four spectra, and bytes from one to the next: room for 129 bins, and whole vectors. */
export const MIXTURES: i32 = 6;
const MIXTURE_BYTES: usize = 132 * 4;

/** Bytes of all of them. */
export const MIXED_BYTES: usize = <usize>MIXTURES * MIXTURE_BYTES;

/**
 * The first layer is a convolution over four spectra with three taps, of which four outputs would take ten products a
 * bin. After Winograd it takes six, of mixtures of spectra with mixtures of taps (A. Lavin, S. Gray, Fast Algorithms for
 * Convolutional Neural Networks, 2015, F(4, 3)). Here go in, for each bin, the magnitudes in the four spectra.
 */
export function mixSpectra(bins: i32, magnitudes: usize, mixtures: usize): void {
  const two = splat(2);
  const four = splat(4);
  const five = splat(5);
  for (let bin = 0; bin < bins; bin += 4) {
    const a = v128.load(magnitudes);
    const b = v128.load(magnitudes, 16);
    const c = v128.load(magnitudes, 32);
    const d = v128.load(magnitudes, 48);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const abLater = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdLater = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const first = v128.shuffle<f64>(ab, cd, 0, 2);
    const second = v128.shuffle<f64>(ab, cd, 1, 3);
    const third = v128.shuffle<f64>(abLater, cdLater, 0, 2);
    const fourth = v128.shuffle<f64>(abLater, cdLater, 1, 3);
    const even = sub(fourth, mul(four, second));
    const odd = sub(mul(four, first), third);
    const evenNear = sub(fourth, second);
    const oddNear = mul(two, sub(first, third));
    v128.store(mixtures, sub(fourth, mul(five, second)));
    v128.store(mixtures, sub(even, odd), MIXTURE_BYTES);
    v128.store(mixtures, add(even, odd), 2 * MIXTURE_BYTES);
    v128.store(mixtures, sub(evenNear, oddNear), 3 * MIXTURE_BYTES);
    v128.store(mixtures, add(evenNear, oddNear), 4 * MIXTURE_BYTES);
    v128.store(mixtures, sub(mul(four, first), mul(five, third)), 5 * MIXTURE_BYTES);
    magnitudes += 64;
    mixtures += 16;
  }
}

/**
 * The first layer, for one panel and voice: of each bin there are eight weights for each mixture. What comes out, not
 * rectified, is for each spectrum a row of so many bytes.
 */
export function multiplyMixtures(
  bins: i32,
  weights: usize,
  bias: usize,
  mixtures: usize,
  to: usize,
  rowBytes: usize,
): void {
  let a0 = splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  let a4 = a0;
  let b4 = a0;
  let a5 = a0;
  let b5 = a0;
  const end = mixtures + ((<usize>bins) << 2);
  for (let at = mixtures; at < end; at += 4) {
    let x = v128.load32_splat(at);
    a0 = add(a0, mul(x, v128.load(weights)));
    b0 = add(b0, mul(x, v128.load(weights, 16)));
    x = v128.load32_splat(at, MIXTURE_BYTES);
    a1 = add(a1, mul(x, v128.load(weights, 32)));
    b1 = add(b1, mul(x, v128.load(weights, 48)));
    x = v128.load32_splat(at, 2 * MIXTURE_BYTES);
    a2 = add(a2, mul(x, v128.load(weights, 64)));
    b2 = add(b2, mul(x, v128.load(weights, 80)));
    x = v128.load32_splat(at, 3 * MIXTURE_BYTES);
    a3 = add(a3, mul(x, v128.load(weights, 96)));
    b3 = add(b3, mul(x, v128.load(weights, 112)));
    x = v128.load32_splat(at, 4 * MIXTURE_BYTES);
    a4 = add(a4, mul(x, v128.load(weights, 128)));
    b4 = add(b4, mul(x, v128.load(weights, 144)));
    x = v128.load32_splat(at, 5 * MIXTURE_BYTES);
    a5 = add(a5, mul(x, v128.load(weights, 160)));
    b5 = add(b5, mul(x, v128.load(weights, 176)));
    weights += 192;
  }
  storeUnmixed(to, rowBytes, v128.load(bias), a0, a1, a2, a3, a4, a5);
  storeUnmixed(to + 16, rowBytes, v128.load(bias, 16), b0, b1, b2, b3, b4, b5);
}

/** The layer's four outputs out of the six products. */
function storeUnmixed(
  to: usize,
  rowBytes: usize,
  bias: v128,
  m0: v128,
  m1: v128,
  m2: v128,
  m3: v128,
  m4: v128,
  m5: v128,
): void {
  const near = add(m1, m2);
  const nearOdd = sub(m1, m2);
  const far = add(m3, m4);
  const farOdd = sub(m3, m4);
  v128.store(to, add(bias, add(m0, add(near, far))));
  v128.store(to + rowBytes, add(bias, add(nearOdd, mul(splat(2), farOdd))));
  v128.store(to + 2 * rowBytes, add(bias, add(near, mul(splat(4), far))));
  v128.store(to + 3 * rowBytes, add(bias, add(m5, add(nearOdd, mul(splat(8), farOdd)))));
}

function storePair(to: usize, a: v128, b: v128): void {
  v128.store(to, a);
  v128.store(to, b, 16);
}

/**
 * One wide panel of any other layer, for one voice: products of so many lists of `inputs`, each with the weights of its
 * tap, and a bias. What comes out is not rectified.
 */
export function multiplyLists(
  inputs: i32,
  weights: usize,
  bias: usize,
  lists: usize,
  count: i32,
  to: usize,
): void {
  let s0 = v128.load(bias);
  let s1 = v128.load(bias, 16);
  let s2 = v128.load(bias, 32);
  let s3 = v128.load(bias, 48);
  let s4 = v128.load(bias, 64);
  let s5 = v128.load(bias, 80);
  let s6 = v128.load(bias, 96);
  let s7 = v128.load(bias, 112);
  for (let list = 0; list < count; list++) {
    const end = lists + load<u32>(lists);
    for (let at = lists + ITEM_BYTES; at < end; at += ITEM_BYTES) {
      const w = weights + load<u32>(at);
      const x = v128.load32_splat(at, 4);
      s0 = add(s0, mul(x, v128.load(w)));
      s1 = add(s1, mul(x, v128.load(w, 16)));
      s2 = add(s2, mul(x, v128.load(w, 32)));
      s3 = add(s3, mul(x, v128.load(w, 48)));
      s4 = add(s4, mul(x, v128.load(w, 64)));
      s5 = add(s5, mul(x, v128.load(w, 80)));
      s6 = add(s6, mul(x, v128.load(w, 96)));
      s7 = add(s7, mul(x, v128.load(w, 112)));
    }
    weights += <usize>inputs * WIDE_BYTES;
    lists += listBytes(inputs);
  }
  storePair(to, s0, s1);
  storePair(to + 32, s2, s3);
  storePair(to + 64, s4, s5);
  storePair(to + 96, s6, s7);
}

/**
 * A list of inputs begins with its length in bytes; each has 8 bytes, where its weights lie from the first input's on,
 * and its value. Inputs of value 0, four of five behind a rectified layer, are left out.
 */
const ITEM_BYTES: usize = 8;

/** Bytes of a list of so many inputs at most, one behind the last included, which may be written over. */
export function listBytes(inputs: i32): usize {
  return (<usize>inputs + 2) * ITEM_BYTES;
}

/** Lists what of so many values is positive, as a rectified layer gives it. */
export function listPositive(values: usize, count: i32, list: usize): void {
  const end = values + ((<usize>count) << 2);
  let to = list + ITEM_BYTES;
  let offset: usize = 0;
  for (let at = values; at < end; at += 4) {
    const value = load<f32>(at);
    store<u32>(to, offset);
    store<f32>(to, value, 4);
    to += (<usize>(value > 0)) << 3;
    offset += WIDE_BYTES;
  }
  store<u32>(list, to - list);
}

/** Lists all of so many further values, those of the inputs from `first` on. */
export function listMore(values: usize, first: i32, count: i32, list: usize): void {
  const end = values + ((<usize>count) << 2);
  let to = list + load<u32>(list);
  let offset = <usize>first * WIDE_BYTES;
  for (let at = values; at < end; at += 4) {
    store<u32>(to, offset);
    store<f32>(to, load<f32>(at), 4);
    to += ITEM_BYTES;
    offset += WIDE_BYTES;
  }
  store<u32>(list, to - list);
}
