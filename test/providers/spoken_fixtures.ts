import { createFliteTts } from '../../src/providers/tts/flite.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';

/** Sentences of a synthetic caller with silence around them, as a line would deliver them. */
export async function callerSpeech(
  sentence: string,
  { rateHz = 16_000, voice = 'rms' }: { rateHz?: 8000 | 16000; voice?: string } = {},
): Promise<Int16Array> {
  const tts = createFliteTts({ voice });
  const { pcm } = await wholeSentence(tts, sentence, { rateHz, signal: AbortSignal.timeout(10_000) });
  await tts.close();
  const padded = new Int16Array(pcm.length + rateHz);
  padded.set(pcm, rateHz * 0.4);
  return addHiss(padded, 4);
}

/** Low-pass noise that swells and fades, about as loud as speech. */
export function rumble(rateHz: number, seconds: number): Int16Array {
  const pcm = new Int16Array(rateHz * (seconds + 0.8));
  const random = noiseSource(7);
  let value = 0;
  for (let at = 0; at < rateHz * seconds; at++) {
    value = 0.9 * value + random() * 700;
    pcm[Math.round(rateHz * 0.4) + at] = value * Math.sin((Math.PI * at) / (rateHz * seconds));
  }
  return addHiss(pcm, 4);
}

function addHiss(pcm: Int16Array, amplitude: number): Int16Array {
  const random = noiseSource(3);
  return pcm.map(sample => sample + Math.round(amplitude * random()));
}

/** Repeatable numbers in −1 … 1 (linear congruential, Numerical Recipes). */
function noiseSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
