/** What the compiled kernels give: see assembly/index.ts. A slot is an address in the memory, a length a count. */
export interface KernelExports {
  readonly FRAME_BYTES: WebAssembly.Constant;
  readonly LEG_BYTES: WebAssembly.Constant;
  readonly MAX_BYTES: WebAssembly.Constant;
  readonly PCM: WebAssembly.Constant;
  readonly PAYLOAD: WebAssembly.Constant;
  readonly FIRST_FREE: WebAssembly.Constant;
  decodeMuLaw(slot: number, bytes: number): number;
  encodeMuLaw(slot: number, samples: number): number;
  decodeALaw(slot: number, bytes: number): number;
  encodeALaw(slot: number, samples: number): number;
  decodeG722(slot: number, bytes: number): number;
  encodeG722(slot: number, samples: number): number;
  resetG722Decoder(slot: number): void;
  resetG722Encoder(slot: number): void;
  resetConcealment(slot: number, samplesPerMs: number): void;
  hear(slot: number, samples: number): void;
  conceal(slot: number, samples: number): void;
  interrupt(slot: number): void;
  /** Real transforms of 2n samples, n = 80 or 160: see assembly/fft.ts. All but n are addresses. */
  fftForward(n: number, samples: number, re: number, im: number): void;
  fftInverse(n: number, re: number, im: number, samples: number): void;
}
