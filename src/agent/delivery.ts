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
  const sound = new DeliveredSound(rateHz, { tempo, gainDb });
  for await (const { pcm, words } of pieces) {
    const times = words.map(({ word, startMs, endMs }) => ({
      word,
      startMs: startMs / tempo,
      endMs: endMs / tempo,
    }));
    yield { pcm: sound.push(pcm), words: times };
  }
  const rest = sound.end();
  if (rest.length > 0) yield { pcm: rest, words: [] };
}

/** Speech piece by piece, as the caller asked for it. */
export class DeliveredSound {
  readonly tempo: number;
  readonly #slowed: SlowedSpeech | undefined;
  readonly #gain: number;

  constructor(rateHz: number, { tempo, gainDb }: Delivery) {
    this.tempo = tempo;
    this.#slowed = tempo < 1 ? new SlowedSpeech(rateHz, tempo) : undefined;
    this.#gain = 10 ** (gainDb / 20);
  }

  /** Takes more; returns what is ready of it. */
  push(pcm: Int16Array): Int16Array {
    return louder(this.#slowed?.push(pcm) ?? pcm, this.#gain);
  }

  /** The rest; nothing is pushed afterwards. */
  end(): Int16Array {
    return louder(this.#slowed?.end() ?? new Int16Array(0), this.#gain);
  }
}

function louder(pcm: Int16Array, gain: number): Int16Array {
  return gain === 1 ? pcm : pcm.map(sample => FULL_SCALE * bent((sample * gain) / FULL_SCALE));
}

function bent(level: number): number {
  const over = Math.abs(level) - KNEE;
  return over <= 0 ? level : Math.sign(level) * (KNEE + (1 - KNEE) * Math.tanh(over / (1 - KNEE)));
}
