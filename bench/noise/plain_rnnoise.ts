import type { Rnnoise } from '../../pipeline/strong/rnnoise.ts';
import { resampled } from './signal.ts';
import { framesIn, type Suppressor, timed } from './suppressor.ts';

const RATE_HZ = 48_000;
const SCALE = 32_768;

/**
 * RNNoise as it is: all the depth that it wants, and a change of rate over the whole sound at once, which no call could
 * have. Its time is the network's alone.
 */
export function plainRnnoise(network: Rnnoise): Suppressor {
  return {
    name: 'rnnoise',
    suppress: (signal, rateHz) => {
      const { frame } = network;
      const voice = network.open();
      // A frame more, since what comes out lies one behind.
      const frames = framesIn(signal.length, rateHz) + 1;
      const work = new Float32Array(frames * frame.length);
      work.set(resampled(signal, rateHz, RATE_HZ));
      const micros = timed(() => {
        for (let at = 0; at < work.length; at += frame.length) {
          for (let i = 0; i < frame.length; i += 1) frame[i] = work[at + i]! * SCALE;
          network.suppress(voice);
          for (let i = 0; i < frame.length; i += 1) work[at + i] = frame[i]! / SCALE;
        }
      });
      network.close(voice);
      return {
        heard: resampled(work.subarray(frame.length), RATE_HZ, rateHz).slice(0, signal.length),
        microsPerFrame: micros / frames,
      };
    },
  };
}
