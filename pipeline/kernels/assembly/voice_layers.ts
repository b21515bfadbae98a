/**
 * Products of a layer's weights with its inputs. Weights lie in panels of eight outputs, for each input the eight
 * weights of it, so that a panel stays in the nearest cache while the inputs of all rows pass by it.
 */
import { add, mul, splat } from './vector.ts';

/** Outputs of a panel, and bytes of its weights for one input. */
const PANEL: i32 = 8;
const STEP: usize = (<usize>PANEL) << 2;

/**
 * A convolution over time: an odd number of taps, as many zeros on either side as the outer taps need, which are never
 * multiplied. What goes in and what comes out is a row of numbers for each step of time, one after another.
 */
@unmanaged
export class Layer {
  /** Panels of taps × inputs × 8. */
  weights: usize;
  bias: usize;
  /** Numbers of a step of time that goes in, even. */
  inputs: i32;
  /** Numbers of one that comes out, a multiple of 8, and of 32 where it is used on single rows. */
  outputs: i32;
  taps: i32;
  /** From one output to the next, in steps of the input. */
  hop: i32;
  steps: i32;
  stepsOut: i32;
  /** What comes out is never less. */
  least: f32;
}

/** Weights of a panel in bytes. */
function panelBytes(layer: Layer): usize {
  return <usize>(layer.taps * layer.inputs) * STEP;
}

/** The first step that an output hears of; negative where that is before the first there is. */
function firstStep(layer: Layer, step: i32): i32 {
  return step * layer.hop - (layer.taps >> 1);
}

/** `groups` times four rows, each row's numbers so many bytes after those of the row before. */
export function convolveFours(layer: Layer, groups: i32, from: usize, to: usize, rowBytes: usize): void {
  const least = splat(layer.least);
  let weights = layer.weights;
  const end = layer.bias + ((<usize>layer.outputs) << 2);
  for (let bias = layer.bias; bias < end; bias += STEP) {
    for (let step = 0; step < layer.stepsOut; step++) {
      const first = firstStep(layer, step);
      const begin = max(first, 0);
      const used = min(first + layer.taps, layer.steps) - begin;
      const w = weights + <usize>((begin - first) * layer.inputs) * STEP;
      const wEnd = w + <usize>(used * layer.inputs) * STEP;
      let row = from + ((<usize>(begin * layer.inputs)) << 2);
      let result = to + ((<usize>(step * layer.outputs)) << 2);
      for (let group = 0; group < groups; group++) {
        multiplyFour(w, wEnd, bias, row, result, rowBytes, rowBytes, least);
        row += rowBytes << 2;
        result += rowBytes << 2;
      }
    }
    weights += panelBytes(layer);
    to += STEP;
  }
}

/** As for four rows, for a single one. */
export function convolveOne(layer: Layer, from: usize, to: usize): void {
  const least = splat(layer.least);
  const apart = panelBytes(layer);
  for (let step = 0; step < layer.stepsOut; step++) {
    const first = firstStep(layer, step);
    const begin = max(first, 0);
    const used = min(first + layer.taps, layer.steps) - begin;
    const row = from + ((<usize>(begin * layer.inputs)) << 2);
    let weights = layer.weights + <usize>((begin - first) * layer.inputs) * STEP;
    const end = layer.bias + ((<usize>layer.outputs) << 2);
    for (let bias = layer.bias; bias < end; bias += 4 * STEP) {
      multiplyRow(weights, apart, used * layer.inputs, bias, row, to, least);
      weights += 4 * apart;
      to += 4 * STEP;
    }
  }
}

/**
 * As for a single one, where all its steps are four: they are multiplied together, and so are the zeros around them,
 * one step on either side, which have to be there.
 */
export function convolveSteps(layer: Layer, from: usize, to: usize): void {
  const least = splat(layer.least);
  const before = from - ((<usize>layer.inputs) << 2);
  let weights = layer.weights;
  const end = layer.bias + ((<usize>layer.outputs) << 2);
  for (let bias = layer.bias; bias < end; bias += STEP) {
    const next = weights + panelBytes(layer);
    multiplyFour(weights, next, bias, before, to, layer.inputs << 2, layer.outputs << 2, least);
    weights = next;
    to += STEP;
  }
}

/** Four rows by one panel. */
function multiplyFour(
  weights: usize,
  end: usize,
  bias: usize,
  row: usize,
  to: usize,
  rowBytes: usize,
  resultBytes: usize,
  least: v128,
): void {
  let x0 = row;
  let x1 = x0 + rowBytes;
  let x2 = x1 + rowBytes;
  let x3 = x2 + rowBytes;
  let a0 = v128.load(bias);
  let b0 = v128.load(bias, 16);
  let a1 = a0;
  let b1 = b0;
  let a2 = a0;
  let b2 = b0;
  let a3 = a0;
  let b3 = b0;
  for (let w = weights; w < end; w += 2 * STEP) {
    let wa = v128.load(w);
    let wb = v128.load(w, 16);
    let x = v128.load32_splat(x0);
    a0 = add(a0, mul(x, wa));
    b0 = add(b0, mul(x, wb));
    x = v128.load32_splat(x1);
    a1 = add(a1, mul(x, wa));
    b1 = add(b1, mul(x, wb));
    x = v128.load32_splat(x2);
    a2 = add(a2, mul(x, wa));
    b2 = add(b2, mul(x, wb));
    x = v128.load32_splat(x3);
    a3 = add(a3, mul(x, wa));
    b3 = add(b3, mul(x, wb));
    wa = v128.load(w, 32);
    wb = v128.load(w, 48);
    x = v128.load32_splat(x0, 4);
    a0 = add(a0, mul(x, wa));
    b0 = add(b0, mul(x, wb));
    x = v128.load32_splat(x1, 4);
    a1 = add(a1, mul(x, wa));
    b1 = add(b1, mul(x, wb));
    x = v128.load32_splat(x2, 4);
    a2 = add(a2, mul(x, wa));
    b2 = add(b2, mul(x, wb));
    x = v128.load32_splat(x3, 4);
    a3 = add(a3, mul(x, wa));
    b3 = add(b3, mul(x, wb));
    x0 += 8;
    x1 += 8;
    x2 += 8;
    x3 += 8;
  }
  storePair(to, a0, b0, least);
  to += resultBytes;
  storePair(to, a1, b1, least);
  to += resultBytes;
  storePair(to, a2, b2, least);
  storePair(to + resultBytes, a3, b3, least);
}

function multiplyRow(
  weights: usize,
  apart: usize,
  inputs: i32,
  bias: usize,
  from: usize,
  to: usize,
  least: v128,
): void {
  let w0 = weights;
  let w1 = w0 + apart;
  let w2 = w1 + apart;
  let w3 = w2 + apart;
  let a0 = v128.load(bias);
  let b0 = v128.load(bias, 16);
  let a1 = v128.load(bias, 32);
  let b1 = v128.load(bias, 48);
  let a2 = v128.load(bias, 64);
  let b2 = v128.load(bias, 80);
  let a3 = v128.load(bias, 96);
  let b3 = v128.load(bias, 112);
  const end = from + ((<usize>inputs) << 2);
  for (let at = from; at < end; at += 4) {
    const x = v128.load32_splat(at);
    a0 = add(a0, mul(x, v128.load(w0)));
    b0 = add(b0, mul(x, v128.load(w0, 16)));
    a1 = add(a1, mul(x, v128.load(w1)));
    b1 = add(b1, mul(x, v128.load(w1, 16)));
    a2 = add(a2, mul(x, v128.load(w2)));
    b2 = add(b2, mul(x, v128.load(w2, 16)));
    a3 = add(a3, mul(x, v128.load(w3)));
    b3 = add(b3, mul(x, v128.load(w3, 16)));
    w0 += STEP;
    w1 += STEP;
    w2 += STEP;
    w3 += STEP;
  }
  storePair(to, a0, b0, least);
  storePair(to + STEP, a1, b1, least);
  storePair(to + 2 * STEP, a2, b2, least);
  storePair(to + 3 * STEP, a3, b3, least);
}

function storePair(to: usize, a: v128, b: v128, least: v128): void {
  v128.store(to, f32x4.max(a, least));
  v128.store(to, f32x4.max(b, least), 16);
}
