/**
 * Real transforms of 160 and 320 points, that is of two frames. The 2n real points are taken for n complex ones (80 or
 * 160), those for four interleaved transforms, one per SIMD lane (Stockham, radices 5, 2 and 4), and one radix-4 step
 * joins the lanes.
 */
import { add, mul, reversed, splat, sub } from './vector.ts';

/** What belongs to one length: addresses of its tables of cosines and sines. */
@unmanaged
class Plan {
  /** Complex points, n. */
  points: i32;
  /** Points of each lane, a quarter. */
  lanePoints: i32;
  /** Of the radix-5 stage: for each of its steps, four turns in all lanes. */
  fives: usize;
  /** Of the radix-2 stage, which only 40 points a lane need: for each of its steps, one turn in all lanes. */
  twos: usize;
  /** Of the step across the lanes: for each point, a turn per lane. */
  across: usize;
  /** That part the two halves of the real points: a row of cosines, a row of sines. */
  split: usize;
}

const TURN_BYTES: usize = 32;
const NARROW = changetype<Plan>(memory.data(24, 16));
const WIDE = changetype<Plan>(memory.data(24, 16));
const NARROW_FIVES = memory.data(4 * 4 * 32, 16);
const WIDE_FIVES = memory.data(8 * 4 * 32, 16);
const WIDE_TWOS = memory.data(4 * 32, 16);
const NARROW_ACROSS = memory.data(20 * 32, 16);
const WIDE_ACROSS = memory.data(40 * 32, 16);
const NARROW_SPLIT = memory.data(2 * 84 * 4, 16);
const WIDE_SPLIT = memory.data(2 * 164 * 4, 16);

/** Two sets of points in lanes, 32 bytes each: real parts, imaginary parts. */
const ONE = memory.data(40 * 32, 16);
const OTHER = memory.data(40 * 32, 16);
/** Rows of real and imaginary parts on either side of the complex transform. */
const IN_RE = memory.data(164 * 4, 16);
const IN_IM = memory.data(164 * 4, 16);
const OUT_RE = memory.data(164 * 4, 16);
const OUT_IM = memory.data(164 * 4, 16);

fillPlan(NARROW, 80, NARROW_FIVES, 0, NARROW_ACROSS, NARROW_SPLIT);
fillPlan(WIDE, 160, WIDE_FIVES, WIDE_TWOS, WIDE_ACROSS, WIDE_SPLIT);

/** Bytes of a row of n + 1 bins, padded to whole vectors. */
export function rowBytes(n: i32): usize {
  return (<usize>(n + 4)) << 2;
}

/** 2n real samples at `x` (n is 80 or 160) to the bins 0…n; what pads the rows `re` and `im` is zero. */
export function forward(n: i32, x: usize, re: usize, im: usize): void {
  const plan = n === 80 ? NARROW : WIDE;
  const bytes = (<usize>n) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const a = v128.load(x + 2 * at);
    const b = v128.load(x + 2 * at, 16);
    v128.store(IN_RE + at, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
    v128.store(IN_IM + at, v128.shuffle<f32>(a, b, 1, 3, 5, 7));
  }
  transform(plan, OUT_RE, OUT_IM);
  store<f32>(OUT_RE + bytes, load<f32>(OUT_RE));
  store<f32>(OUT_IM + bytes, load<f32>(OUT_IM));
  const half = splat(0.5);
  const sines = plan.split + rowBytes(n);
  for (let k: usize = 0; k < bytes; k += 16) {
    const ar = v128.load(OUT_RE + k);
    const ai = v128.load(OUT_IM + k);
    const br = reversed(v128.load(OUT_RE + bytes - 12 - k));
    const bi = reversed(v128.load(OUT_IM + bytes - 12 - k));
    const cosine = v128.load(plan.split + k);
    const sine = v128.load(sines + k);
    const oddRe = mul(half, add(ai, bi));
    const oddIm = mul(half, sub(br, ar));
    v128.store(re + k, add(mul(half, add(ar, br)), sub(mul(oddRe, cosine), mul(oddIm, sine))));
    v128.store(im + k, add(mul(half, sub(ai, bi)), add(mul(oddRe, sine), mul(oddIm, cosine))));
  }
  v128.store(re + bytes, f32x4(load<f32>(OUT_RE) - load<f32>(OUT_IM), 0, 0, 0));
  v128.store(im + bytes, splat(0));
}

/** The bins 0…n (n is 80 or 160) to 2n real samples at `x`, so that it undoes `forward`. */
export function inverse(n: i32, re: usize, im: usize, x: usize): void {
  const plan = n === 80 ? NARROW : WIDE;
  const bytes = (<usize>n) << 2;
  const gain = splat(0.5 / <f32>n);
  const sines = plan.split + rowBytes(n);
  // With real and imaginary parts exchanged on both sides, the forward transform is the inverse one.
  for (let k: usize = 0; k < bytes; k += 16) {
    const ar = v128.load(re + k);
    const ai = v128.load(im + k);
    const br = reversed(v128.load(re + bytes - 12 - k));
    const bi = reversed(v128.load(im + bytes - 12 - k));
    const cosine = v128.load(plan.split + k);
    const sine = v128.load(sines + k);
    const differRe = sub(ar, br);
    const differIm = add(ai, bi);
    const oddIm = sub(mul(differIm, cosine), mul(differRe, sine));
    const oddRe = add(mul(differRe, cosine), mul(differIm, sine));
    v128.store(IN_IM + k, mul(gain, sub(add(ar, br), oddIm)));
    v128.store(IN_RE + k, mul(gain, add(sub(ai, bi), oddRe)));
  }
  transform(plan, OUT_RE, OUT_IM);
  for (let at: usize = 0; at < bytes; at += 16) {
    const a = v128.load(OUT_IM + at);
    const b = v128.load(OUT_RE + at);
    v128.store(x + 2 * at, v128.shuffle<f32>(a, b, 0, 4, 1, 5));
    v128.store(x + 2 * at, v128.shuffle<f32>(a, b, 2, 6, 3, 7), 16);
  }
}

/** Complex transform of what is in IN_RE and IN_IM. */
function transform(plan: Plan, re: usize, im: usize): void {
  radixFive(plan);
  if (plan.twos === 0) {
    radixFour(plan, OTHER, ONE, 5);
    joinLanes(plan, ONE, re, im);
  } else {
    radixTwo(plan);
    radixFour(plan, ONE, OTHER, 10);
    joinLanes(plan, OTHER, re, im);
  }
}

function radixFive(plan: Plan): void {
  const steps = <usize>(plan.lanePoints / 5);
  const apart = steps << 4;
  const c1 = splat(0.30901699437494745);
  const c2 = splat(-0.8090169943749475);
  const s1 = splat(0.9510565162951535);
  const s2 = splat(0.5877852522924731);
  for (let step: usize = 0; step < steps; step++) {
    const re = IN_RE + (step << 4);
    const im = IN_IM + (step << 4);
    const to = OTHER + step * 5 * TURN_BYTES;
    const turns = plan.fives + step * 4 * TURN_BYTES;
    const ar = v128.load(re);
    const ai = v128.load(im);
    const x1r = v128.load(re + apart);
    const x4r = v128.load(re + 4 * apart);
    const x1i = v128.load(im + apart);
    const x4i = v128.load(im + 4 * apart);
    const x2r = v128.load(re + 2 * apart);
    const x3r = v128.load(re + 3 * apart);
    const x2i = v128.load(im + 2 * apart);
    const x3i = v128.load(im + 3 * apart);
    const br = add(x1r, x4r);
    const bi = add(x1i, x4i);
    const cr = add(x2r, x3r);
    const ci = add(x2i, x3i);
    const dr = sub(x1r, x4r);
    const di = sub(x1i, x4i);
    const er = sub(x2r, x3r);
    const ei = sub(x2i, x3i);
    put(to, add(ar, add(br, cr)), add(ai, add(bi, ci)));
    const near1r = add(ar, add(mul(c1, br), mul(c2, cr)));
    const near1i = add(ai, add(mul(c1, bi), mul(c2, ci)));
    const near2r = add(ar, add(mul(c2, br), mul(c1, cr)));
    const near2i = add(ai, add(mul(c2, bi), mul(c1, ci)));
    const far1r = add(mul(s1, di), mul(s2, ei));
    const far1i = add(mul(s1, dr), mul(s2, er));
    const far2r = sub(mul(s2, di), mul(s1, ei));
    const far2i = sub(mul(s2, dr), mul(s1, er));
    putTurned(to + 32, add(near1r, far1r), sub(near1i, far1i), turns);
    putTurned(to + 64, add(near2r, far2r), sub(near2i, far2i), turns + 32);
    putTurned(to + 96, sub(near2r, far2r), add(near2i, far2i), turns + 64);
    putTurned(to + 128, sub(near1r, far1r), add(near1i, far1i), turns + 96);
  }
}

/** From OTHER to ONE: four steps over five points each. */
function radixTwo(plan: Plan): void {
  for (let step: usize = 0; step < 4; step++) {
    const turn = plan.twos + step * TURN_BYTES;
    for (let point: usize = 0; point < 5; point++) {
      const from = OTHER + (step * 5 + point) * TURN_BYTES;
      const to = ONE + (step * 10 + point) * TURN_BYTES;
      const ar = v128.load(from);
      const ai = v128.load(from, 16);
      const br = v128.load(from, 20 * 32);
      const bi = v128.load(from, 20 * 32 + 16);
      put(to, add(ar, br), add(ai, bi));
      putTurned(to + 5 * TURN_BYTES, sub(ar, br), sub(ai, bi), turn);
    }
  }
}

/** The last stage of each lane, and the turns that the step across the lanes wants. */
function radixFour(plan: Plan, from: usize, to: usize, points: usize): void {
  const apart = points * TURN_BYTES;
  for (let at: usize = 0; at < apart; at += TURN_BYTES) {
    const ar = v128.load(from + at);
    const ai = v128.load(from + at, 16);
    const br = v128.load(from + at + apart);
    const bi = v128.load(from + at + apart, 16);
    const cr = v128.load(from + at + 2 * apart);
    const ci = v128.load(from + at + 2 * apart, 16);
    const dr = v128.load(from + at + 3 * apart);
    const di = v128.load(from + at + 3 * apart, 16);
    const turns = plan.across + at;
    const sumR = add(ar, cr);
    const sumI = add(ai, ci);
    const differR = sub(ar, cr);
    const differI = sub(ai, ci);
    const otherR = add(br, dr);
    const otherI = add(bi, di);
    const turnedR = sub(bi, di);
    const turnedI = sub(dr, br);
    putTurned(to + at, add(sumR, otherR), add(sumI, otherI), turns);
    putTurned(to + at + apart, add(differR, turnedR), add(differI, turnedI), turns + apart);
    putTurned(to + at + 2 * apart, sub(sumR, otherR), sub(sumI, otherI), turns + 2 * apart);
    putTurned(to + at + 3 * apart, sub(differR, turnedR), sub(differI, turnedI), turns + 3 * apart);
  }
}

/** Radix 4 across the lanes: four points of all lanes become rows, whose sums lie a quarter of the bins apart. */
function joinLanes(plan: Plan, from: usize, re: usize, im: usize): void {
  const apart = (<usize>plan.lanePoints) << 2;
  for (let at: usize = 0; at < apart; at += 16) {
    const points = from + (at << 3);
    const r = rowsOf(points);
    const r0 = v128.load(r);
    const r1 = v128.load(r, 16);
    const r2 = v128.load(r, 32);
    const r3 = v128.load(r, 48);
    const i = rowsOf(points + 16);
    const i0 = v128.load(i);
    const i1 = v128.load(i, 16);
    const i2 = v128.load(i, 32);
    const i3 = v128.load(i, 48);
    const sumR = add(r0, r2);
    const sumI = add(i0, i2);
    const differR = sub(r0, r2);
    const differI = sub(i0, i2);
    const otherR = add(r1, r3);
    const otherI = add(i1, i3);
    const turnedR = sub(i1, i3);
    const turnedI = sub(r3, r1);
    v128.store(re + at, add(sumR, otherR));
    v128.store(im + at, add(sumI, otherI));
    v128.store(re + at + apart, add(differR, turnedR));
    v128.store(im + at + apart, add(differI, turnedI));
    v128.store(re + at + 2 * apart, sub(sumR, otherR));
    v128.store(im + at + 2 * apart, sub(sumI, otherI));
    v128.store(re + at + 3 * apart, sub(differR, turnedR));
    v128.store(im + at + 3 * apart, sub(differI, turnedI));
  }
}

const ROWS = memory.data(64, 16);

/** Four vectors, 32 bytes apart from `points` on, with rows and columns exchanged; overwritten by the next call. */
function rowsOf(points: usize): usize {
  const a = v128.load(points);
  const b = v128.load(points, 32);
  const c = v128.load(points, 64);
  const d = v128.load(points, 96);
  const e = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const f = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const g = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const h = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(ROWS, v128.shuffle<f32>(e, g, 0, 1, 4, 5));
  v128.store(ROWS, v128.shuffle<f32>(e, g, 2, 3, 6, 7), 16);
  v128.store(ROWS, v128.shuffle<f32>(f, h, 0, 1, 4, 5), 32);
  v128.store(ROWS, v128.shuffle<f32>(f, h, 2, 3, 6, 7), 48);
  return ROWS;
}

function put(to: usize, re: v128, im: v128): void {
  v128.store(to, re);
  v128.store(to, im, 16);
}

function putTurned(to: usize, re: v128, im: v128, turn: usize): void {
  const cosine = v128.load(turn);
  const sine = v128.load(turn, 16);
  v128.store(to, sub(mul(re, cosine), mul(im, sine)));
  v128.store(to, add(mul(re, sine), mul(im, cosine)), 16);
}

function fillPlan(plan: Plan, points: i32, fives: usize, twos: usize, across: usize, split: usize): void {
  const lanePoints = points / 4;
  plan.points = points;
  plan.lanePoints = lanePoints;
  plan.fives = fives;
  plan.twos = twos;
  plan.across = across;
  plan.split = split;
  for (let step = 0; step < lanePoints / 5; step++) {
    for (let i = 1; i < 5; i++) {
      putTurn(fives + <usize>(step * 4 + i - 1) * TURN_BYTES, <f64>(step * i) / <f64>lanePoints);
    }
  }
  if (twos !== 0)
    for (let step = 0; step < 4; step++) putTurn(twos + <usize>step * TURN_BYTES, <f64>step / 8);
  for (let point = 0; point < lanePoints; point++) {
    for (let lane = 0; lane < 4; lane++) {
      const at = across + <usize>point * TURN_BYTES + ((<usize>lane) << 2);
      putAngle(at, at + 16, <f64>(point * lane) / <f64>points);
    }
  }
  for (let bin = 0; bin <= points; bin++) {
    const at = split + ((<usize>bin) << 2);
    putAngle(at, at + rowBytes(points), <f64>bin / <f64>(2 * points));
  }
}

/** Cosine and sine of so much of a full turn backwards, in all lanes. */
function putTurn(at: usize, turns: f64): void {
  for (let lane: usize = 0; lane < 16; lane += 4) putAngle(at + lane, at + 16 + lane, turns);
}

function putAngle(cosineAt: usize, sineAt: usize, turns: f64): void {
  store<f32>(cosineAt, <f32>Math.cos(-2 * Math.PI * turns));
  store<f32>(sineAt, <f32>Math.sin(-2 * Math.PI * turns));
}
