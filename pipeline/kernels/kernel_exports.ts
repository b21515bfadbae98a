/** What the compiled kernels give: see assembly/index.ts. A slot is an address in the memory, a length a count. */
export interface KernelExports {
  readonly DELAY_SEARCH_BYTES: WebAssembly.Constant;
  readonly DENOISE_BYTES: WebAssembly.Constant;
  readonly ECHO_BYTES: WebAssembly.Constant;
  readonly ECHO_SHADOW_BYTES: WebAssembly.Constant;
  readonly FRAME_BYTES: WebAssembly.Constant;
  readonly LEG_BYTES: WebAssembly.Constant;
  readonly MAX_BYTES: WebAssembly.Constant;
  readonly PCM: WebAssembly.Constant;
  readonly PAYLOAD: WebAssembly.Constant;
  readonly RATE_BYTES: WebAssembly.Constant;
  readonly RATE_OUTPUT: WebAssembly.Constant;
  readonly FIRST_FREE: WebAssembly.Constant;
  readonly MOST_VOICES: WebAssembly.Constant;
  readonly VOICE_BATCH_BYTES: WebAssembly.Constant;
  readonly VOICE_BYTES: WebAssembly.Constant;
  readonly VOICE_PROBABILITY: WebAssembly.Constant;
  readonly VOICE_WAITING: WebAssembly.Constant;
  readonly VOICE_WINDOWS: WebAssembly.Constant;
  readonly VOICES: WebAssembly.Constant;
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
  openDelaySearch(slot: number): void;
  beginDelaySearch(slot: number, echoSlot: number, nearMs: number): void;
  /** Whether it is done, as 0 or 1. */
  stepDelaySearch(slot: number): number;
  foundDelay(slot: number): number;
  foundSharpness(slot: number): number;
  /** `samples` is an address, `count` 80 or 160, `floor` the least gain, `mayTeach` 0 or 1. */
  denoise(slot: number, samples: number, count: number, floor: number, mayTeach: number): void;
  passNoise(slot: number, samples: number, count: number): void;
  resetNoise(slot: number): void;
  noisePower(slot: number): number;
  speechPower(slot: number): number;
  speechPresence(slot: number): number;
  openEcho(slot: number, frame: number, partitions: number, isSuppressing: number): void;
  tuneEcho(slot: number, partitions: number, isSuppressing: number): void;
  /** `far` and `samples` are addresses; `isConcealed` is 0 or 1. */
  cancelEcho(slot: number, far: number, samples: number, isConcealed: number): void;
  bypassEcho(slot: number, far: number, samples: number): void;
  alignEcho(slot: number, delay: number, isRestored: number): void;
  moveEcho(slot: number, isEarlier: number): void;
  echoDelay(slot: number): number;
  echoIsAstray(slot: number): number;
  echoIsFarHeard(slot: number): number;
  echoHasGood(slot: number): number;
  echoPoorFrames(slot: number): number;
  echoReturnLoss(slot: number): number;
  echoPower(slot: number): number;
  echoResidualPower(slot: number): number;
  /** Where in the slot input goes, in bytes; `factor` 3 or 6, `isRaised` 0 or 1. */
  rateInput(factor: number, isRaised: number): number;
  raiseRate(slot: number, factor: number, samples: number): void;
  reduceRate(slot: number, factor: number, samples: number): void;
  shadowEcho(slot: number, echoSlot: number, samples: number, isEcho: number): void;
  /** Real transforms of 2n samples, n = 80 or 160: see assembly/fft.ts. All but n are addresses. */
  fftForward(n: number, samples: number, re: number, im: number): void;
  fftInverse(n: number, re: number, im: number, samples: number): void;
  openVoice(slot: number, samplesPerMs: number): void;
  forgetVoice(slot: number): void;
  renewVoice(slot: number): void;
  skipVoice(slot: number, samples: number): void;
  hearVoice(slot: number, frame: number, samples: number): void;
  /** Of a batch's slot; see assembly/voice.ts. */
  judgeVoices(batch: number, count: number, table: number): void;
}
