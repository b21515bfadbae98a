import koffi, { type LibraryHandle } from 'koffi';
import type { MediaDecoder, MediaEncoder } from '../../sip/rtp/media_codec.ts';
import { CODECS, type CodecName } from '../wire/codec.ts';

const FULL_SCALE = 32_768;
/** `plc_fillin` writes as much as a quarter of its longest pitch period even where less is wanted. */
const LEAST_FILL = 30;

export interface SpandspPlc {
  readonly init: (state: null) => unknown;
  readonly free: (state: unknown) => number;
  readonly rx: (state: unknown, pcm: Int16Array, samples: number) => number;
  readonly fillIn: (state: unknown, pcm: Int16Array, samples: number) => number;
}

/** @throws Error when the library is not installed */
export function loadSpandsp(): SpandspPlc {
  const library = openLibrary();
  return {
    init: library.func('void* plc_init(void*)'),
    free: library.func('int plc_free(void*)'),
    rx: library.func('int plc_rx(void*, _Inout_ int16_t*, int)'),
    fillIn: library.func('int plc_fillin(void*, _Inout_ int16_t*, int)'),
  };
}

function openLibrary(): LibraryHandle {
  try {
    return koffi.load('libspandsp.so.2');
  } catch (cause) {
    throw new Error("needs Debian's libspandsp2", { cause });
  }
}

/**
 * Decodes, and has libspandsp conceal what is missing (plc.h: `plc_rx`, `plc_fillin`), so that a jitter buffer can't
 * tell it from the node's own. It takes all for 8 kHz: at 16 kHz it looks for pitches twice as high, and fades twice as
 * fast. Only hears.
 */
export class SpandspLeg implements MediaDecoder, MediaEncoder {
  readonly rateHz: number;
  readonly clockRateHz = 8000;
  readonly #plc: SpandspPlc;
  readonly #state: unknown;
  readonly #decode: (payload: Uint8Array) => Int16Array;
  /** Made up and not heard yet. */
  #ahead = new Int16Array(0);

  constructor(name: CodecName, plc: SpandspPlc) {
    this.rateHz = CODECS[name].rateHz;
    this.#plc = plc;
    this.#state = plc.init(null);
    this.#decode = CODECS[name].createDecoder();
  }

  samplesIn(_codec: CodecName, payloadBytes: number): number {
    return (payloadBytes * this.rateHz) / 8000;
  }

  decode(
    _codec: CodecName,
    bytes: Uint8Array,
    start: number,
    length: number,
    pcm: Float32Array,
    at: number,
  ): number {
    const heard = this.#decode(bytes.subarray(start, start + length)).slice();
    this.#plc.rx(this.#state, heard, heard.length);
    this.#ahead = new Int16Array(0);
    write(heard, pcm, at);
    return heard.length;
  }

  conceal(pcm: Float32Array, at: number, samples: number): void {
    const missing = samples - this.#ahead.length;
    if (missing > 0) this.#makeUp(Math.max(missing, LEAST_FILL));
    write(this.#ahead.subarray(0, samples), pcm, at);
    this.#ahead = this.#ahead.slice(samples);
  }

  /** Goes on: in a stream of one source there is nothing to forget. */
  restart(): void {}

  encode(): number {
    return 0;
  }

  close(): void {
    this.#plc.free(this.#state);
  }

  #makeUp(samples: number): void {
    const fresh = new Int16Array(samples);
    this.#plc.fillIn(this.#state, fresh, samples);
    this.#ahead = Int16Array.of(...this.#ahead, ...fresh);
  }
}

function write(samples: Int16Array, pcm: Float32Array, at: number): void {
  for (const [i, sample] of samples.entries()) pcm[at + i] = sample / FULL_SCALE;
}
