import { loadWeights, modelEntry } from '../../models/manifest.ts';

/** By what the network leaves lies behind what it hears: a frame, by which its windows overlap. */
export const NETWORK_DELAY_MS = 10;
const FRAME_SAMPLES = 480;
const FLOAT_BYTES = 4;
/** Its memory, which never grows, has room for more than twice as many; a thread is busy long before. */
const MOST_VOICES = 256;

/** What the module gives (rnnoise.h; emscripten's names for the rest). */
interface RnnoiseExports {
  readonly memory: WebAssembly.Memory;
  __wasm_call_ctors(): void;
  malloc(bytes: number): number;
  rnnoise_create(model: number): number;
  rnnoise_destroy(voice: number): void;
  rnnoise_process_frame(voice: number, out: number, heard: number): number;
}

/**
 * RNNoise (J.-M. Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech Enhancement", MMSP 2018), its
 * weights included, in one WebAssembly instance for all voices of a thread. What a voice was heard to say lies in a state
 * of its own.
 */
export class Rnnoise {
  /** What is to be suppressed, and afterwards what is left: 480 samples at 48 kHz on the scale of 16-bit samples. */
  readonly frame: Float32Array;
  readonly #exports: RnnoiseExports;
  readonly #frameAddress: number;
  #voices = 0;

  private constructor(exports: RnnoiseExports) {
    this.#exports = exports;
    this.#frameAddress = exports.malloc(FRAME_SAMPLES * FLOAT_BYTES);
    this.frame = new Float32Array(exports.memory.buffer, this.#frameAddress, FRAME_SAMPLES);
    // The first frame calculates the tables that all share.
    const first = exports.rnnoise_create(0);
    this.suppress(first);
    exports.rnnoise_destroy(first);
  }

  /**
   * @throws ModelError when the package is missing or altered
   * @throws CompileError when this machine has no SIMD
   */
  static async load(): Promise<Rnnoise> {
    const compiled = await WebAssembly.compile(loadWeights(modelEntry('rnnoise')));
    let bytes = new Uint8Array();
    const { exports } = new WebAssembly.Instance(compiled, {
      env: {
        emscripten_memcpy_big: (to: number, from: number, count: number): void => {
          bytes.copyWithin(to, from, from + count);
        },
        emscripten_resize_heap: (): number => 0,
        __assert_fail: (): never => {
          throw new Error('an assertion of RNNoise failed');
        },
      },
    });
    const rnnoise = exports as unknown as RnnoiseExports;
    bytes = new Uint8Array(rnnoise.memory.buffer);
    rnnoise.__wasm_call_ctors();
    return new Rnnoise(rnnoise);
  }

  /** A voice that has said nothing yet; 0 when there are too many. */
  open(): number {
    if (this.#voices === MOST_VOICES) return 0;
    this.#voices += 1;
    return this.#exports.rnnoise_create(0);
  }

  close(voice: number): void {
    this.#voices -= 1;
    this.#exports.rnnoise_destroy(voice);
  }

  /** Works on `frame`, in which every sample has to be finite. */
  suppress(voice: number): void {
    this.#exports.rnnoise_process_frame(voice, this.#frameAddress, this.#frameAddress);
  }
}
