import koffi, { type LibraryHandle } from 'koffi';
import { FRAME_MS, frameLength } from '../../pipeline/frame.ts';
import { toSample } from '../concealment/sample.ts';
import { frameByFrame, type Suppressor } from './suppressor.ts';

const FULL_SCALE = 32_768;

/** speex_preprocess.h */
interface SpeexPreprocess {
  readonly init: (frameSamples: number, rateHz: number) => unknown;
  readonly destroy: (state: unknown) => void;
  readonly run: (state: unknown, pcm: Int16Array) => number;
}

/**
 * The preprocessor of Debian's libspeexdsp1 in frames of 10 ms, as it is out of the box: 15 dB of suppression, no gain
 * control. Its windows overlap by a frame.
 * @throws Error when the library is not installed
 */
export function speexSuppressor(): Suppressor {
  const speex = loadSpeex();
  return {
    name: 'speex',
    suppress: (signal, rateHz) => {
      const length = frameLength(rateHz);
      const state = speex.init(length, rateHz);
      const pcm = new Int16Array(length);
      const suppressed = frameByFrame(signal, rateHz, FRAME_MS, frame => {
        for (let i = 0; i < length; i += 1) pcm[i] = toSample(frame[i]! * FULL_SCALE);
        speex.run(state, pcm);
        for (let i = 0; i < length; i += 1) frame[i] = pcm[i]! / FULL_SCALE;
      });
      speex.destroy(state);
      return suppressed;
    },
  };
}

function loadSpeex(): SpeexPreprocess {
  const library = openLibrary();
  return {
    init: library.func('void* speex_preprocess_state_init(int, int)'),
    destroy: library.func('void speex_preprocess_state_destroy(void*)'),
    run: library.func('int speex_preprocess_run(void*, _Inout_ int16_t*)'),
  };
}

function openLibrary(): LibraryHandle {
  try {
    return koffi.load('libspeexdsp.so.1');
  } catch (cause) {
    throw new Error("needs Debian's libspeexdsp1", { cause });
  }
}
