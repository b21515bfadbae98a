/** Short names for what is done to four lanes at once; the compiler puts them in place. */

export function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

export function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

export function mul(a: v128, b: v128): v128 {
  return f32x4.mul(a, b);
}

export function splat(value: f32): v128 {
  return f32x4.splat(value);
}

/** The last lane first. */
export function reversed(a: v128): v128 {
  return v128.shuffle<f32>(a, a, 3, 2, 1, 0);
}

/** Sum of the lanes. */
export function total(a: v128): f32 {
  const pairs = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Sum of the products of two rows of samples, a multiple of four. */
export function product(a: usize, b: usize, samples: i32): f32 {
  let sums = splat(0);
  const bytes = (<usize>samples) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    sums = add(sums, mul(v128.load(a + at), v128.load(b + at)));
  }
  return total(sums);
}
