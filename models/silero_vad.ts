import { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadWeights, ModelError } from './manifest.ts';
import {
  contextLength,
  type SileroVersion,
  sileroEntry,
  VAD_WINDOW_MS,
  type VadRateHz,
  vadWindowLength,
} from './silero.ts';

export { VAD_WINDOW_MS, type VadRateHz, vadWindowLength };

const LAYERS = 2;
const LAYER_UNITS = 128;

/** What the network remembers of one voice: the end of its last window and the recurrent state (2 × 128). */
export interface VoiceMemory {
  readonly rateHz: VadRateHz;
  readonly context: Float32Array;
  readonly state: Float32Array;
}

export function createVoiceMemory(rateHz: VadRateHz): VoiceMemory {
  return {
    rateHz,
    context: new Float32Array(contextLength(rateHz)),
    state: new Float32Array(LAYERS * LAYER_UNITS),
  };
}

/** One window to be judged: full scale ±1.0, vadWindowLength(rateHz) samples, with the memory of its voice. */
export interface VoiceWindow {
  readonly samples: Float32Array;
  readonly memory: VoiceMemory;
}

/** Silero VAD on onnxruntime, many voices in one run: what the pipeline's kernel is judged by. For main threads. */
export class SileroVad {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** @throws ModelError when the weights are missing, altered or not loadable */
  static async load(version: SileroVersion = 'v5'): Promise<SileroVad> {
    const entry = sileroEntry(version);
    const weights = loadWeights(entry);
    // Else onnxruntime reports processes and models to its maker, and keeps a database for it (core/platform/posix/
    // telemetry.cc). Native code sees the environment of the main thread only.
    process.env.ORT_DISABLE_TELEMETRY = '1';
    try {
      const session = await InferenceSession.create(weights, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
      });
      return new SileroVad(session);
    } catch (error) {
      throw new ModelError(`model ${entry.name}: onnxruntime does not load it`, { cause: error });
    }
  }

  /**
   * The speech probability of each window, in order, and each memory moved on. All windows of a run have one rate;
   * a batch of 16 costs a third of 16 single runs.
   */
  async judge(windows: readonly VoiceWindow[], rateHz: VadRateHz): Promise<Float32Array> {
    const count = windows.length;
    const context = contextLength(rateHz);
    const rowLength = context + vadWindowLength(rateHz);
    const input = new Float32Array(count * rowLength);
    const state = new Float32Array(LAYERS * count * LAYER_UNITS);
    windows.forEach(({ samples, memory }, row) => {
      input.set(memory.context, row * rowLength);
      input.set(samples, row * rowLength + context);
      for (let layer = 0; layer < LAYERS; layer += 1) {
        const units = memory.state.subarray(layer * LAYER_UNITS, (layer + 1) * LAYER_UNITS);
        state.set(units, (layer * count + row) * LAYER_UNITS);
      }
    });
    const { output, stateN } = await this.#session.run({
      input: new Tensor('float32', input, [count, rowLength]),
      state: new Tensor('float32', state, [LAYERS, count, LAYER_UNITS]),
      sr: new Tensor('int64', BigInt64Array.of(BigInt(rateHz)), []),
    });
    const next = stateN?.data as Float32Array;
    windows.forEach(({ samples, memory }, row) => {
      memory.context.set(samples.subarray(samples.length - context));
      for (let layer = 0; layer < LAYERS; layer += 1) {
        const from = (layer * count + row) * LAYER_UNITS;
        memory.state.set(next.subarray(from, from + LAYER_UNITS), layer * LAYER_UNITS);
      }
    });
    return output?.data as Float32Array;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
