import { loadWeights, ModelError } from './manifest.ts';
import { type Constant, readConstants } from './onnx.ts';
import { type SileroVersion, sileroEntry, type VadRateHz } from './silero.ts';

/** Rows of the recurrent layer: 128 units, four gates in the order input, forget, cell, output. */
const UNITS = 128;
const GATES = 4 * UNITS;
const TAPS = 3;

/** A convolution over time with three taps: `weights` is outputs × inputs × taps. */
export interface SileroConvolution {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** The weights for one rate, as they were trained. */
export interface SileroWeights {
  readonly rateHz: VadRateHz;
  /** Points of a transform, twice the hop; there are points / 2 + 1 bins. */
  readonly points: number;
  /** What a frame is multiplied with before it is transformed. */
  readonly window: Float32Array;
  /** Time steps of their outputs: 4, 2, 1 and 1. */
  readonly encoder: readonly SileroConvolution[];
  /** The recurrent layer (LSTM): 512 × 128 each, and their biases. */
  readonly inputWeights: Float32Array;
  readonly stateWeights: Float32Array;
  readonly inputBias: Float32Array;
  readonly stateBias: Float32Array;
  /** From the recurrent layer's units to the probability's logit. */
  readonly decoder: Float32Array;
  readonly decoderBias: number;
}

/** Points of the transform at each rate. */
const POINTS: Readonly<Record<VadRateHz, number>> = { 8000: 128, 16000: 256 };
const BASIS = 'stft.forward_basis_buffer';
/** The transform may differ so much from one calculated here, of full scale 1. */
const BASIS_TOLERANCE = 1e-4;

/**
 * The weights of a version for both rates, out of its ONNX model, checked to be the network that is known here.
 * @throws ModelError when they are missing, altered, or another network's
 */
export function readSileroWeights(version: SileroVersion): Readonly<Record<VadRateHz, SileroWeights>> {
  const entry = sileroEntry(version);
  const bytes = loadWeights(entry);
  try {
    const constants = readConstants(bytes);
    return { 8000: sileroWeights(constants, 8000), 16000: sileroWeights(constants, 16_000) };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new ModelError(`model ${entry.name}: ${entry.file} is not the network expected: ${cause}`, {
      cause: error,
    });
  }
}

/**
 * The model holds one network for each rate, told apart by the length of their transforms.
 * @throws RangeError saying which of the constants is not as expected
 */
export function sileroWeights(constants: readonly Constant[], rateHz: VadRateHz): SileroWeights {
  const points = POINTS[rateHz];
  const bins = points / 2 + 1;
  const basis = constants.find(
    ({ name, shape }) => name.endsWith(BASIS) && shape[0] === 2 * bins && shape.at(-1) === points,
  );
  if (basis === undefined) throw new RangeError(`no transform of ${points} points`);
  const prefix = basis.name.slice(0, -BASIS.length);
  const find = (name: string, ...shape: readonly number[]): Float32Array => {
    const found = constants.find(constant => constant.name === prefix + name);
    if (found === undefined) throw new RangeError(`no ${name}`);
    if (found.shape.join() !== shape.join()) {
      throw new RangeError(`${name} is ${found.shape.join(' × ')}, not ${shape.join(' × ')}`);
    }
    return found.values;
  };
  const convolution = (index: number, inputs: number, outputs: number): SileroConvolution => ({
    inputs,
    outputs,
    weights: find(`encoder.${index}.reparam_conv.weight`, outputs, inputs, TAPS),
    bias: find(`encoder.${index}.reparam_conv.bias`, outputs),
  });
  return {
    rateHz,
    points,
    window: windowOf(basis.values, points),
    encoder: [
      convolution(0, bins, UNITS),
      convolution(1, UNITS, 64),
      convolution(2, 64, 64),
      convolution(3, 64, UNITS),
    ],
    inputWeights: find('decoder.rnn.weight_ih', GATES, UNITS),
    stateWeights: find('decoder.rnn.weight_hh', GATES, UNITS),
    inputBias: find('decoder.rnn.bias_ih', GATES),
    stateBias: find('decoder.rnn.bias_hh', GATES),
    decoder: find('decoder.decoder.2.weight', 1, UNITS, 1),
    decoderBias: find('decoder.decoder.2.bias', 1)[0]!,
  };
}

/**
 * The model transforms by a matrix: a row of cosines for each bin, then a row of negative sines for each, all times the
 * window, which is therefore its first row.
 * @throws RangeError when it is not such a matrix
 */
function windowOf(basis: Float32Array, points: number): Float32Array {
  const window = basis.slice(0, points);
  const bins = points / 2 + 1;
  const cosines = Float64Array.from({ length: points }, (_, i) => Math.cos((2 * Math.PI * i) / points));
  for (let bin = 0; bin < bins; bin += 1) {
    for (let i = 0; i < points; i += 1) {
      const turn = bin * i;
      // A quarter turn further on, the cosine is the negative sine.
      const re = window[i]! * cosines[turn % points]!;
      const im = window[i]! * cosines[(turn + points / 4) % points]!;
      const isClose =
        Math.abs(basis[bin * points + i]! - re) <= BASIS_TOLERANCE &&
        Math.abs(basis[(bins + bin) * points + i]! - im) <= BASIS_TOLERANCE;
      if (!isClose) throw new RangeError(`bin ${bin} is no Fourier transform's`);
    }
  }
  return window;
}
