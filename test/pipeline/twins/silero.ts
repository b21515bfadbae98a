import type { SileroConvolution, SileroWeights } from '../../../models/silero_weights.ts';

/** Rows of numbers, one for each step of time. */
type Steps = readonly Float64Array[];

/** What the network remembers of one voice. */
interface Memory {
  /** The end of the last window. */
  context: Float64Array;
  state: Float64Array;
  cells: Float64Array;
}

/** Silero's network for one voice, in double precision, as it is written down. */
export class SileroTwin {
  readonly windowLength: number;
  readonly #weights: SileroWeights;
  readonly #units: number;
  /** Of all angles that the transform needs. */
  readonly #cosines: Float64Array;
  #memory: Memory;

  constructor(weights: SileroWeights) {
    this.#weights = weights;
    this.windowLength = 2 * weights.points;
    this.#units = weights.decoder.length;
    this.#cosines = Float64Array.from({ length: weights.points }, (_, i) =>
      Math.cos((2 * Math.PI * i) / weights.points),
    );
    this.#memory = this.#fresh();
  }

  /** The probability of speech in the next window. */
  judge(window: Float32Array): number {
    const heard = Float64Array.of(...this.#memory.context, ...window);
    this.#memory.context = heard.slice(-this.#memory.context.length);
    let steps: Steps = this.#spectra(heard);
    for (const [i, layer] of this.#weights.encoder.entries()) {
      steps = rectified(convolved(layer, steps, [1, 2, 2, 1][i]!));
    }
    return this.#recall(steps[0]!);
  }

  #fresh(): Memory {
    return {
      context: new Float64Array(this.windowLength / 8),
      state: new Float64Array(this.#units),
      cells: new Float64Array(this.#units),
    };
  }

  /** Magnitudes of frames with half overlap; behind the samples, their end in reverse. */
  #spectra(heard: Float64Array): Steps {
    const { points, window } = this.#weights;
    const mirrored = heard.slice(-points / 4 - 1, -1).toReversed();
    const samples = Float64Array.of(...heard, ...mirrored);
    return Array.from({ length: 4 }, (_, frame) =>
      Float64Array.from({ length: points / 2 + 1 }, (_unused, bin) => {
        let re = 0;
        let im = 0;
        for (let i = 0; i < points; i += 1) {
          const sample = samples[(frame * points) / 2 + i]! * window[i]!;
          re += sample * this.#cosines[(bin * i) % points]!;
          im += sample * this.#cosines[(bin * i + points / 4) % points]!;
        }
        return Math.hypot(re, im);
      }),
    );
  }

  #recall(input: Float64Array): number {
    const { inputWeights, stateWeights, inputBias, stateBias, decoder, decoderBias } = this.#weights;
    const { state, cells } = this.#memory;
    const units = this.#units;
    const gate = (row: number): number => {
      let sum = inputBias[row]! + stateBias[row]!;
      for (let i = 0; i < units; i += 1) {
        sum += inputWeights[row * units + i]! * input[i]! + stateWeights[row * units + i]! * state[i]!;
      }
      return sum;
    };
    const nextCells = cells.map(
      (cell, unit) =>
        sigmoid(gate(units + unit)) * cell + sigmoid(gate(unit)) * Math.tanh(gate(2 * units + unit)),
    );
    const nextState = nextCells.map((cell, unit) => sigmoid(gate(3 * units + unit)) * Math.tanh(cell));
    this.#memory = { ...this.#memory, state: nextState, cells: nextCells };
    const logit = nextState.reduce(
      (sum, value, unit) => sum + Math.max(0, value) * decoder[unit]!,
      decoderBias,
    );
    return sigmoid(logit);
  }
}

/** A step of zeros before the first and after the last. */
function convolved({ inputs, outputs, weights, bias }: SileroConvolution, steps: Steps, hop: number): Steps {
  const none = new Float64Array(inputs);
  const padded = [none, ...steps, none];
  return Array.from({ length: Math.ceil(steps.length / hop) }, (_, step) =>
    Float64Array.from({ length: outputs }, (_unused, output) => {
      let sum = bias[output]!;
      for (let tap = 0; tap < 3; tap += 1) {
        const row = padded[step * hop + tap]!;
        for (let i = 0; i < inputs; i += 1) sum += weights[(output * inputs + i) * 3 + tap]! * row[i]!;
      }
      return sum;
    }),
  );
}

function rectified(steps: Steps): Steps {
  return steps.map(row => row.map(value => Math.max(0, value)));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
