/**
 * The four spectra of a window: its frames lie in the lanes and are transformed together. The 2h real points of a frame
 * are taken for h complex ones (64 or 128), those transformed in radix 4, with one radix-2 step before where h is 128.
 */
import { add, mul, splat, sub } from './vector.ts';

const LONGEST: i32 = 128;

/** Turns of a circle in 256 steps: pairs of cosine and negative sine. */
const CIRCLE: i32 = 256;
const TURNS = memory.data(256 * 8, 16);
/** Where each complex point goes before the transform, for 64 and for 128 of them. */
const PLACES_64 = memory.data(64);
const PLACES_128 = memory.data(128);

fillTurns();
fillPlaces(PLACES_64, 64);
fillPlaces(PLACES_128, 128);

function fillTurns(): void {
  for (let i = 0; i < CIRCLE; i++) {
    const angle = (2 * Math.PI * <f64>i) / <f64>CIRCLE;
    store<f32>(TURNS + ((<usize>i) << 3), <f32>Math.cos(angle));
    store<f32>(TURNS + ((<usize>i) << 3), <f32>-Math.sin(angle), 4);
  }
}

/** Every fourth point goes into the same quarter, and so on within the quarters, down to one or two points. */
function fillPlaces(places: usize, points: i32): void {
  for (let i = 0; i < points; i++) {
    let rest = i;
    let length = points;
    let at = 0;
    while (length > 2) {
      length >>= 2;
      at += (rest & 3) * length;
      rest >>= 2;
    }
    store<u8>(places + <usize>i, <u8>(at + rest));
  }
}

/** Bytes that `spectra` needs to work in. */
export const SPECTRA_BYTES: usize = <usize>LONGEST * 32;

/**
 * Magnitudes of the bins 0…h of four frames of 2h samples, a frame every h samples from `samples` on, each multiplied
 * with `window`: for each bin, those of the four frames side by side.
 */
export function spectra(h: i32, samples: usize, window: usize, work: usize, magnitudes: usize): void {
  place(h, samples, window, work);
  let length = 1;
  if (h === LONGEST) {
    pairUp(work, h);
    length = 2;
  }
  for (; length < h; length <<= 2) joinQuarters(work, h, length);
  measure(h, work, magnitudes);
}

/** Windowed points into their places, 32 bytes each: real parts of the four frames, imaginary parts. */
function place(h: i32, samples: usize, window: usize, work: usize): void {
  const places = h === LONGEST ? PLACES_128 : PLACES_64;
  const hop = (<usize>h) << 2;
  for (let i = 0; i < h; i += 2) {
    const at = samples + ((<usize>i) << 3);
    const w = v128.load(window + ((<usize>i) << 3));
    const a = mul(v128.load(at), w);
    const b = mul(v128.load(at + hop), w);
    const c = mul(v128.load(at + 2 * hop), w);
    const d = mul(v128.load(at + 3 * hop), w);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const abLater = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdLater = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const first = work + ((<usize>load<u8>(places + <usize>i)) << 5);
    const second = work + ((<usize>load<u8>(places + <usize>i, 1)) << 5);
    v128.store(first, v128.shuffle<f64>(ab, cd, 0, 2));
    v128.store(first, v128.shuffle<f64>(ab, cd, 1, 3), 16);
    v128.store(second, v128.shuffle<f64>(abLater, cdLater, 0, 2));
    v128.store(second, v128.shuffle<f64>(abLater, cdLater, 1, 3), 16);
  }
}

function pairUp(work: usize, h: i32): void {
  const end = work + ((<usize>h) << 5);
  for (let at = work; at < end; at += 64) {
    const ar = v128.load(at);
    const ai = v128.load(at, 16);
    const br = v128.load(at, 32);
    const bi = v128.load(at, 48);
    v128.store(at, add(ar, br));
    v128.store(at, add(ai, bi), 16);
    v128.store(at, sub(ar, br), 32);
    v128.store(at, sub(ai, bi), 48);
  }
}

/** Joins transforms of `length` points, four neighbours each time. */
function joinQuarters(work: usize, h: i32, length: i32): void {
  const apart = (<usize>length) << 5;
  const step = CIRCLE / (4 * length);
  const end = work + ((<usize>h) << 5);
  for (let k = 0; k < length; k++) {
    const one = TURNS + ((<usize>(k * step)) << 3);
    const two = TURNS + ((<usize>(2 * k * step)) << 3);
    const three = TURNS + ((<usize>(3 * k * step)) << 3);
    const c1 = v128.load32_splat(one);
    const s1 = v128.load32_splat(one, 4);
    const c2 = v128.load32_splat(two);
    const s2 = v128.load32_splat(two, 4);
    const c3 = v128.load32_splat(three);
    const s3 = v128.load32_splat(three, 4);
    for (let at = work + ((<usize>k) << 5); at < end; at += 4 * apart) {
      const b = at + apart;
      const c = b + apart;
      const d = c + apart;
      const ar = v128.load(at);
      const ai = v128.load(at, 16);
      let xr = v128.load(b);
      let xi = v128.load(b, 16);
      const br = sub(mul(xr, c1), mul(xi, s1));
      const bi = add(mul(xr, s1), mul(xi, c1));
      xr = v128.load(c);
      xi = v128.load(c, 16);
      const cr = sub(mul(xr, c2), mul(xi, s2));
      const ci = add(mul(xr, s2), mul(xi, c2));
      xr = v128.load(d);
      xi = v128.load(d, 16);
      const dr = sub(mul(xr, c3), mul(xi, s3));
      const di = add(mul(xr, s3), mul(xi, c3));
      const evenSumR = add(ar, cr);
      const evenSumI = add(ai, ci);
      const evenDifferR = sub(ar, cr);
      const evenDifferI = sub(ai, ci);
      const oddSumR = add(br, dr);
      const oddSumI = add(bi, di);
      const oddDifferR = sub(br, dr);
      const oddDifferI = sub(bi, di);
      v128.store(at, add(evenSumR, oddSumR));
      v128.store(at, add(evenSumI, oddSumI), 16);
      v128.store(b, add(evenDifferR, oddDifferI));
      v128.store(b, sub(evenDifferI, oddDifferR), 16);
      v128.store(c, sub(evenSumR, oddSumR));
      v128.store(c, sub(evenSumI, oddSumI), 16);
      v128.store(d, sub(evenDifferR, oddDifferI));
      v128.store(d, add(evenDifferI, oddDifferR), 16);
    }
  }
}

/** Parts the transform of h complex points into that of 2h real ones, bins k and h − k at a time. */
function measure(h: i32, work: usize, magnitudes: usize): void {
  const step = CIRCLE / (2 * h);
  const half = splat(0.5);
  for (let k = 0; k <= h >> 1; k++) {
    const a = work + ((<usize>k) << 5);
    const b = work + ((<usize>((h - k) & (h - 1))) << 5);
    const ar = v128.load(a);
    const ai = v128.load(a, 16);
    const br = v128.load(b);
    const bi = v128.load(b, 16);
    const turn = TURNS + ((<usize>(k * step)) << 3);
    const cosine = v128.load32_splat(turn);
    const sine = v128.load32_splat(turn, 4);
    const evenR = mul(half, add(ar, br));
    const evenI = mul(half, sub(ai, bi));
    const oddR = mul(half, add(ai, bi));
    const oddI = mul(half, sub(br, ar));
    const turnedR = sub(mul(oddR, cosine), mul(oddI, sine));
    const turnedI = add(mul(oddR, sine), mul(oddI, cosine));
    const bin = magnitudes + ((<usize>k) << 4);
    v128.store(bin, magnitude(add(evenR, turnedR), add(evenI, turnedI)));
    const mirrored = magnitudes + ((<usize>(h - k)) << 4);
    v128.store(mirrored, magnitude(sub(evenR, turnedR), sub(evenI, turnedI)));
  }
}

function magnitude(re: v128, im: v128): v128 {
  return f32x4.sqrt(add(mul(re, re), mul(im, im)));
}
