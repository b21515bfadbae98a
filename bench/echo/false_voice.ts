import { createVoiceMemory, type SileroVad, vadWindowLength } from '../../models/silero_vad.ts';
import type { PipelineRateHz } from '../../pipeline/frame.ts';

/** From here on, a window is speech. */
const SPEECH = 0.5;
/** What comes before is not counted: the filter has still to find the echo. */
const SETTLED_AFTER_S = 1;

/** In what share of the windows after the first second a voice is heard, 0–1, for each of some sounds of one length. */
export async function voicedShares(
  vad: SileroVad,
  sounds: readonly Float32Array[],
  rateHz: PipelineRateHz,
): Promise<number[]> {
  const length = vadWindowLength(rateHz);
  const memories = sounds.map(() => createVoiceMemory(rateHz));
  const voiced = sounds.map(() => 0);
  let counted = 0;
  for (let at = 0; at + length <= sounds[0]!.length; at += length) {
    const windows = sounds.map((samples, i) => ({
      samples: samples.subarray(at, at + length),
      memory: memories[i]!,
    }));
    const probabilities = await vad.judge(windows, rateHz);
    if (at < SETTLED_AFTER_S * rateHz) continue;
    counted += 1;
    for (const [i, probability] of probabilities.entries()) if (probability >= SPEECH) voiced[i]! += 1;
  }
  return voiced.map(windows => windows / Math.max(1, counted));
}
