/** The recurrent layer (LSTM) behind its products, and the decoder. */
import { add, mul, splat, sub, total } from './vector.ts';

export const UNITS: i32 = 128;
/** Bytes of one gate of all units; the gates of a row are input, forget, cell and output. */
const GATE: usize = (<usize>UNITS) << 2;

/**
 * Moves `state` and the cells behind it on by the `gates` (512, before their nonlinearities), and gives the probability
 * that the decoder, 128 weights and a bias, makes of the new state.
 */
export function recall(gates: usize, state: usize, decoder: usize): f32 {
  const cells = state + GATE;
  const zero = splat(0);
  let sum = zero;
  for (let at: usize = 0; at < GATE; at += 16) {
    const gate = gates + at;
    const input = sigmoid(v128.load(gate));
    const forget = sigmoid(v128.load(gate, 512));
    const fresh = tanh(v128.load(gate, 1024));
    const output = sigmoid(v128.load(gate, 1536));
    const cell = add(mul(forget, v128.load(cells + at)), mul(input, fresh));
    const unit = mul(output, tanh(cell));
    v128.store(cells + at, cell);
    v128.store(state + at, unit);
    sum = add(sum, mul(f32x4.pmax(zero, unit), v128.load(decoder + at)));
  }
  const logit = total(sum) + load<f32>(decoder + GATE);
  return f32x4.extract_lane(sigmoid(splat(logit)), 0);
}

function sigmoid(x: v128): v128 {
  const one = splat(1);
  return f32x4.div(one, add(one, exponential(f32x4.neg(x))));
}

function tanh(x: v128): v128 {
  const two = splat(2);
  return sub(mul(two, sigmoid(mul(two, x))), splat(1));
}

/** e to the x, for |x| up to 87 and as for 87 beyond (S. Moshier, Cephes, expf). */
function exponential(x: v128): v128 {
  const bounded = f32x4.pmin(splat(87), f32x4.pmax(splat(-87), x));
  const powers = f32x4.nearest(mul(bounded, splat(<f32>Math.LOG2E)));
  let rest = sub(bounded, mul(powers, splat(0.693359375)));
  rest = sub(rest, mul(powers, splat(-2.1219444e-4)));
  let series = splat(1.98756915e-4);
  series = add(mul(series, rest), splat(1.3981999507e-3));
  series = add(mul(series, rest), splat(8.3334519073e-3));
  series = add(mul(series, rest), splat(4.1665795894e-2));
  series = add(mul(series, rest), splat(1.6666665459e-1));
  series = add(mul(series, rest), splat(5.0000001201e-1));
  series = add(add(mul(mul(series, rest), rest), rest), splat(1));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(powers), i32x4.splat(127)), 23);
  return mul(series, scale);
}
