import type { SpokenPiece } from '../providers/types.ts';
import type { Delivery } from '../workflow/types.ts';
import { SlowedSpeech } from './slowed_speech.ts';

/** Above this part of full scale what is made louder is bent, so that it is never clipped. */
const KNEE = 0.7;
const FULL_SCALE = 32_767;

/** A sentence as the caller asked for it: slower, louder, with the words' times to match. */
export async function* asDelivered(
  pieces: AsyncIterable<SpokenPiece>,
  rateHz: number,
  { tempo, gainDb }: Delivery,
): AsyncGenerator<SpokenPiece> {
  const slowed = tempo < 1 ? new SlowedSpeech(rateHz, tempo) : undefined;
  const gain = 10 ** (gainDb / 20);
  for await (const { pcm, words } of pieces) {
    const times = words.map(({ word, startMs, endMs }) => ({
      word,
      startMs: startMs / tempo,
      endMs: endMs / tempo,
    }));
    yield { pcm: louder(slowed?.push(pcm) ?? pcm, gain), words: times };
  }
  if (slowed !== undefined) yield { pcm: louder(slowed.end(), gain), words: [] };
}

function louder(pcm: Int16Array, gain: number): Int16Array {
  return gain === 1 ? pcm : pcm.map(sample => FULL_SCALE * bent((sample * gain) / FULL_SCALE));
}

function bent(level: number): number {
  const over = Math.abs(level) - KNEE;
  return over <= 0 ? level : Math.sign(level) * (KNEE + (1 - KNEE) * Math.tanh(over / (1 - KNEE)));
}
