import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { CODECS, type CodecName } from '../wire/codec.ts';

/** What carries a call: a codec of the telephone, or 16 bits as they are. */
export type Companding = CodecName | 'linear';

const FULL_SCALE = 32_768;

export function rateOf(companding: Companding, otherwise: PipelineRateHz): PipelineRateHz {
  return companding === 'linear' ? otherwise : CODECS[companding].rateHz;
}

export function toPcm(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, sample =>
    Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE))),
  );
}

export function fromPcm(pcm: Int16Array): Float32Array {
  return Float32Array.from(pcm, sample => sample / FULL_SCALE);
}

/** As it is once encoded and decoded. */
export function compand(samples: Float32Array, companding: Companding): Float32Array {
  const pcm = toPcm(samples);
  if (companding === 'linear') return fromPcm(pcm);
  const { createEncoder, createDecoder } = CODECS[companding];
  const heard = new Float32Array(samples.length);
  heard.set(fromPcm(createDecoder()(createEncoder()(pcm))).subarray(0, heard.length));
  return heard;
}
